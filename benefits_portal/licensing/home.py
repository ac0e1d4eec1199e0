"""Home: the workspaces, and what needs attention."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.benefits.models import Benefit
from benefits_portal.figures import as_day
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.tenants.access import no_role
from benefits_portal.tenants.middleware import PartnerRequest

SOON_DAYS, URGENT_DAYS, AT_MOST = 91, 30, 12


@require_safe
def home(request: PartnerRequest) -> HttpResponse:
    """Where everybody lands who signs in; without a role the page that says who can give one (P2)."""
    if request.partner is None:
        return no_role(request, status=200)
    return render(request, "home.html", {"attention": attention(request)})


def attention(request: PartnerRequest) -> list[dict[str, Any]]:
    """What is lost or ends soon if nobody acts, by date: unused benefits, and subscriptions of this tenant."""
    on = request.today
    unused = Benefit.objects.for_partner(request.partner).for_display().expiring_within(SOON_DAYS, on).unused()
    ending = Subscription.objects.in_tenant(request.tenant).for_display().ending_within(SOON_DAYS, on)
    lines: list[dict[str, Any]] = [
        {
            "on": benefit.expires_on,
            "text": _("%(benefit)s: credit not assigned") % {"benefit": benefit.title}
            if benefit.is_usage_based
            else _("%(benefit)s, %(quantity)s: key not redeemed") % {"benefit": benefit.title, "quantity": benefit.quantity_text},
            "note": str(benefit.membership.offer),
            "href": reverse("licensing:benefit-detail", args=[benefit.pk]),
        }
        for benefit in unused.order_by("expires_on", "pk")[:AT_MOST]
    ]
    lines += [
        {
            "on": subscription.ends_on,
            "text": _("%(product)s, %(licenses)s: subscription ends")
            % {"product": subscription.product, "licenses": in_licenses(subscription.licenses)},
            "note": str(subscription.tenant),
            "href": reverse("licensing:subscription", args=[subscription.pk]),
        }
        for subscription in ending.order_by("ends_on", "pk")[:AT_MOST]
    ]
    lines.sort(key=lambda line: line["on"])
    return [{**line, "date": as_day(line["on"]), "is_urgent": (line["on"] - on).days <= URGENT_DAYS} for line in lines[:AT_MOST]]
