"""Whether emails are being sent, for a monitor."""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from benefits_portal import clock
from benefits_portal.database_errors import Reason
from benefits_portal.health import FAULTS, fault, takes_no_changes
from benefits_portal.tenants.access import tenant_context_exempt
from benefits_portal.tenants.models import Mail

LATE = timedelta(minutes=15)


@login_not_required
@tenant_context_exempt
@require_safe
def mail_health(request: HttpRequest) -> HttpResponse:
    """200 if emails are being sent; 503 if not.

    503 if an email has waited for longer than LATE, one was given up within a day, or the database
    cannot be written to, since claiming an email writes. Always 200 in a demo, which keeps its
    emails.
    """
    try:
        message = state()
    except (DatabaseError, InterfaceError) as problem:
        message = fault(problem)
    return HttpResponse(
        f"{message}\n", content_type="text/plain", status=200 if message == "ok" else 503
    )


def state() -> str:
    """`ok`, or why emails are not sent. Raises OperationalError if the database is away or full."""
    if takes_no_changes():
        return FAULTS[Reason.READ_ONLY]
    now = clock.now()
    late = Mail.objects.waiting().filter(queued_at__lt=now - LATE).exists()
    given_up = Mail.objects.given_up().filter(gave_up_at__gt=now - timedelta(days=1)).exists()
    if settings.DEMO or not (late or given_up):
        return "ok"
    return "mail waits" if late else "mail was given up"
