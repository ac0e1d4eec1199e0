"""Sends the digests that wait, some at a time, with no lock held meanwhile (R6).

A digest is claimed before it is sent, and marked as sent afterwards. Killed between the two, it is
sent again an hour later with the same Message-ID, by which mailboxes drop the double.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.core.mail import EmailMultiAlternatives
from django.db import transaction

from benefits_portal import clock
from benefits_portal.tenants.outbox import DEADLINE, deadline

from .digest_messages import messages_of
from .models import Digest, Told
from .models.digest import NOBODY
from .mornings import LocalCalendar

BATCH = 100  # claimed at a time, in less than the lease even if each takes as long as it may
MARKED_AT_ONCE = 10  # as many may come twice if the process is killed
MAX_AWAY = 3  # so many in a row that the server did not take: it is away, or ill
GIVE_UP_AFTER = timedelta(days=3)

_log = logging.getLogger(__name__)


@dataclass
class Outcome:
    """How many left, and how many did not this time."""

    sent: int = 0
    failed: int = 0


def send_waiting() -> Outcome:
    """Send what is to be tried now, until nothing is or the mail server is away."""
    outcome = Outcome()
    while digests := Digest.objects.claim(clock.now(), BATCH):
        if not send_batch(digests, outcome):
            break
    return outcome


def send_batch(digests: Sequence[Digest], outcome: Outcome) -> bool:
    """Send claimed digests one after the other; False once the server is away."""
    messages, sent, in_a_row = messages_of(digests, clock.now()), [], 0
    for digest in digests:
        message = messages.get(digest.pk)
        if message is None:
            give_up(digest, NOBODY)
            continue
        problem = "MailServerAway" if in_a_row >= MAX_AWAY else send(digest, message)
        if problem:
            in_a_row += 1
            outcome.failed += 1
            fail(digest, problem)
            continue
        in_a_row = 0
        sent.append(digest.pk)
        outcome.sent += 1
        if len(sent) >= MARKED_AT_ONCE:
            Digest.objects.mark_sent(sent, clock.now())
            sent = []
    Digest.objects.mark_sent(sent, clock.now())
    return in_a_row < MAX_AWAY


def send(digest: Digest, message: EmailMultiAlternatives) -> str:
    """What kept it from being sent, as the name of an error; empty where nothing did."""
    try:
        with deadline(DEADLINE):
            message.send()
    except Exception as problem:  # whatever a mail server, or the network before it, can do
        _log.warning("Reminders were not sent, try %d", digest.tries, exc_info=True)
        return type(problem).__name__
    return ""


def fail(digest: Digest, problem: str) -> None:
    """Try again later, not at night; after three days what it held is due again."""
    now = clock.now()
    if now >= digest.made_at + GIVE_UP_AFTER:
        give_up(digest, problem)
        return
    digest.problem = problem
    next_try_at = LocalCalendar.of(digest.partner).not_at_night(now + digest.pause)
    digest.next_try_at = next_try_at
    digest.save(update_fields=["problem", "next_try_at"])


def give_up(digest: Digest, problem: str) -> None:
    """It is over, and what it held counts as not told."""
    with transaction.atomic():
        Told.objects.filter(digest=digest).delete()
        digest.problem, digest.next_try_at, digest.gave_up_at = problem, None, clock.now()
        digest.save(update_fields=["problem", "next_try_at", "gave_up_at"])
