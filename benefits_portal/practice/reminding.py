"""Send the reminders that are due when a practice partner's calendar is moved (R5)."""

from datetime import date

from benefits_portal import clock
from benefits_portal.reminders.digest_maker import DigestMaker
from benefits_portal.reminders.models import Digest
from benefits_portal.reminders.mornings import LocalCalendar
from benefits_portal.reminders.sending import send_waiting
from benefits_portal.tenants.models import Partner


def remind(partner: Partner) -> int:
    """Send each person at `partner` one email for its new day, at any hour; return how many.

    Skipped days get no email of their own: a move by a year sends one.
    """
    partner.refresh_from_db(fields=["days_ahead"])
    return remind_all([partner])


def remind_all(partners: list[Partner]) -> int:
    """The same for several partners."""
    now = clock.now()
    calendars: dict[date, dict[int | None, LocalCalendar]] = {}
    for partner in partners:
        partner.refresh_from_db(fields=["days_ahead"])
        calendar = LocalCalendar.of(partner)
        calendars.setdefault(calendar.day(now), {})[partner.pk] = calendar
    for day, of_day in calendars.items():
        DigestMaker(now).make_at(of_day, day)
    Digest.objects.waiting().filter(partner__in=partners).update(next_try_at=now)
    return send_waiting().sent
