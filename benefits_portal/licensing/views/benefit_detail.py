"""The page of one benefit: who holds the credit, or its key and subscription."""

from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from benefits_portal.benefits.forms import PersonForm
from benefits_portal.benefits.holder_display import chain, letters
from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.benefits.notes import CreditNotes
from benefits_portal.benefits.views.assigning import choosing
from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.benefit_state import state_of
from benefits_portal.licensing.comparison import comparisons
from benefits_portal.licensing.forms import VerifiedForm
from benefits_portal.licensing.license_effects import effects_of_ways
from benefits_portal.licensing.models import Redemption, Replacement, Subscription
from benefits_portal.licensing.requests import request_badge
from benefits_portal.licensing.subscription_display import undoing
from benefits_portal.licensing.views.benefit_on import credit_on, licenses_on
from benefits_portal.licensing.views.choosing_tenant import confirmation_of_known
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.access import (
    admin_required,
    form_methods,
    get_own,
    get_own_prepared,
    role_required,
)
from benefits_portal.tenants.any_day import AnyDay, on_any_day
from benefits_portal.tenants.audit.history import history
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Record

MAX_HOLDERS = 20  # on the benefit's page; the list of holders has all
MAX_SUBSCRIPTIONS = 3  # of the product; *Your products* has all


@role_required
@on_any_day
@require_safe
def benefit_detail(request: PartnerRequest, pk: int) -> HttpResponse:
    """The whole page; for htmx only its middle part, which opens below a row of the list."""
    benefit = get_own_prepared(request, prepared_queries.benefit, pk)
    if request.any_day.as_of:
        context = context_on(request, benefit, request.any_day)
    elif benefit.is_usage_based:
        context = credit_context(request, benefit)
    else:
        context = license_context(request, benefit, VerifiedForm(benefit))
    return render(
        request, f"licensing/benefit_detail.html{'#details' if request.htmx else ''}", context
    )


def context_on(request: PartnerRequest, benefit: Benefit, any_day: AnyDay) -> dict[str, Any]:
    """The same page for another day than today (H1)."""
    if benefit.is_usage_based:
        return credit_on(request, benefit, any_day, MAX_HOLDERS)
    return licenses_on(request, benefit, any_day, MAX_SUBSCRIPTIONS)


@role_required
@require_safe
def benefit_history(request: PartnerRequest, pk: int) -> HttpResponse:
    """What happened to the benefit and to its redeemed key (A2); for htmx only the rows."""
    benefit = get_own(request, Benefit.objects.for_display(), pk)
    records, known = Record.objects.about(benefit), [benefit]
    if (
        redemption := Redemption.objects.standing()
        .for_display()
        .filter(key__benefit=benefit)
        .first()
    ):
        records |= Record.objects.about(redemption.subscription).filter(
            after__key=redemption.key_id
        )
        known.append(redemption.subscription)
    context = {"benefit": benefit, "history": history(request, records, known)}
    return render(
        request, f"licensing/benefit_history.html{'#lines' if request.htmx else ''}", context
    )


@never_cache
@admin_required
@form_methods
def key(request: PartnerRequest, pk: int) -> HttpResponse:
    """*Get key*: show the key once, on record (K3). Only this response contains it."""
    benefit = get_own(request, Benefit.objects.for_display().license_based(), pk)
    if request.method != "POST":
        return redirect("licensing:benefit-detail", pk)
    form = VerifiedForm(benefit, request.POST)
    context = license_context(request, benefit, form)
    if form.is_valid() and context["key"]:
        try:
            context["revealed"] = context["key"].reveal(
                by=request.actor, on=request.today, tenant=request.tenant
            )
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    return render(
        request, f"licensing/benefit_detail.html{'#details' if request.htmx else ''}", context
    )


@admin_required
@require_safe
def walkthrough(request: PartnerRequest, pk: int) -> HttpResponse:
    """What can be done with this benefit's key, in this tenant, today (S3, S8)."""
    benefit = get_own_prepared(request, prepared_queries.license_benefit, pk)
    context = key_context(request, benefit)
    if context["key"] and not context["refusal"]:
        confirmed = confirmation_of_known(request)
        context["comparisons"] = comparisons(
            context["key"], request.tenant, request.today, confirmed
        )
        context["undoing"] = undoing(context["key"], request.today)
        context["people"] = effects_of_ways(
            context["comparisons"], request.tenant, benefit.product, request.today
        )
    return render(request, "licensing/walkthrough.html", context)


