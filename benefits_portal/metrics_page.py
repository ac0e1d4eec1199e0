"""`/metrics`, for whoever METRICS_FROM lets ask: what was counted; how mails and reminders are."""

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

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of the text form
DAY = timedelta(days=1)


@login_not_required
def metrics_page(request: HttpRequest) -> HttpResponse:
    """As if it did not exist for whoever asks from elsewhere, by whatever method."""
    if not may_ask(client_ip(request)):
        raise Http404
    return answer(request)


@require_safe
def answer(request: HttpRequest) -> HttpResponse:
    from benefits_portal.metrics.counting import exposition

    return HttpResponse(exposition(gauges()), content_type=CONTENT_TYPE)


def may_ask(ip_text: str | None) -> bool:
    """Whether METRICS_FROM has the network of `ip_text`; a unix socket is in none."""
    if not ip_text or not metrics.is_on():
        return False
    ip = ip_address(ip_text)
    if isinstance(ip, IPv6Address):
        ip = ip.ipv4_mapped or ip
    return any(ip in network for network in settings.METRICS_FROM)


def gauges() -> list[Gauge]:
    """What the database says; whether it answers is one of them, for the others are left out."""
    try:
        figures = [*mails(), *reminders()]
    except (DatabaseError, InterfaceError):
        figures = []
    answers = "Whether the database answered."
    return [Gauge("benefits_portal_database_up", answers, bool(figures)), *figures]


def mails() -> Iterator[Gauge]:
    """Of the last day, by what became of them, and for how long the oldest one waits."""
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
    """Of the last run that came to its end; none before the first."""
    if (last := Run.objects.ended().first()) and last.ended_at:
        ended = "When reminders were last sent, in seconds since 1970."
        yield Gauge("benefits_portal_reminders_ended_at", ended, last.ended_at.timestamp())
        for what in ("made", "sent", "failed"):
            text, count = "Reminders of that run.", getattr(last, what)
            yield Gauge("benefits_portal_reminders", text, count, {"what": what})
