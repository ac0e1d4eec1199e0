"""Killed in the middle of redeeming: no key spent without its redemption (K2).

And no redemption without its effect.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from django.db import connection

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Order, Redemption, Subscription
from benefits_portal.licensing.terms import Term
from benefits_portal.tenants.models import Record
from tests.agreement import findings
from tests.factories import SubscriptionFactory, bought, key_for
from tests.licensing.redeem_until_killed import GONE
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("K2", "A1"),
]

PROJECT = Path(__file__).parents[2]
KILLS = 50


def url_of_the_tests_own_database() -> str:
    """Where the tests' own database is, for a process of its own."""
    name = str(connection.settings_dict["NAME"])
    url = os.environ["DATABASE_URL"]
    return url.replace("/postgres?", f"/{name}?") if IS_POSTGRES else f"sqlite:///{name}"


@contextmanager
def redeemer(subscription: Subscription, *keys: int) -> Iterator[subprocess.Popen[str]]:
    """A process whose children redeem, one for each line that it is sent; orders of `keys`."""
    with subprocess.Popen(
        [
            sys.executable,
            *("-m", "tests.licensing.redeem_until_killed", str(subscription.pk)),
            *map(str, keys),
        ],
        cwd=PROJECT,
        env={**os.environ, "DATABASE_URL": url_of_the_tests_own_database()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process


def redeem_and_kill(process: subprocess.Popen[str], done: int, after: float) -> list[int]:
    """All that a child had confirmed when it was killed.

    It confirms `done` redemptions first, and goes on for `after` seconds.
    """
    assert process.stdin
    assert process.stdout
    process.stdin.write("\n")
    process.stdin.flush()
    child = int(process.stdout.readline())
    confirmed = [process.stdout.readline() for _ in range(done)]
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    return [int(line) for line in [*confirmed, *iter(process.stdout.readline, f"{GONE}\n")]]


@pytest.mark.release  # with every change a few processes are killed by `drills killed`
def test_killed_time_and_again_nothing_is_half_done() -> None:
    subscription = SubscriptionFactory.create(licenses=500, ends_on=date(2021, 6, 30))
    chance = random.Random(20210501)
    confirmed: list[int] = []
    with redeemer(subscription) as process:
        for _ in range(KILLS):
            while ProductKey.objects.filter(redeemed_at=None).count() < 30:
                key_for(subscription, chance.randint(1, 12))
            confirmed += redeem_and_kill(
                process, done=chance.randint(0, 2), after=chance.uniform(0.0, 0.03)
            )

    redemptions = list(Redemption.objects.order_by("pk"))
    spent = set(ProductKey.objects.filter(redeemed_at__isnull=False).values_list("pk", flat=True))
    assert {redemption.key_id for redemption in redemptions} == spent
    assert set(confirmed) <= {redemption.pk for redemption in redemptions}, (
        "what was confirmed is there"
    )
    assert Record.objects.filter(action="licensing.extend", refused="").count() == len(redemptions)

    replayed = Term(500, date(2021, 6, 30))
    for redemption in redemptions:
        assert redemption.before == replayed
        replayed = end_dates.extended(replayed, redemption.key_licenses)
    subscription.refresh_from_db()
    assert subscription.term == replayed


KEYS = 5


@pytest.mark.release
@pytest.mark.rule("O9", "O12")
def test_killed_time_and_again_an_order_is_whole_or_not_there() -> None:
    subscription = bought(licenses=500, ends_on=date(2021, 6, 30))
    chance = random.Random(20210501)
    confirmed: list[int] = []
    with redeemer(subscription, KEYS) as process:
        for _ in range(KILLS):
            while ProductKey.objects.filter(redeemed_at=None).count() < 6 * KEYS:
                key_for(subscription, chance.randint(1, 12))
            confirmed += redeem_and_kill(
                process, done=chance.randint(0, 1), after=chance.uniform(0.0, 0.1)
            )

    orders = set(Order.objects.values_list("pk", flat=True))
    assert set(confirmed) <= orders, "what was confirmed is there"
    assert Record.objects.filter(action="licensing.order", refused="").count() == len(orders)
    steps = Redemption.objects.exclude(order=None)
    assert steps.count() == KEYS * len(orders)
    spent = ProductKey.objects.filter(product=subscription.product).redeemed()
    assert spent.count() == steps.count() + 1, "and the key that brought the subscription"
    assert findings() == {}
