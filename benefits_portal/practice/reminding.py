"""Moving a practice partner's calendar sends what is due on the day it is moved to, once (R5)."""

from datetime import date

from benefits_portal import clock
from benefits_portal.reminders.digest_maker import DigestMaker
from benefits_portal.reminders.models import Digest
from benefits_portal.reminders.mornings import LocalCalendar
from benefits_portal.reminders.sending import send_waiting
from benefits_portal.tenants.models import Partner


def remind(partner: Partner) -> int:
    """Send to each at `partner` one mail for its day, whatever the hour; how many were sent.

    Days that were skipped are none on which anybody was there: a year's move is one mail.
    """
    partner.refresh_from_db(fields=["days_ahead"])
    return remind_all([partner])


def remind_all(partners: list[Partner]) -> int:
    """The same at each of `partners`, which are on the same day."""
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
