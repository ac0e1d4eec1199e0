"""Moving a practice partner's calendar sends what is due on the day it is moved to, once (R5)."""

from benefits_portal import clock
from benefits_portal.reminders.making import Maker
from benefits_portal.reminders.models import Digest
from benefits_portal.reminders.mornings import LocalCalendar
from benefits_portal.reminders.sending import send_waiting
from benefits_portal.tenants.models import Partner


def remind(partner: Partner) -> int:
    """Send to each at `partner` one mail for its day, whatever the hour; how many were sent.

    Days that were skipped are none on which anybody was there: a year's move is one mail.
    """
    partner.refresh_from_db(fields=["days_ahead"])
    now, calendar = clock.now(), LocalCalendar.of(partner)
    Maker(now).make_at({partner.pk: calendar}, calendar.day(now))
    Digest.objects.waiting().filter(partner=partner).update(next_try_at=now)
    return send_waiting().sent
