"""`/metrics`, for the networks in METRICS_FROM: counters, emails and reminders."""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import IPv6Address, ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Min, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from benefits_portal import clock, metrics
from benefits_portal.metrics import Gauge
from benefits_portal.reminders.models import Run
from benefits_portal.tenants.client_ip import client_ip
from benefits_portal.tenants.models import Mail

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # Prometheus' text format
DAY = timedelta(days=1)


@login_not_required
def metrics_page(request: HttpRequest) -> HttpResponse:
    """The metrics; 404 for clients outside of METRICS_FROM, for any method."""
    if not may_ask(client_ip(request)):
        raise Http404
    return answer(request)


@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    from benefits_portal.metrics.counting import exposition

    return HttpResponse(exposition(gauges()), content_type=CONTENT_TYPE)


def may_ask(ip_text: str | None) -> bool:
    """Whether `ip_text` is in a network of METRICS_FROM; a unix socket is in none."""
    if not ip_text or not metrics.is_on():
        return False
    ip = ip_address(ip_text)
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    return any(ip in network for network in settings.METRICS_FROM)


def gauges() -> list[Gauge]:
    """Whether the database answers; if it does, also the gauges that need it."""
    try:
        figures = [*mails(), *reminders()]
    except (DatabaseError, InterfaceError):
        figures = []
    answers = "Whether the database answered."
    return [Gauge("benefits_portal_database_up", answers, bool(figures)), *figures]


def mails() -> Iterator[Gauge]:
    """Emails queued within the last day by state, and the age of the oldest waiting one."""
    now = clock.now()
    of_day = Mail.objects.filter(queued_at__gt=now - DAY).aggregate(
        waiting=Count("pk", filter=Q(next_try_at__isnull=False)),
        sent=Count("pk", filter=Q(sent_at__isnull=False)),
        given_up=Count("pk", filter=Q(gave_up_at__isnull=False)),
    )
    for state, count in of_day.items():
        text = "Mails queued within the last day."
        yield Gauge("benefits_portal_mails_of_a_day", text, count, {"state": state})
    oldest = Mail.objects.waiting().aggregate(at=Min("queued_at"))["at"]
    yield Gauge(
        "benefits_portal_mail_waits_seconds",
        "Seconds that the oldest mail has waited.",
        (now - oldest).total_seconds() if oldest else 0,
    )


def reminders() -> Iterator[Gauge]:
    """The end and the figures of the last complete run of reminders; none before the first."""
    if (last := Run.objects.ended().first()) and last.ended_at:
        ended = "When reminders were last sent, in seconds since 1970."
        yield Gauge("benefits_portal_reminders_ended_at", ended, last.ended_at.timestamp())
        for what in ("made", "sent", "failed"):
            text, count = "Reminders of that run.", getattr(last, what)
            yield Gauge("benefits_portal_reminders", text, count, {"what": what})
