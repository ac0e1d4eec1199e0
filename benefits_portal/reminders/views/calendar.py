"""The page of somebody's calendar feed at the partner they act for."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from benefits_portal.reminders.models import Feed
from benefits_portal.tenants.access import form_methods, role_required
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import RoleAssignment


@role_required
@form_methods
def calendar(request: PartnerRequest) -> HttpResponse:
    """What there is, and a new link when asked: shown in this answer alone (R11)."""
    context = {}
    if request.method == "POST":
        held = RoleAssignment.objects.for_partner(request.partner).select_related("user", "partner")
        role = get_object_or_404(held, user=request.user)
        secret = Feed.objects.make(role, by=request.actor)
        url = request.build_absolute_uri(reverse("reminders:feed", args=[secret]))
        context = {"url": url, "webcal_url": url.replace("http", "webcal", 1)}
    feed = Feed.objects.of_role(request.user, request.partner)
    return render(request, "reminders/calendar.html", context | {"feed": feed})
