"""Random weeks of runs, missed, doubled and killed, over days that move (R1 to R6)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection

from benefits_portal.licensing.models import Subscription
from benefits_portal.reminders.models import Digest, Told
from benefits_portal.reminders.running import run
from benefits_portal.reminders.topics import THRESHOLDS
from benefits_portal.tenants.models import Partner
from tests import factories
from tests.properties import BEFORE_A_RELEASE

from .world import DAY, admin_of, ending, moment

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R1", "R2", "R3", "R5")]


class Killed(BaseException):
    """The process is gone between two statements."""


def killed_before(number: int) -> Callable[..., Any]:
    """An execute wrapper that lets `number` statements pass."""
    left = number

    def execute(run_it: Callable[..., Any], *args: Any) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise Killed
        return run_it(*args)

    return execute


@dataclass
class Machine:
    """A partner with two admins, whose subscriptions' days move, and a clock that goes on."""

    chance: Random
    partner: Partner
    at: datetime
    kills: int = 0

    def wait(self) -> None:
        """For some hours, or a week and more in which no run was possible."""
        self.at += timedelta(hours=self.chance.choice([1, 5, 12, 24, 24, 24, 30, 200]))

    def run(self) -> None:
        with time_machine.travel(self.at, tick=False):
            run()

    def run_until_killed(self) -> None:
        try:
            with connection.execute_wrapper(killed_before(self.chance.randrange(40))):
                self.run()
        except Killed:
            self.kills += 1

    def move(self) -> None:
        """A redemption moves a day, forth or back."""
        subscription = self.chance.choice(list(Subscription.objects.order_by("pk")))
        subscription.ends_on = self.at.date() + timedelta(days=self.chance.randrange(120))
        subscription.save()

    def step(self) -> None:
        acts = [self.wait, self.wait, self.run, self.run, self.run_until_killed, self.move]
        self.chance.choice(acts)()


def due_now(machine: Machine) -> set[tuple[int, Any, int]]:
    """What somebody must have been told by now, worked out anew: the nearest threshold of each."""
    today = machine.at.date()
    found = set()
    for subscription in Subscription.objects.filter(ends_on__gte=today):
        left = (subscription.ends_on - today).days
        passed = [threshold for threshold in THRESHOLDS if threshold >= left]
        found |= {(subscription.pk, subscription.ends_on, min(passed))} if passed else set()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    "seed", [*range(4), *(pytest.param(n, marks=BEFORE_A_RELEASE) for n in range(4, 200))]
)
def test_whatever_happens_each_thing_is_told_once(seed: int) -> None:
    machine = Machine(Random(seed), factories.PartnerFactory.create(), moment(DAY, 7.17))
    people = [admin_of(machine.partner) for _admin in range(2)]
    for number in range(4):
        ending(machine.partner, DAY + timedelta(days=20 * number + 5))
    for _step in range(30):
        machine.step()
    # The next two mornings nothing stands in the way
    for day in (1, 2):
        machine.at = moment(machine.at.date() + timedelta(days=1), 7.17 + day)
        machine.run()
    due = due_now(machine)
    for user in people:
        rows = Told.objects.filter(user=user, occasion="subscription-ends")
        told = set(rows.values_list("subject_id", "due_on", "threshold"))
        assert due <= told | {row for row in due if nearer(row, told)}
    delivered = Counter(message.extra_headers["Message-ID"] for message in mail.outbox)
    assert set(delivered) == set(Digest.objects.sent().values_list("message_id", flat=True))
    assert sum(delivered.values()) - len(delivered) <= machine.kills * len(people)
    assert not Digest.objects.waiting().exists()


def nearer(row: tuple[int, Any, int], told: set[tuple[int, Any, int]]) -> bool:
    """Whether a nearer threshold of the same day was told before it moved there again (R3)."""
    return any(
        (row[0], row[1], threshold) in told for threshold in THRESHOLDS if threshold < row[2]
    )
