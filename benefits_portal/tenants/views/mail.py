"""Whether mails leave, for a monitor."""

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
    """200 while mails leave; 503 where they do not.

    That is where one waits for longer than LATE, one was given up within a day, or the database
    does not serve: each mail is claimed before it is sent, which one that takes no changes refuses.
    Nothing leaves a demo, which keeps its mails on a page.
    """
    try:
        message = state()
    except (DatabaseError, InterfaceError) as problem:
        message = fault(problem)
    return HttpResponse(
        f"{message}\n", content_type="text/plain", status=200 if message == "ok" else 503
    )


def state() -> str:
    """`ok`, or what keeps mails. Raises OperationalError if the database is away or full."""
    if takes_no_changes():
        return FAULTS[Reason.READ_ONLY]
    now = clock.now()
    late = Mail.objects.waiting().filter(queued_at__lt=now - LATE).exists()
    given_up = Mail.objects.given_up().filter(gave_up_at__gt=now - timedelta(days=1)).exists()
    if settings.DEMO or not (late or given_up):
        return "ok"
    return "mail waits" if late else "mail was given up"
