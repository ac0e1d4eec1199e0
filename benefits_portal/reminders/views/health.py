"""Whether reminders are being sent, for a monitor."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from benefits_portal import clock
from benefits_portal.health import fault
from benefits_portal.reminders.proof import problem
from benefits_portal.tenants.access import tenant_context_exempt


@login_not_required
@tenant_context_exempt
@require_safe
def reminders_health(request: HttpRequest) -> HttpResponse:
    """200 if reminders are being sent; 503 with what to start if not.

    Always 200 in a demo, which sends reminders when its calendar is moved.
    """
    try:
        message = "ok" if settings.DEMO else problem(clock.now()) or "ok"
    except (DatabaseError, InterfaceError) as error:
        message = fault(error)
    return HttpResponse(
        f"{message}\n", content_type="text/plain", status=200 if message == "ok" else 503
    )
