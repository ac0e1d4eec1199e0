"""Redeeming a key: first activation, Extend end date, Add licenses.

Each is tenant → key → review → receipt.
"""

from collections.abc import Sequence
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.comparison import Comparison, before_after, comparisons
from benefits_portal.licensing.display import adding_hint, undoing
from benefits_portal.licensing.exceptions import ChangedMeanwhile, NotReactivatable
from benefits_portal.licensing.forms import KeyForm, TenantForm
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.access import admin_required, form_methods, get_own
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest, switch_tenant

key_is_secret = sensitive_post_parameters("key")  # not in an error report either (K3)
# At most so many seconds old
TENANT_CONFIRMATION_SALT, TENANT_CONFIRMATION_MAX_AGE = (
    "benefits_portal.licensing.place",
    24 * 60 * 60,
)
MAX_KEYS = 50  # of one's own to choose from on a page
CARRIED = ("key", "way")  # what a walkthrough chose before the tenant was


@key_is_secret
@never_cache
@admin_required
@form_methods
def product_key_start(request: PartnerRequest) -> HttpResponse:
    """First activation (S1, S3), step by step; all state but the session is in the address."""
    if not tenant_is_confirmed(request):
        return choose_tenant(request)
    key = chosen_key(request)
    if key is None:
        return enter_key(request)
    return activate(request, key)


@key_is_secret
@never_cache
@admin_required
@form_methods
def extend(request: PartnerRequest, pk: int) -> HttpResponse:
    """Extend end date (S4, S5)."""
    return change(
        request, get_own(request, Subscription.objects.for_display(), pk), RedemptionKind.EXTEND
    )


@key_is_secret
@never_cache
@admin_required
@form_methods
def add_licenses(request: PartnerRequest, pk: int) -> HttpResponse:
    """Add licenses (S6)."""
    return change(
        request, get_own(request, Subscription.objects.for_display(), pk), RedemptionKind.ADD
    )


# The steps


def choose_tenant(request: PartnerRequest) -> HttpResponse:
    """K5: explicitly, and the first time with the domain typed in.

    Choosing another tenant is a switch to it.
    """
    posted = request.method == "POST"
    form = TenantForm(request, request.POST if posted else None)
    if posted and form.is_valid():
        tenant = form.cleaned_data["tenant"]
        switch_tenant(request, form.tenants[tenant])
        confirmed = signing.dumps([request.user.pk, tenant], salt=TENANT_CONFIRMATION_SALT)
        carried = {name: request.GET[name] for name in CARRIED if name in request.GET}
        return redirect(f"{request.path}?{urlencode({'place': confirmed, **carried})}")
    return render(request, "licensing/start_tenant.html", {"form": form})


def tenant_is_confirmed(request: PartnerRequest) -> bool:
    """Whether this tenant was chosen in this flow, also where it is the partner's only one (K5)."""
    try:
        confirmed = signing.loads(
            request.GET.get("place", ""),
            salt=TENANT_CONFIRMATION_SALT,
            max_age=TENANT_CONFIRMATION_MAX_AGE,
        )
    except signing.BadSignature:
        return False
    return bool(confirmed == [request.user.pk, request.tenant.pk])


def chosen_key(request: PartnerRequest) -> ProductKey | None:
    """The key that travels by reference, masked; another partner's does not exist (K3, K4)."""
    reference = request.GET.get("key", "")
    return (
        get_own(request, ProductKey.objects.for_use(), int(reference[:18]))
        if reference.isdecimal()
        else None
    )


def enter_key(
    request: PartnerRequest,
    subscription: Subscription | None = None,
    way: RedemptionKind | None = None,
) -> HttpResponse:
    """One field, or one of the partner's own keys.

    *Validate* shows what the key is; *Next* goes on to the review.
    """
    form = KeyForm(request, request.POST or None, way=way, subscription=subscription)
    valid = request.method == "POST" and form.is_valid()
    if valid and "validate" not in request.POST:
        return redirect(with_key(request, form.cleaned_data["key"]))
    waiting = ProductKey.objects.waiting(
        request.partner, request.today, subscription.product if subscription else None
    )
    own: Excerpt[ProductKey] = Excerpt.of(
        waiting, MAX_KEYS, f"{reverse('benefits:azure-cloud')}?show=unused&kind=licenses"
    )
    context = {
        "form": form,
        "validated": form.cleaned_data["key"] if valid else None,
        "own_keys": own.showing([(key, with_key(request, key)) for key in own]),
        "subscription": subscription,
        "way": way,
        "adding_hint": adding_hint(subscription, request.today) if subscription else "",
    }
    return render(
        request, "licensing/panel_key.html" if subscription else "licensing/start_key.html", context
    )


