"""The page on which a person makes a calendar link for the current partner."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.reminders.link_submission import LinkSubmission
from benefits_portal.reminders.models import Feed
from benefits_portal.tenants.access import form_methods, role_required
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import RoleAssignment


@role_required
@form_methods
def calendar(request: PartnerRequest) -> HttpResponse:
    """Show whether there is a link. A POST makes a new one, shown in this response only (R11)."""
    url = made_link(request) if request.method == "POST" else ""
    feed = Feed.objects.of_role(request.user, request.partner)
    context = {
        "feed": feed,
        "submission": LinkSubmission.on_page(feed).signed,
        "url": url,
        "webcal_url": url.replace("http", "webcal", 1),
    }
    return render(request, "reminders/calendar.html", context)


def made_link(request: PartnerRequest) -> str:
    """The URL made by the form, or by its first submission; empty if the form is out of date."""
    held = RoleAssignment.objects.for_partner(request.partner).select_related("user", "partner")
    role = get_object_or_404(held, user=request.user)
    submission = LinkSubmission.read(request.POST.get("submission", ""))
    secret = submission and Feed.objects.make_once(role, submission, by=request.actor)
    if not secret:
        messages.info(request, _("No link was made: the page was out of date. Please try again."))
        return ""
    return request.build_absolute_uri(reverse("reminders:feed", args=[secret]))
