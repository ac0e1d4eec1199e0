"""Sends waiting digests in batches, without holding a lock (R6).

A digest is claimed before it is sent, and marked as sent afterwards. If the process is killed in
between, it is sent again an hour later with the same Message-ID, so that mailboxes drop the
duplicate.
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

BATCH = 100  # digests claimed at a time: sent within the lease even if each meets its deadline
MARKED_AT_ONCE = 10  # digests; at most this many arrive twice if the process is killed
MAX_AWAY = 3  # failures in a row after which the mail server counts as unavailable
GIVE_UP_AFTER = timedelta(days=3)

_log = logging.getLogger(__name__)


@dataclass
class Outcome:
    """How many digests were sent, and how many attempts failed."""

    sent: int = 0
    failed: int = 0


def send_waiting() -> Outcome:
    """Send the digests to be tried now, until none is left or the mail server is unavailable."""
    outcome = Outcome()
    while digests := Digest.objects.claim(clock.now(), BATCH):
        if not send_batch(digests, outcome):
            break
    return outcome


def send_batch(digests: Sequence[Digest], outcome: Outcome) -> bool:
    """Send claimed digests one by one; False if the mail server became unavailable."""
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
    """Send one email; the name of the error if that failed, else empty."""
    try:
        with deadline(DEADLINE):
            message.send()
    except Exception as problem:  # a mail server or the network may raise anything
        _log.warning("Reminders were not sent, try %d", digest.tries, exc_info=True)
        return type(problem).__name__
    return ""


def fail(digest: Digest, problem: str) -> None:
    """Schedule the next try, not at night; give up after three days (R6)."""
    now = clock.now()
    if now >= digest.made_at + GIVE_UP_AFTER:
        give_up(digest, problem)
        return
    digest.problem = problem
    next_try_at = LocalCalendar.of(digest.partner).not_at_night(now + digest.pause)
    digest.next_try_at = next_try_at
    digest.save(update_fields=["problem", "next_try_at"])


def give_up(digest: Digest, problem: str) -> None:
    """End `digest` without sending it; what it told counts as untold and is due again (R6)."""
    with transaction.atomic():
        Told.objects.filter(digest=digest).delete()
        digest.problem, digest.next_try_at, digest.gave_up_at = problem, None, clock.now()
        digest.save(update_fields=["problem", "next_try_at", "gave_up_at"])