def credit_context(request: PartnerRequest, benefit: Benefit) -> dict[str, Any]:
    """The present and former holders and, if the reader may assign, people to choose (U5, U6)."""
    assignments = holders_of(benefit)
    running = [assignment for assignment in assignments if assignment.ended_at is None]
    refusal = why_unusable(benefit, request.today)
    context: dict[str, Any] = {
        "benefit": benefit,
        "status": benefit.status(request.today),
        "running": running,
        "holders": assignments,
        "past": [assignment for assignment in assignments if assignment.ended_at],
        "chain": chain(assignments, request.partner) if benefit.product.is_bulk_credit else [],
        "is_usable": refusal is None,
        "refusal": refusal,
        "can_transfer": benefit.can_transfer(request.today),
        "can_assign": refusal is None and not (benefit.product.is_bulk_credit and running),
        **sentences(benefit, running, request.today),
    }
    return context | (
        choosing(request, benefit, PersonForm(benefit))
        if request.role.may_act and context["can_assign"]
        else {}
    )


def sentences(benefit: Benefit, running: list[Assignment], on: date) -> dict[str, Any]:
    """What the page says about the holders, and letters to send to them."""
    count = vars(running[0])["running_count"] if running else 0
    notes = CreditNotes(benefit, on, bool(running))
    names = [assignment.directory_user.display_name for assignment in running]
    return {
        "notes": notes,
        "state": notes.state(names, count),
        "letters": letters(benefit, running, count) if running and benefit.is_usable(on) else [],
    }


def holders_of(benefit: Benefit) -> Excerpt[Assignment]:
    """Present holders of the credit, then former ones; each has `running_count`.

    In a chain of bulk credit, the latest come first (U3).
    """
    is_bulk, href = benefit.product.is_bulk_credit, reverse("benefits:holders", args=[benefit.pk])
    found = prepared_queries.holders.rows(benefit.pk, is_chain=is_bulk, most=MAX_HOLDERS)
    return Excerpt.of_counted(found, href, is_latest=is_bulk)


def why_unusable(benefit: Benefit, on: date) -> Refusal | None:
    """The refusal if the benefit has not begun or has expired (B1, B5), else None."""
    try:
        benefit.check_usable(on)
    except Refusal as refusal:
        return refusal
    return None


def key_context(request: PartnerRequest, benefit: Benefit) -> dict[str, Any]:
    """The key, why it cannot be redeemed, and the redemption, if any."""
    key = benefit.live_key()
    refusal = None
    try:
        if key:
            key.check_redeemable(request.today)
    except Refusal as error:
        refusal = error
    redemption = prepared_queries.redeemed_for.first(benefit.pk) if benefit.is_used else None
    asked = getattr(redemption, "replacement", None)
    if key and key.follows_another and not asked:
        asked = Replacement.objects.filter(key=key).first()
    return {
        "benefit": benefit,
        "key": key,
        "refusal": refusal,
        "redemption": redemption,
        "request_badge": request_badge(asked),
    }


def license_context(
    request: PartnerRequest, benefit: Benefit, form: VerifiedForm
) -> dict[str, Any]:
    """The key with its subscription or, while it can be redeemed, those of the product."""
    context = key_context(request, benefit)
    running = subscriptions_of(request, benefit, context)
    key, refusal, redemption = context["key"], context["refusal"], context["redemption"]
    subscription, on = running[0] if running else None, request.today
    return context | {
        "state": state_of(benefit, key, refusal, redemption, subscription, on),
        "status": benefit.status(on),
        "is_without_key": not key and not redemption and benefit.is_usable(on),
        "form": form,
        "can_redeem": key is not None and refusal is None,
        "subscriptions": running.showing([(one, one.status(on)) for one in running]),
        "is_discontinued": benefit.product.is_discontinued(on),
    }


def subscriptions_of(
    request: PartnerRequest, benefit: Benefit, context: dict[str, Any]
) -> Excerpt[Subscription]:
    """The subscription that the key was redeemed for, in any tenant.

    While it can be redeemed, those of the product in this tenant that run or can come back (S3);
    the last to end comes first.
    """
    if context["redemption"]:
        return Excerpt([context["redemption"].subscription], 1)
    if context["refusal"]:
        return Excerpt([], 0)
    running = prepared_queries.not_deleted.rows(
        *(request.partner.pk, request.tenant.pk, benefit.product_id, request.today),
        most=MAX_SUBSCRIPTIONS,
    )
    query = urlencode({"show": "all", "q": benefit.product.name})
    href = f"{reverse('licensing:products')}?{query}"
    return Excerpt.of_counted(running, href)
