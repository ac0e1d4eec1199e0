"""Stop reminders by the link in an email: one click, without sign-in (R9)."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt

from benefits_portal.reminders.models import Preference
from benefits_portal.reminders.recipients import entitled
from benefits_portal.reminders.unsubscribing import subscriber_of
from benefits_portal.tenants.access import form_methods, tenant_context_exempt
from benefits_portal.tenants.models import Actor, How, Partner, User


@csrf_exempt  # RFC 8058: a mail program posts without cookies; the token authorizes
@login_not_required
@tenant_context_exempt
@form_methods
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Ask for confirmation; a POST, also from a mail program's own button, stops the reminders.

    404 if the person no longer has a role there: they get no reminders, and the page would name
    the partner (P1).
    """
    found = subscriber_of(token)
    if found is None or found not in entitled([found]):
        raise Http404
    user = get_object_or_404(User, pk=found.user)  # it may have been closed a moment ago
    partner = get_object_or_404(Partner, pk=found.partner) if found.partner else None
    if request.method == "POST":
        Preference.objects.of(user, partner).stop(by=Actor(user, How.PORTAL))
    context = {"partner": partner, "is_stopped": request.method == "POST"}
    return render(request, "reminders/unsubscribe.html", context)
