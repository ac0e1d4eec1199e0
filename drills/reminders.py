"""Runs of reminders that are missed, doubled, six at once, and killed (-9) at random moments.

Each person is told once of each thing, its date and threshold, whatever happened; a mail comes once
more at most for each kill.
"""

import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from os import environ
from pathlib import Path
from typing import Any

from django.db import connections

from benefits_portal import clock
from benefits_portal.licensing.models import Subscription
from benefits_portal.reminders.models import Digest, Told
from benefits_portal.reminders.sending import MARKED_AT_ONCE
from benefits_portal.reminders.topics import MAX_DAYS_AFTER, THRESHOLDS
from benefits_portal.tenants.models import Role
from drills.mailbox import Mailbox
from drills.people import table
from drills.servers import PROJECT, Postgres, environment, until
from tests import factories

TEN_PAST_SEVEN, AGAIN = time_of_day(7, 10), timedelta(minutes=65)
PEOPLE, THINGS, TOGETHER = 2, 6, 6
DAYS = 125  # over which the things end
PAUSE = 0.004  # seconds that the mail server takes for a mail
HALF = 0.5

type Thing = tuple[str, int, date, int]  # an occasion, its subject and date, and a threshold


@dataclass
class Drill:
    """The runs, each a process of its own at a moment of the drill's own clock."""

    url: str
    mailbox: Mailbox
    chance: random.Random
    today: date
    days: list[date] = field(default_factory=list)  # on which a run came to its end
    kills: int = 0
    rows: list[list[Any]] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def start(self, at: datetime) -> subprocess.Popen[str]:
        """A run that has begun to work."""
        known = {**environ, **environment(self.url), **self.mailbox.env}
        command = [sys.executable, "-m", "drills.moved_clock", at.isoformat(), "send_reminders"]
        process = subprocess.Popen(
            command, cwd=PROJECT, env=known, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        process.stdout.readline()
        return process

    def day(self, what: str, days_later: int, *, together: int = 1, kills: int = 0) -> None:
        """A day `days_later`, on which `together` run at once after some were killed."""
        self.today += timedelta(days=days_later)
        at = datetime.combine(self.today, TEN_PAST_SEVEN, UTC)
        mails, killed, began = len(self.mailbox.mails), 0, time.monotonic()
        for _kill in range(kills):
            killed += self.kill_one(at)
            at += AGAIN
        for _again in range(2):  # an hour later the same again: nothing is left
            finish([self.start(at) for _run in range(together)])
            at += AGAIN
        self.kills += killed
        self.days.append(self.today)
        came = Counter(mail.message_id for mail in self.mailbox.mails[mails:])
        again, seconds = came.total() - len(came), time.monotonic() - began
        missed = max(days_later - 1, 0)
        self.rows.append([what, missed, together, killed, len(came), again, seconds])
        if again > killed * MARKED_AT_ONCE:
            self.wrong.append(f"{what}: {again} mails came once more")

    def kill_one(self, at: datetime) -> bool:
        """Kill a run while it makes digests or sends them; False if it ended before."""
        process, mails = self.start(at), len(self.mailbox.mails)
        if self.chance.random() < HALF:
            time.sleep(self.chance.uniform(0, 1))
        else:
            wanted = mails + self.chance.randrange(1, 30)
            until(lambda: len(self.mailbox.mails) >= wanted or process.poll() is not None, 60)
            time.sleep(self.chance.uniform(0, 3 * PAUSE))
        was_running = process.poll() is None
        process.kill()
        process.wait()
        return was_running


def main(place: Path, postgres: Postgres, partners: int = 100, kills: int = 30) -> bool:
    make(partners)
    connections.close_all()
    with Mailbox(PAUSE) as mailbox:
        drill = Drill(postgres.url, mailbox, random.Random(1), clock.today())
        few = kills // 3
        drill.day("killed on the first day", 0, kills=few)
        drill.day("on time", 1)
        drill.day("doubled", 1, together=2)
        drill.day("down for a day", 2)
        drill.day("six at once", 1, together=TOGETHER)
        drill.day("down for 7 days, killed", 8, kills=few)
        drill.day("down for 60 days, killed, six at once", 61, together=TOGETHER, kills=few)
        drill.day("down for 60 days", 61)
    print(
        table(
            ["what happened", "days missed", "at once", "killed", "mails", "again", "seconds"],
            drill.rows,
        )
    )
    wrong = [*drill.wrong, *faults(drill)]
    print(
        f"\n{Told.objects.count():,} things told in {Digest.objects.count():,} mails, "
        f"{drill.kills} kills; faults: {wrong or 'none'}."
    )
    connections.close_all()
    return not wrong and drill.kills > 0


def make(partners: int) -> None:
    """Each with two admins and six subscriptions, whose last days lie evenly in four months."""
    for number in range(partners):
        tenant = factories.TenantFactory.create(is_primary=True)
        for _person in range(PEOPLE):
            user = factories.UserFactory.create(directory_user=None, password=None)
            factories.RoleAssignmentFactory.create(
                user=user, partner=tenant.partner, role=Role.PARTNER_ADMIN
            )
        for thing in range(THINGS):
            days = (thing * DAYS // THINGS + number) % DAYS - 5
            ends_on = clock.today() + timedelta(days=days)
            factories.SubscriptionFactory.create(tenant=tenant, ends_on=ends_on)


def finish(processes: Iterable[subprocess.Popen[str]]) -> None:
    for process in processes:
        output, _error = process.communicate(timeout=300)
        if process.returncode:
            raise RuntimeError(f"A run ended with {process.returncode}: {output}")


def faults(drill: Drill) -> Iterator[str]:
    """What is not as it was promised."""
    due = {pk: set(told_in(days_of(ends_on), drill.days)) for pk, ends_on in ends()}
    told: defaultdict[tuple[int, int], list[Thing]] = defaultdict(list)
    rows = Told.objects.values_list("user", "occasion", "subject_id", "due_on", "threshold")
    for user, occasion, subject, due_on, threshold in rows:
        told[user, subject].append((occasion, subject, due_on, threshold))
    for (user, subject), things in told.items():
        expected = {(name, subject, day, threshold) for name, day, threshold in due[subject]}
        if Counter(things) != Counter(expected):
            yield f"{user} was told {sorted(things)} instead of {sorted(expected)}"
    if len(told) != PEOPLE * sum(1 for things in due.values() if things):
        yield "somebody was told nothing of a thing"
    yield from faults_of_mails(drill)


def faults_of_mails(drill: Drill) -> Iterator[str]:
    came = Counter(mail.message_id for mail in drill.mailbox.mails)
    if set(came) != set(Digest.objects.sent().values_list("message_id", flat=True)):
        yield "the mails that came are not those that were sent"
    if Digest.objects.exclude(sent_at__isnull=False).exists():
        yield "some mails were not sent"
    if max(came.values(), default=0) > 1 + drill.kills:
        yield "a mail came more often than once and once more for each kill"
    texts = {mail.message_id: mail.text for mail in drill.mailbox.mails}
    names = dict(Subscription.objects.values_list("pk", "product_name"))
    missing = [
        subject
        for message_id, subject in Told.objects.values_list("digest__message_id", "subject_id")
        if f"{names[subject]}," not in texts.get(message_id, "")
    ]
    if missing:
        yield f"{len(missing)} things are not in their mails"


def ends() -> list[tuple[int, date]]:
    return list(Subscription.objects.values_list("pk", "ends_on"))


def days_of(ends_on: date) -> list[tuple[str, date, date]]:
    """Each occasion with its day, and the day from which on it is known (S2)."""
    disabled = ends_on + timedelta(days=30)
    deleted = disabled + timedelta(days=90)
    return [
        ("subscription-ends", ends_on, date.min),
        ("subscription-disabled", disabled, ends_on + timedelta(days=1)),
        ("subscription-deleted", deleted, disabled + timedelta(days=1)),
    ]


def told_in(
    known: list[tuple[str, date, date]], days: list[date]
) -> Iterator[tuple[str, date, int]]:
    """What a person is told of a thing in runs on `days`: worked out anew, from the rules."""
    for occasion, due_on, since in known:
        nearest = max(THRESHOLDS) + 1
        for day in days:
            left = (due_on - day).days
            passed = [each for each in THRESHOLDS if each >= left >= 0]
            if occasion == "subscription-disabled" and -MAX_DAYS_AFTER <= left < 0:
                passed = [-1]
            if day >= since and passed and min(passed) < nearest:
                nearest = min(passed)
                yield occasion, due_on, nearest
