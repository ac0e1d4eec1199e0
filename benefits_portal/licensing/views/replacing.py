"""Asking for a replacement of a key that was redeemed by mistake (K8)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from benefits_portal.licensing.forms import ReplacementForm
from benefits_portal.licensing.models import Order, Redemption, Replacement
from benefits_portal.licensing.models.order_replacement import (
    ask_for_order,
    check_order_replaceable,
    order_replaceable_until,
    standing_steps,
)
from benefits_portal.licensing.models.replacement import check_replaceable, replaceable_until
from benefits_portal.tenants.access import admin_required, form_methods, get_own
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest


@admin_required
@form_methods
def ask(request: PartnerRequest, pk: int) -> HttpResponse:
    """The form, and asking; a refusal is shown on the receipt."""
    redemption = get_own(request, Redemption.objects.for_display(), pk)
    form = ReplacementForm(request.POST or None)
    try:
        if request.method != "POST" or not form.is_valid():
            check_replaceable(redemption, request.today)
            return render(
                request, "licensing/replacement_ask.html", {"redemption": redemption, "form": form}
            )
        with repeated_is_done():
            Replacement.objects.ask(
                redemption, form.cleaned_data["why"], by=request.actor, on=request.today
            )
        messages.success(
            request,
            _("The program team has your request. You'll find the answer on this receipt."),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("licensing:receipt", pk)


@admin_required
@form_methods
def ask_order(request: PartnerRequest, pk: int) -> HttpResponse:
    """The form for a whole order, and asking (O14)."""
    order = get_own(request, Order.objects.for_display(), pk)
    form = ReplacementForm(request.POST or None)
    try:
        if request.method != "POST" or not form.is_valid():
            steps = standing_steps(order)
            check_order_replaceable(order, steps, request.today)
            context = {"order": order, "steps": steps[::-1], "form": form}
            return render(request, "licensing/order_replacement.html", context)
        with repeated_is_done():
            ask_for_order(order, form.cleaned_data["why"], by=request.actor, on=request.today)
        messages.success(
            request,
            _("The program team has your request. You'll find the answer here, with the order."),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(order)


def order_replacement_context(request: PartnerRequest, order: Order) -> dict[str, Any]:
    """The replacement request of an order, or until when one can be made, or why not."""
    asked = Replacement.objects.for_partner(request.partner).filter(order=order).first()
    steps = standing_steps(order)
    refusal = None
    try:
        if asked is None:
            check_order_replaceable(order, steps, request.today)
    except Refusal as error:
        refusal = error
    return {
        "replacement": asked,
        "not_replaceable": refusal,
        "replaceable_until": order_replaceable_until(steps) if steps else None,
    }


def replacement_context(request: PartnerRequest, redemption: Redemption) -> dict[str, Any]:
    """The replacement request of a redemption, or until when one can be made, or why not."""
    asked, refusal = getattr(redemption, "replacement", None), None
    try:
        if asked is None:
            check_replaceable(redemption, request.today)
    except Refusal as error:
        refusal = error
    return {
        "replacement": asked,
        "replaceable_until": replaceable_until(redemption.key, redemption.redeemed_on),
        "not_replaceable": refusal,
    }
