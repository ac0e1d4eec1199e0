"""Redeeming a key as a first activation, Extend end date or Add licenses.

Each leads from the tenant to the key, the review and the receipt.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.comparison import comparisons
from benefits_portal.licensing.exceptions import ChangedMeanwhile, NotReactivatable
from benefits_portal.licensing.forms import KeyForm, own_key
from benefits_portal.licensing.key_choices import KeyChoice, key_choices
from benefits_portal.licensing.key_rows import KEY_FIELDS, asks_for_rows
from benefits_portal.licensing.models import Redemption, Subscription, redeem_key
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.redeem_links import start_url
from benefits_portal.licensing.redemption_sentences import outcome
from benefits_portal.licensing.subscription_display import adding_hint
from benefits_portal.licensing.views.choosing_tenant import (
    choose_tenant,
    tenant_is_confirmed,
    where_it_runs,
)
from benefits_portal.licensing.views.ordering import enter_keys
from benefits_portal.licensing.views.reviewing import other_way, shown
from benefits_portal.licensing.views.steps import Step, step_page, step_url
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import MAX_COUNT_BESIDE
from benefits_portal.tenants.access import admin_required, form_methods, get_own_prepared
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest

key_is_secret = sensitive_post_parameters(*KEY_FIELDS)  # so that no error report has a key (K3)
MAX_KEYS = 10  # of the partner's keys on a page; the list of benefits has all


@key_is_secret
@never_cache
@admin_required
@form_methods
def product_key_start(request: PartnerRequest) -> HttpResponse:
    """First activation or reactivation, step by step (S1, S3).

    All state is in the URL and the session.
    """
    if "subscription" in request.GET:
        return redirect(where_it_runs(request))
    if not tenant_is_confirmed(request):
        return choose_tenant(request)
    key = chosen_key(request)
    return enter_key(request) if key is None else activate(request, key)


@key_is_secret
@never_cache
@admin_required
@form_methods
def extend(request: PartnerRequest, pk: int) -> HttpResponse:
    """Extend end date (S4, S5)."""
    own = get_own_prepared(request, prepared_queries.subscription, pk)
    return change(request, own, RedemptionKind.EXTEND)


@key_is_secret
@never_cache
@admin_required
@form_methods
def add_licenses(request: PartnerRequest, pk: int) -> HttpResponse:
    """Add licenses (S6)."""
    own = get_own_prepared(request, prepared_queries.subscription, pk)
    return change(request, own, RedemptionKind.ADD)


# The steps


def chosen_key(request: PartnerRequest) -> ProductKey | None:
    """The partner's key that the URL names, or None. Raises Http404 for another one (K3, K4)."""
    reference = request.GET.get("key", "")
    return own_key(request, reference) if reference.isdecimal() else None


def enter_key(
    request: PartnerRequest,
    subscription: Subscription | None = None,
    way: RedemptionKind | None = None,
) -> HttpResponse:
    """Choose one of the partner's keys or type one; *Next* checks it and goes on."""
    form = KeyForm(request, request.POST or None, way=way, subscription=subscription)
    if request.method == "POST" and form.is_valid() and form.product_key:
        return redirect(with_key(request, form.product_key))
    keys = own_keys(request, form)
    context = {
        "form": form,
        "own_keys": keys,
        "key_choices": [choice.row() for choice in keys],
        "instead": other_way(request, form.product_key, subscription, way)
        if form.refusal
        else None,
        "subscription": subscription,
        "way": way,
        "adding_hint": adding_hint(subscription, request.today) if subscription else "",
        "back": step_url(request, Step.TENANT),
    }
    template = "licensing/panel_key.html" if subscription else "licensing/start_key.html"
    return step_page(request, Step.KEY, template, context)


