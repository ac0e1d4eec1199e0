"""The support desk: one box for a person, a partner, a domain or a key, and what to answer.

What was typed is sent by POST, so that no key stands in an address (K3). Each kind of result is
shown to whoever may see its list, a few rows at most (W7).
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from benefits_portal import clock
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.backoffice.row_numbers import is_number
from benefits_portal.benefits.key_encryption import resembles_key
from benefits_portal.benefits.key_entry import typed_key
from benefits_portal.benefits.key_exceptions import KeyMistyped, NotAKey
from benefits_portal.benefits.models import ProductKey
from benefits_portal.derived_fields import found_by
from benefits_portal.key_format import ALPHABET, PREFIX, normalized
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.support_answers import about_key, about_subscription, language_of
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.search_text import MAX_TYPED, finds_nothing
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.models import (
    Attempt,
    DirectoryUser,
    Partner,
    Record,
    RoleAssignment,
    Tenant,
    User,
)

MAX_FOUND, MAX_ROWS, MAX_REFUSALS = 6, 10, 5
LATEST_RECORDS = 500  # that are looked through for refusals


class DeskForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Person, partner, domain or product key"),
        max_length=2_000,  # a mail around a key, too
        required=False,
        help_text=gettext_lazy(
            "Of a key, the last five characters are enough. Key lookups are recorded; the key "
            "isn't stored in URLs or logs."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "vTextField"}
        ),
    )

    def clean_q(self) -> str:
        """What was typed; a mistyped key is explained, and not looked up."""
        typed: str = self.cleaned_data["q"]
        if resembles_key(typed):
            try:
                typed_key(typed)
            except (NotAKey, KeyMistyped) as refusal:
                raise forms.ValidationError(str(refusal.message)) from None
        return typed


@dataclass(frozen=True)
class KeyStory:
    """A key, masked: who redeemed it where, what was refused about it, and what to answer."""

    key: ProductKey
    redemption: Redemption | None
    answer: str
    language: str
    refusals: list[Record]

    @classmethod
    def of(cls, key: ProductKey, user: Any) -> "KeyStory":
        may_see = user.has_perm("licensing.view_redemption")
        return cls(
            key,
            Redemption.objects.for_display().filter(key=key).first() if may_see else None,
            about_key(key, key.partner.today()),
            language_of(key.partner),
            refusals_among(Record.objects.about(key.benefit), user),
        )

    @classmethod
    def in_short(cls, key: ProductKey) -> "KeyStory":
        """What to answer alone, as one of many."""
        return cls(key, None, about_key(key, key.partner.today()), language_of(key.partner), [])

    @property
    def href(self) -> str:
        return admin_url(self.key, "change", self.key.pk)


@dataclass(frozen=True)
class PersonStory:
    """An account or a user entry: its roles, whether it can sign in, and its last refusals."""

    entry: DirectoryUser | None
    account: User | None
    roles: list[RoleAssignment]
    locked_until: Any
    refusals: list[Record]

    @classmethod
    def of_account(cls, account: User, user: Any) -> "PersonStory":
        attempts = Attempt.objects.of_account(account.email).refusing(clock.now())
        last = attempts.order_by("-refused_until").first()
        return cls(
            account.directory_user,
            account,
            list(account.role_assignments.select_related("partner")),
            last.refused_until if last and user.has_perm("tenants.view_attempt") else None,
            refusals_among(Record.objects.filter(actor=account), user),
        )

    @classmethod
    def of_entry(cls, entry: DirectoryUser) -> "PersonStory":
        return cls(entry, None, [], None, [])

    @property
    def href(self) -> str:
        subject: Any = self.account or self.entry
        return admin_url(subject, "change", subject.pk)

    @property
    def partner(self) -> Partner | None:
        return self.entry.tenant.partner if self.entry else None


@dataclass(frozen=True)
class SubscriptionStory:
    """A subscription, what to answer about it, and the calculator filled in with its figures."""

    subscription: Subscription
    status: Any
    answer: str
    language: str
    calculator: str

    @classmethod
    def of(cls, subscription: Subscription) -> "SubscriptionStory":
        on = subscription.partner.today()
        figures: dict[str, str | int] = {
            "licenses": subscription.licenses,
            "ends_on": subscription.ends_on.isoformat(),
            "keys": 25,
            "on": on.isoformat(),
            "carried": subscription.carried_license_days,
        }
        return cls(
            subscription,
            subscription.status(on),
            about_subscription(subscription, on),
            language_of(subscription.partner),
            f"{reverse('licensing:calculator')}?{urlencode(figures)}",
        )


@dataclass(frozen=True)
class PartnerDesk:
    """One partner on its own day: its keys, subscriptions and last refusals."""

    partner: Partner
    today: date
    keys: Excerpt[KeyStory]
    subscriptions: Excerpt[SubscriptionStory] | None
    refusals: list[Record]


def refusals_among(records: Any, user: Any) -> list[Record]:
    """The last refusals among the latest of `records`, for whoever may see records."""
    if not user.has_perm("tenants.view_record"):
        return []
    latest = records.order_by("-at", "-pk").values("pk")[:LATEST_RECORDS]
    refused = Record.objects.filter(pk__in=latest).exclude(refused="")
    return list(refused.select_related("actor", "tenant").order_by("-at", "-pk")[:MAX_REFUSALS])


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def support_desk(request: HttpRequest) -> HttpResponse:
    """Finds by POST what was typed; `?partner=` shows one partner."""
    form = DeskForm(request.POST or None)
    context: dict[str, Any] = {"title": _("Support desk")}
    if request.method == "POST" and form.is_valid():
        context |= results(request, form.cleaned_data["q"])
        if resembles_key(form.cleaned_data["q"]):
            form = DeskForm()  # a key does not come back
    elif is_number(request.GET.get("partner", "")) and may(request, "tenants.view_partner"):
        context["desk"] = partner_desk(request, Partner.objects.filter(pk=request.GET["partner"]))
    request.current_app = admin.site.name
    return TemplateResponse(
        request,
        "admin/support_desk.html",
        {**admin.site.each_context(request), **context, "form": form},
    )


def may(request: HttpRequest, permission: str) -> bool:
    return cast("User", request.user).has_perm(permission)


def results(request: HttpRequest, typed: str) -> dict[str, Any]:
    """What was found, by kind; the desk of a partner that is the only one."""
    text = typed.strip()[:MAX_TYPED]
    keys = found_keys(request, typed)
    if keys or resembles_key(typed) or finds_nothing(text):
        return {"searched": True, "keys": keys}
    partners, people = found_partners(request, text), found_people(request, text)
    found: dict[str, Any] = {"searched": True, "keys": keys, "partners": partners, "people": people}
    if len(partners) == 1 and not people:
        found["desk"] = partner_desk(request, [partners[0]])
    return found


def found_keys(request: HttpRequest, typed: str) -> Excerpt[KeyStory]:
    """The keys that `typed` is, or ends; looking one up goes on record (K3)."""
    letters = normalized(typed)
    is_end = len(letters) == len(PREFIX) and set(letters) <= set(ALPHABET)
    if not (is_end or resembles_key(typed)) or not may(request, "benefits.view_productkey"):
        return Excerpt([], 0)
    keys = ProductKey.objects.looked_up(typed, by=actor(request))
    return keys.showing([KeyStory.of(key, request.user) for key in keys])


def found_partners(request: HttpRequest, text: str) -> Excerpt[Partner]:
    if not may(request, "tenants.view_partner"):
        return Excerpt([], 0)
    named = found_by(text, "search_text") | Q(pk__in=partners_of_domain(text))
    rows = Partner.objects.filter(named).prefetch_related("tenants")
    return Excerpt.of(rows.order_by("sort_name", "pk"), MAX_FOUND)


def partners_of_domain(text: str) -> Any:
    return Tenant.objects.filter(found_by(text, "search_text")).values("partner")


def found_people(request: HttpRequest, text: str) -> Excerpt[PersonStory]:
    """Accounts first; without any, the entries of directories."""
    accounts: Excerpt[User] = Excerpt([], 0)
    if may(request, "tenants.view_user"):
        rows = User.objects.filter(found_by(text, "search_text"))
        rows = rows.select_related("directory_user__tenant__partner")
        accounts = Excerpt.of(rows.order_by("sort_name", "pk"), MAX_FOUND)
    if accounts or not may(request, "tenants.view_directoryuser"):
        return accounts.showing([PersonStory.of_account(each, request.user) for each in accounts])
    entries = DirectoryUser.objects.filter(found_by(text, "search_text"))
    some: Excerpt[DirectoryUser] = Excerpt.of(
        entries.select_related("tenant__partner").order_by("sort_name", "pk"), MAX_FOUND
    )
    return some.showing([PersonStory.of_entry(entry) for entry in some])


def partner_desk(request: HttpRequest, partners: Any) -> PartnerDesk | None:
    """The desk of the first of `partners`, as far as one may see it."""
    partner = next(iter(partners), None)
    if partner is None:
        return None
    keys: Excerpt[KeyStory] = Excerpt([], 0)
    if may(request, "benefits.view_productkey"):
        rows = ProductKey.objects.for_partner(partner).for_display().order_by("-pk")
        some: Excerpt[ProductKey] = Excerpt.of(rows, MAX_ROWS, list_of(ProductKey, partner))
        keys = some.showing([KeyStory.in_short(key) for key in some])
    return PartnerDesk(
        partner,
        partner.today(),
        keys,
        subscriptions_of(partner) if may(request, "licensing.view_subscription") else None,
        refusals_among(Record.objects.for_partner(partner), request.user),
    )


def subscriptions_of(partner: Partner) -> Excerpt[SubscriptionStory]:
    rows = Subscription.objects.for_partner(partner).for_display().select_related("partner")
    some: Excerpt[Subscription] = Excerpt.of(
        rows.order_by("-ends_on", "-pk"), MAX_ROWS, list_of(Subscription, partner)
    )
    return some.showing([SubscriptionStory.of(each) for each in some])


def list_of(model: Any, partner: Partner) -> str:
    return f"{admin_url(model, 'changelist')}?partner__id__exact={partner.pk}"
