"""The support desk: one search box for a person, a partner, a domain or a key.

What was typed is sent by POST, so that no key is in a URL (K3). Results of each kind are shown to
users who may see its list, a few rows at most (W7).
"""

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from benefits_portal.backoffice.columns import admin_url
from benefits_portal.backoffice.row_numbers import is_number
from benefits_portal.benefits.key_encryption import resembles_key
from benefits_portal.benefits.key_entry import typed_key
from benefits_portal.benefits.key_exceptions import KeyMistyped, NotAKey
from benefits_portal.benefits.models import ProductKey
from benefits_portal.derived_fields import found_by
from benefits_portal.emails import canonical_domain_or_text
from benefits_portal.key_format import ALPHABET, PREFIX, normalized
from benefits_portal.licensing.models import Subscription
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.search_text import MAX_TYPED, finds_nothing
from benefits_portal.tenants.admin.edits_on_record import actor
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Record,
    RoleAssignment,
    Tenant,
    User,
)
from benefits_portal.typed_text import tidy

from .support_stories import (
    KeyStory,
    PartnerDesk,
    PersonStory,
    SubscriptionStory,
    refusals_among,
)

MAX_FOUND, MAX_ROWS = 6, 10


class DeskForm(forms.Form):
    q = forms.CharField(
        label=gettext_lazy("Person, partner, domain or product key"),
        max_length=2_000,  # so that a whole email can be pasted
        required=False,
        help_text=gettext_lazy(
            "The last five characters of a key are enough. Key lookups are recorded; the key "
            "isn't stored in URLs or logs."
        ),
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "vTextField"}
        ),
    )

    def clean_q(self) -> str:
        """The typed text; a mistyped key is explained and not looked up."""
        typed: str = self.cleaned_data["q"]
        if resembles_key(typed):
            try:
                typed_key(typed)
            except (NotAKey, KeyMistyped) as refusal:
                advice = _("Ask for it again, or look for its last five characters.")
                raise forms.ValidationError(f"{refusal.message} {advice}") from None
        return typed

    def forget(self) -> None:
        """Empty the field, so that no key is shown again (K3)."""
        self.data = {}


@sensitive_post_parameters("q")
@require_http_methods(["GET", "HEAD", "POST"])
def support_desk(request: HttpRequest) -> HttpResponse:
    """A POST searches for what was typed; `?partner=` shows one partner."""
    form = DeskForm(request.POST or None)
    context: dict[str, Any] = {"title": _("Support desk")}
    if request.method == "POST" and form.is_valid():
        context |= results(request, form.cleaned_data["q"])
    elif is_number(request.GET.get("partner", "")) and may(request, "tenants.view_partner"):
        context["desk"] = partner_desk(request, Partner.objects.filter(pk=request.GET["partner"]))
    if resembles_key(request.POST.get("q", "")):
        form.forget()
    request.current_app = admin.site.name
    return TemplateResponse(
        request,
        "admin/support_desk.html",
        {**admin.site.each_context(request), **context, "form": form},
    )


def may(request: HttpRequest, permission: str) -> bool:
    return cast("User", request.user).has_perm(permission)


def results(request: HttpRequest, typed: str) -> dict[str, Any]:
    """The results by kind; if a single partner was found, its desk too."""
    text = tidy(typed[:MAX_TYPED])
    if not text:  # nothing, or only invisible characters
        return {}
    keys = found_keys(request, typed)
    if keys or resembles_key(typed) or finds_nothing(text):
        return {"searched": True, "keys": keys}
    partners, people = found_partners(request, text), found_people(request, text)
    found: dict[str, Any] = {"searched": True, "keys": keys, "partners": partners, "people": people}
    if len(partners) == 1 and not people:
        found["desk"] = partner_desk(request, [partners[0]])
    elif partners:
        found["people"] = found_people(request, text, partners.rows)
    return found


def found_keys(request: HttpRequest, typed: str) -> Excerpt[KeyStory]:
    """The keys that are `typed`, or end in it; the look-up is recorded (K3)."""
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
    """The partners with a domain that matches, even pasted as https://contoso.com/ (W2)."""
    named = found_by(text, "search_text") | Q(domain=canonical_domain_or_text(text))
    return Tenant.objects.filter(named).values("partner")


def found_people(
    request: HttpRequest, text: str, partners: Sequence[Partner] = ()
) -> Excerpt[PersonStory]:
    """Accounts, then other user entries, each person once (W7).

    With everybody who has a role at one of `partners`.
    """
    named = found_by(text, "search_text")
    if partners:
        roles = RoleAssignment.objects.filter(partner__in=[each.pk for each in partners])
        named |= Q(pk__in=roles.values("user"))
    accounts = User.objects.filter(named)
    entries = DirectoryUser.objects.filter(found_by(text, "search_text"))
    found: Excerpt[User] = Excerpt([], 0)
    if may(request, "tenants.view_user"):
        rows = accounts.select_related("directory_user__tenant__partner")
        found = Excerpt.of(rows.order_by("sort_name", "pk"), MAX_FOUND)
        shown_by_account = accounts.filter(
            Q(directory_user=OuterRef("pk")) | Q(email=OuterRef("user_principal_name"))
        )
        entries = entries.exclude(Exists(shown_by_account.order_by()))
    stories = [PersonStory.of_account(each, request.user) for each in found]
    if not may(request, "tenants.view_directoryuser"):
        return found.showing(stories)
    others: Excerpt[DirectoryUser] = Excerpt.of(
        entries.select_related("tenant__partner").order_by("sort_name", "pk"), MAX_FOUND
    )
    room = others.rows[: MAX_FOUND - len(stories)]
    stories += [PersonStory.of_entry(entry, request.user) for entry in room]
    return Excerpt(stories, found.total + others.total)


def partner_desk(request: HttpRequest, partners: Any) -> PartnerDesk | None:
    """The desk of the first of `partners`, as far as the user may see it."""
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
        refusals_among(Record.objects.for_partner(partner), request.user, about=partner),
    )


def subscriptions_of(partner: Partner) -> Excerpt[SubscriptionStory]:
    rows = Subscription.objects.for_partner(partner).for_display().select_related("partner")
    some: Excerpt[Subscription] = Excerpt.of(
        rows.order_by("-ends_on", "-pk"), MAX_ROWS, list_of(Subscription, partner)
    )
    return some.showing([SubscriptionStory.of(each) for each in some])


def list_of(model: Any, partner: Partner) -> str:
    return f"{admin_url(model, 'changelist')}?partner__id__exact={partner.pk}"