def own_keys(request: PartnerRequest, form: KeyForm) -> Excerpt[KeyChoice]:
    """The partner's keys that can be redeemed, with what each would do, by expiration."""
    product = form.subscription.product if form.subscription else None
    its = f"&product={product.pk}" if product else ""
    href = f"{reverse('benefits:azure-cloud')}?show=unused&kind=licenses{its}"
    if product:
        asked = request.partner.pk, product.pk, request.today
        waiting = prepared_queries.waiting_keys.rows(*asked, most=MAX_KEYS)
        found = Excerpt[ProductKey].of_counted(waiting, href, count_to=MAX_COUNT_BESIDE)
    else:
        any_of = ProductKey.objects.waiting(request.partner, request.today)
        found = Excerpt.of(any_of, MAX_KEYS, href, count_to=MAX_COUNT_BESIDE)
    chosen = form["chosen"].value() if form.is_bound else None
    return found.showing(key_choices(found, form.subscription, form.way, request.today, chosen))


def activate(request: PartnerRequest, key: ProductKey) -> HttpResponse:
    """Choose what to start or reactivate, review it, and redeem."""
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
    context = {
        "comparisons": found,
        "key": key,
        "refusal": refusal,
        "elsewhere": reactivatable_elsewhere(request, key) if refusal else None,
        "back": step_url(request, Step.KEY),
        "change_tenant": step_url(request, Step.TENANT),
    }
    return step_page(request, Step.USE, "licensing/start_choose.html", context)


def reactivatable_elsewhere(request: PartnerRequest, key: ProductKey) -> dict[str, Any] | None:
    """The subscription that `key` can bring back in another tenant of the partner."""
    others = Subscription.objects.for_partner(request.partner).exclude(tenant=request.tenant)
    ended = others.filter(product=key.product).reactivatable(request.today).for_display().first()
    if ended is None:
        return None
    way = RedemptionKind.REACTIVATE
    return {"tenant": ended.tenant, "href": start_url(ended, way, key.pk)}


def change(
    request: PartnerRequest, subscription: Subscription, way: RedemptionKind
) -> HttpResponse:
    """Extend or add: enter the key, then review.

    If the subscription has ended, refuse before asking for a key.
    """
    key = chosen_key(request)
    if key is not None:
        return review(request, key, subscription, way, "licensing/panel_review.html")
    try:
        subscription.check_active(request.today)
    except Refusal as refusal:
        context = {"refusal": refusal, "subscription": subscription, "way": way}
        return step_page(request, Step.REVIEW, "licensing/panel_review.html", context)
    if asks_for_rows(request):
        return enter_keys(request, subscription, way)
    return enter_key(request, subscription, way)


def review(
    request: PartnerRequest,
    key: ProductKey,
    subscription: Subscription | None,
    way: RedemptionKind,
    template: str,
) -> HttpResponse:
    """The review with its quote (S8); a POST does exactly that and leads to the receipt."""
    context: dict[str, Any] = {"key": key, "subscription": subscription, "way": way}
    if request.method == "POST":
        try:
            redemption = redeem(request, key, subscription, way)
            messages.success(request, outcome(redemption))
            return redirect(redemption)
        except Refusal as refusal:
            context["refusal"] = refusal
    refused = context.get("refusal")
    if not isinstance(refused, KeyAlreadyRedeemed):
        context |= shown(request, key, subscription, way)
    status = 409 if isinstance(refused, ChangedMeanwhile) else 200
    return step_page(request, Step.REVIEW, template, context, status)


def redeem(
    request: PartnerRequest, key: ProductKey, subscription: Subscription | None, way: RedemptionKind
) -> Redemption:
    """Redeem as the form's quote says, or return the redemption of an earlier submission (K2).

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
    return redeem_key(
        way, key, request.tenant, subscription, by=request.actor, on=request.today, quote=quote
    )


def with_key(request: PartnerRequest, key: ProductKey) -> str:
    """This URL with `key` chosen."""
    query = request.GET.copy()
    query["key"] = str(key.pk)
    return f"{request.path}?{query.urlencode()}"
