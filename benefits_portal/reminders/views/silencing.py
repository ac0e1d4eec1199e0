"""*Don't remind me of this*, on the page of a benefit or a subscription (R9)."""

from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.redirects import on_to
from benefits_portal.reminders.models import Silence
from benefits_portal.tenants.access import admin_required, get_own
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.views.performing import perform


@admin_required
@require_POST
def switch_benefit(request: PartnerRequest, pk: int) -> HttpResponse:
    return switch(request, get_own(request, Benefit.objects.select_related("product"), pk))


@admin_required
@require_POST
def switch_subscription(request: PartnerRequest, pk: int) -> HttpResponse:
    return switch(request, get_own(request, Subscription.objects.for_display(), pk))


def switch(request: PartnerRequest, thing: Any) -> HttpResponse:
    """Turn reminders of `thing` on or off for the person, then go back to their page."""
    asked = request.POST.get("remind")
    if asked not in ("on", "off"):
        raise BadRequest("Neither button was pressed.")
    if asked == "on":
        message = _("You'll be reminded of this again.")
        perform(request, lambda: Silence.objects.resume(thing, by=request.actor), message)
    else:
        message = _("You won't be reminded of this anymore. Your colleagues still are.")
        perform(request, lambda: Silence.objects.silence(thing, by=request.actor), message)
    return on_to(request.POST.get("back") or thing.get_absolute_url())
