"""Sends somebody their reminders of today at once, as the morning would (R4, R5)."""

from dataclasses import replace
from enum import Enum, auto

from django.conf import settings

from benefits_portal import clock
from benefits_portal.tenants.models import Actor, Partner, Record, User

from .digest_maker import Maker, at_no_partner, horizon
from .due import due_at, due_of_staff
from .models import Digest, Preference, RemindersAction, Rhythm
from .mornings import LocalCalendar
from .recipients import Recipient, recipients
from .sending import send_waiting


class Answer(Enum):
    """What came of it."""

    SENT = auto()  # it leaves within seconds
    NOTHING_DUE = auto()
    WAS_SENT = auto()  # today's left already, or waits for the mail server


def send_now(user: User, partner: Partner | None, *, by: Actor) -> Answer:
    """Make today's digest of `user`, whatever the hour and however often they want one."""
    now, calendar = clock.now(), LocalCalendar.of(partner)
    on, pk = calendar.day(now), partner.pk if partner else None
    today = Digest.objects.filter(user=user, partner=partner, for_day=on)
    if today.exists():
        return Answer.WAS_SENT
    for_today = [daily(each) for each in recipients([(user.pk, pk)])]
    days = horizon(for_today)
    dues = due_at([pk], on, days) if pk else at_no_partner(due_of_staff(on, days))
    Record.objects.log(RemindersAction.ASKED_FOR, by=by, partner=partner)
    if not Maker(now).make_for(for_today, dues, {pk: calendar}, on):
        return Answer.NOTHING_DUE
    if settings.DEMO:  # nothing runs beside it, and what is sent goes to its mailbox
        send_waiting()
    return Answer.SENT


def daily(recipient: Recipient) -> Recipient:
    """The same person as one who wants a digest today."""
    chosen = recipient.preference
    preference = Preference(
        rhythm=Rhythm.DAILY, thresholds=chosen.thresholds, topics_off=chosen.topics_off
    )
    return replace(recipient, preference=preference)
