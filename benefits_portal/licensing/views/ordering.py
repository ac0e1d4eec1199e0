"""Orders: several keys for one subscription, chosen, reviewed and redeemed together (O9)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.change_rows import before_after
from benefits_portal.licensing.exceptions import ChangedMeanwhile
from benefits_portal.licensing.forms import own_key
from benefits_portal.licensing.key_rows import KeyRows
from benefits_portal.licensing.license_effects import effect_of
from benefits_portal.licensing.models import Order, Subscription
from benefits_portal.licensing.order_display import (
    OrderReview,
    order_url,
    panel_url,
    receipt_steps,
    redeem_label,
    total_of,
)
from benefits_portal.licensing.order_exceptions import TooManyKeys
from benefits_portal.licensing.order_quotes import (
    MAX_KEYS,
    MIN_KEYS,
    STEP_KINDS,
    OrderQuote,
    OrderStep,
)
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.redemption_sentences import headline, order_outcome
from benefits_portal.licensing.subscription_display import adding_hint
from benefits_portal.licensing.views.replacing import order_replacement_context
from benefits_portal.licensing.views.subscriptions import outcome_context, who_and_when
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.access import admin_required, form_methods, get_own, role_required
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest

MAX_OWN_KEYS = 50  # of the partner's keys to choose from in a row
ALONE = "alone"  # the URL parameter of a review after only one row was filled in


def enter_keys(
    request: PartnerRequest, subscription: Subscription, way: RedemptionKind
) -> HttpResponse:
    """The panel with a row for each key; *Next* checks all rows and leads to the review."""
    if request.method == "POST":
        rows = KeyRows.sent(request, subscription, way)
        if rows.is_next and (steps := rows.steps()):
            url = order_url(subscription.pk, [step.reference for step in steps])
            return redirect(f"{url}&{ALONE}=1" if len(steps) < MIN_KEYS else url)
    else:
        steps = steps_of(request, request.GET.getlist("step")[:MAX_KEYS])
        rows = KeyRows.of_steps(request, subscription, way, steps)
        if "another" in request.GET:
            rows.add_row()
    waiting = ProductKey.objects.waiting(request.partner, request.today, subscription.product)
    every_key = f"{reverse('benefits:azure-cloud')}?show=unused&kind=licenses"
    context = {
        "subscription": subscription,
        "way": way,
        "rows": rows,
        "own_keys": rows.choices(Excerpt.of(waiting, MAX_OWN_KEYS, every_key)),
        "adding_hint": adding_hint(subscription, request.today),
    }
    return render(request, "licensing/panel_keys.html", context)


@never_cache
@admin_required
@form_methods
def order(request: PartnerRequest, pk: int) -> HttpResponse:
    """The review of an order (O10); a POST redeems all its keys or none."""
    subscription = get_own(request, Subscription.objects.for_display(), pk)
    references = request.GET.getlist("step")
    if len(references) > MAX_KEYS:
        return too_many(request, subscription, references)
    steps = steps_of(request, references)
    if len(steps) < MIN_KEYS:
        return redirect(order_url(pk, references))
    refusal: Refusal | None = None
    if request.method == "POST":
        try:
            done = redeem(request, subscription, steps)
            messages.success(request, order_outcome(done, total_of(done.in_order())))
            return redirect(done)
        except Refusal as error:
            refusal, steps = error, steps_of(request, references)
            subscription.refresh_from_db()
    review = OrderReview(subscription, steps, request.today)
    return order_page(request, review, refusal)


def order_page(
    request: PartnerRequest, review: OrderReview, refusal: Refusal | None
) -> HttpResponse:
    """The review: each step and the total, or the refusal."""
    context: dict[str, Any] = {
        "subscription": review.subscription,
        "review": review,
        "refusal": refusal or review.refusal,
    }
    if review.quote:
        total = review.quote.total
        context |= {
            "quote": review.quote,
            "headline": headline(total, review.subscription.product),
            "rows": before_after(total),
            "people": effect_of(total, request.tenant, review.subscription.product),
            "act": redeem_label(len(review.steps)),
        }
    status = 409 if isinstance(refusal, ChangedMeanwhile) else 200
    return render(request, "licensing/order_review.html", context, status=status)


def too_many(
    request: PartnerRequest, subscription: Subscription, references: list[str]
) -> HttpResponse:
    """The refusal of more keys than an order holds (O9), with a link to go on with the first."""
    context = {
        "subscription": subscription,
        "refusal": TooManyKeys(),
        "back": panel_url(subscription.pk, RedemptionKind.EXTEND, references[:MAX_KEYS]),
    }
    return render(request, "licensing/order_review.html", context)


def steps_of(request: PartnerRequest, references: list[str]) -> list[OrderStep]:
    """The steps that a URL names. Raises Http404 for what is not a key of the partner (K3, K4)."""
    parsed = [reference.partition(":") for reference in references]
    ways = {way.value: way for way in STEP_KINDS}
    if not all(way in ways and key.isdecimal() for way, _colon, key in parsed):
        raise Http404
    pks = [int(key[:18]) for _way, _colon, key in parsed]
    keys = ProductKey.objects.for_use().for_partner(request.partner).in_bulk(pks)
    return [
        OrderStep(ways[way], keys.get(pk) or own_key(request, str(pk)))
        for (way, _colon, _key), pk in zip(parsed, pks, strict=True)
    ]


def redeem(request: PartnerRequest, subscription: Subscription, steps: list[OrderStep]) -> Order:
    """Redeem as the form's quote says, or return the order of an earlier submission (O13).

    Raises a Refusal.
    """
    quote = OrderQuote.loaded(request.POST.get("quote", ""))
    if done := Order.objects.of_submission(quote, request.partner):
        return done
    total = quote.total
    shown_for = (total.subscription_id, total.tenant_id, quote.references)
    references = [step.reference for step in steps]
    if shown_for != (subscription.pk, request.tenant.pk, references):
        raise ChangedMeanwhile
    return Order.redeem(
        subscription, steps, tenant=request.tenant, by=request.actor, on=request.today, quote=quote
    )


@role_required
@require_safe
def order_receipt(request: PartnerRequest, pk: int) -> HttpResponse:
    """What an order did, step by step and in total, with links to each receipt (O13)."""
    done = get_own(request, Order.objects.for_display(), pk)
    steps = receipt_steps(done)
    total = total_of([step.redemption for step in steps])
    context = {
        "order": done,
        "steps": steps,
        "rows": before_after(total),
        **who_and_when(request, steps[0].redemption),
        **outcome_context(request, order_outcome(done, total)),
        **order_replacement_context(request, done),
    }
    return render(request, "licensing/order_receipt.html", context)