def activate(request: PartnerRequest, key: ProductKey) -> HttpResponse:
    """Choose between what can start or come back, review it, and redeem."""
    chosen = request.GET.get("way", "")
    same = Subscription.objects.of_product_in(request.tenant, key.product).for_display()
    ended = (
        same.reactivatable(request.today).first() if chosen == RedemptionKind.REACTIVATE else None
    )
    way = RedemptionKind.REACTIVATE if ended else RedemptionKind.NEW
    if request.method == "POST" or chosen == way or not key.is_redeemable(request.today):
        return review(request, key, ended, way, "licensing/start_review.html")
    found = comparisons(key, request.tenant, request.today, request.GET.get("place", ""))
    if found.rows[0].subscription is None:
        return review(request, key, None, RedemptionKind.NEW, "licensing/start_review.html")
    refusal = NotReactivatable() if chosen == RedemptionKind.REACTIVATE else None
    return render(
        request,
        "licensing/start_choose.html",
        {"comparisons": found, "key": key, "refusal": refusal},
    )


def change(
    request: PartnerRequest, subscription: Subscription, way: RedemptionKind
) -> HttpResponse:
    """Extend or add: the key, then the review.

    An ended subscription is refused before a key is asked for.
    """
    key = chosen_key(request)
    if key is not None:
        return review(request, key, subscription, way, "licensing/panel_review.html")
    try:
        subscription.check_active(request.today)
    except Refusal as refusal:
        return render(
            request,
            "licensing/panel_review.html",
            {"refusal": refusal, "subscription": subscription, "way": way},
        )
    return enter_key(request, subscription, way)


def review(
    request: PartnerRequest,
    key: ProductKey,
    subscription: Subscription | None,
    way: RedemptionKind,
    template: str,
) -> HttpResponse:
    """What Redeem will do, pinned (S8); a POST does exactly that and leads to its receipt."""
    context: dict[str, Any] = {"key": key, "subscription": subscription, "way": way}
    if request.method == "POST":
        try:
            return redirect(redeem(request, key, subscription, way))
        except Refusal as refusal:
            context["refusal"] = refusal
    context |= (
        shown(request, key, subscription, way)
        if not isinstance(context.get("refusal"), KeyAlreadyRedeemed)
        else {}
    )
    return render(
        request,
        template,
        context,
        status=409 if isinstance(context.get("refusal"), ChangedMeanwhile) else 200,
    )


def shown(
    request: PartnerRequest, key: ProductKey, subscription: Subscription | None, way: RedemptionKind
) -> dict[str, Any]:
    """The quote with every other way beside it, or the one reason why there is none (K7)."""
    context: dict[str, Any] = {}
    try:
        key.check_redeemable(request.today)
        if subscription:
            subscription.check_product(key)
        beside = ways_beside(request, key, subscription)
        context = {"comparisons": beside, "other": other_way(beside.rows, way)}
        quote = Subscription.quote(way, key, request.tenant, subscription, request.today)
        return context | {
            "quote": quote,
            "rows": before_after(quote),
            "undoing": undoing(key, request.today),
        }
    except Refusal as refusal:
        return context | {"refusal": refusal}


def ways_beside(
    request: PartnerRequest, key: ProductKey, subscription: Subscription | None
) -> Excerpt[Comparison]:
    """What `key` can do for `subscription`; without one, for each that runs or can come back."""
    confirmed = request.GET.get("place", "")
    if subscription and subscription.is_active(request.today):
        one = Comparison.of(key, request.tenant, subscription, request.today, confirmed)
        return Excerpt([one], 1)
    found = comparisons(key, request.tenant, request.today, confirmed)
    fitting = [
        one for one in found if one.subscription and subscription in (None, one.subscription)
    ]
    return found.showing(fitting) if len(fitting) == len(found) else Excerpt(fitting, len(fitting))


def redeem(
    request: PartnerRequest, key: ProductKey, subscription: Subscription | None, way: RedemptionKind
) -> Redemption:
    """Carry out the quote that the form was shown with, or find what it led to already (K2).

    Raises a Refusal.
    """
    quote = Quote.loaded(request.POST.get("quote", ""))
    shown_for = (quote.way, quote.key_id, quote.tenant_id, quote.subscription_id)
    if shown_for != (way, key.pk, request.tenant.pk, subscription.pk if subscription else None):
        if (
            done := Redemption.objects.for_partner(request.partner)
            .filter(submission=quote.submission)
            .first()
        ):
            return done
        raise ChangedMeanwhile
    return Subscription.redeem(
        way, key, request.tenant, subscription, by=request.actor, on=request.today, quote=quote
    )


def other_way(beside: Sequence[Comparison], way: RedemptionKind) -> dict[str, Any] | None:
    """Beside Extend what Add would do, and the reverse: the two are mistaken for each other."""
    other = {
        RedemptionKind.EXTEND: RedemptionKind.ADD,
        RedemptionKind.ADD: RedemptionKind.EXTEND,
    }.get(way)
    return next(
        (
            choice.card()
            for comparison in beside
            for choice in comparison.choices
            if choice.way is other
        ),
        None,
    )


def with_key(request: PartnerRequest, key: ProductKey) -> str:
    """This address with `key` chosen."""
    query = request.GET.copy()
    query["key"] = str(key.pk)
    return f"{request.path}?{query.urlencode()}"
