"""*Send today's email now*: a person's digest of today at once (R4, R5)."""

from dataclasses import replace
from enum import Enum, auto

from django.conf import settings
from django.db import transaction

from benefits_portal import clock
from benefits_portal.tenants.models import Actor, Partner, Record, User

from .digest_maker import DigestMaker, horizon, without_partner
from .due import due_at, due_of_staff
from .models import Digest, Preference, RemindersAction, Rhythm
from .mornings import LocalCalendar
from .recipients import Recipient, recipients
from .sending import send_waiting


class SendResult(Enum):
    SENT = auto()  # or about to be sent
    NOTHING_DUE = auto()
    WAS_SENT = auto()  # today's digest exists already, sent or waiting


def send_now(user: User, partner: Partner | None, *, by: Actor) -> SendResult:
    """Make today's digest of `user`, whatever the hour and their rhythm.

    Asked for twice, as by a double click, it is made once and answered the same (W11).
    """
    with transaction.atomic():
        # One after the other: two at once would both ask
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        result = make_now(user, partner, by=by)
    if settings.DEMO and result is SendResult.SENT:  # no other process sends it
        send_waiting()
    return result


def make_now(user: User, partner: Partner | None, *, by: Actor) -> SendResult:
    now, calendar = clock.now(), LocalCalendar.of(partner)
    on, pk = calendar.day(now), partner.pk if partner else None
    was_asked = Record.objects.has_just(RemindersAction.ASKED_FOR, by=by, partner=partner)
    if Digest.objects.filter(user=user, partner=partner, for_day=on).exists():
        return SendResult.SENT if was_asked else SendResult.WAS_SENT
    for_today = [daily(each) for each in recipients([(user.pk, pk)])]
    days = horizon(for_today)
    dues = due_at([pk], on, days) if pk else without_partner(due_of_staff(on, days))
    if not was_asked:
        Record.objects.log(RemindersAction.ASKED_FOR, by=by, partner=partner)
    if not DigestMaker(now).make_for(for_today, dues, {pk: calendar}, on):
        return SendResult.NOTHING_DUE
    return SendResult.SENT


def daily(recipient: Recipient) -> Recipient:
    """`recipient` with a daily rhythm."""
    chosen = recipient.preference
    preference = Preference(
        rhythm=Rhythm.DAILY, thresholds=chosen.thresholds, topics_off=chosen.topics_off
    )
    return replace(recipient, preference=preference)
