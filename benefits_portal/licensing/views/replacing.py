"""Asking for another key in place of one that was redeemed by mistake (K8)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from benefits_portal.licensing.forms import ReplacementForm
from benefits_portal.licensing.models import Redemption, Replacement
from benefits_portal.licensing.models.replacement import check_replaceable, replaceable_until
from benefits_portal.tenants.access import admin_required, form_methods, get_own
from benefits_portal.tenants.audit.record import repeated_is_done
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.middleware import PartnerRequest


@admin_required
@form_methods
def ask(request: PartnerRequest, pk: int) -> HttpResponse:
    """The form, and what it asks for; what stands in the way is said on the receipt."""
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
            _("The program team has your request. You will find the answer on this receipt."),
        )
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("licensing:receipt", pk)


def replacement_context(request: PartnerRequest, redemption: Redemption) -> dict[str, Any]:
    """What a receipt says about a replacement: the one asked for, or until when, or why not."""
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
