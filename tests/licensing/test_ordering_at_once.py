"""Orders that share keys, at one instant: each key once, no deadlock (O12, K2).

Each guard is also switched off, to show that these tests would notice.
"""

import random
from collections import Counter
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.db.models import QuerySet

from benefits_portal.benefits.models import ProductKey, several_keys
from benefits_portal.licensing.models import Order, Redemption, Subscription
from benefits_portal.licensing.order_quotes import OrderStep
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Actor
from tests.factories import TODAY, bought, key_for
from tests.properties import BEFORE_A_RELEASE
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("O12", "K2"),
    pytest.mark.usefixtures("consistent"),
]

EXTEND, ADD = RedemptionKind.EXTEND, RedemptionKind.ADD
A_CROWD = 30 if IS_POSTGRES else 8
A_BIG_CROWD = 200 if IS_POSTGRES else 32
needs_row_locks = pytest.mark.skipif(
    not IS_POSTGRES, reason="SQLite has one writer at a time: BEGIN IMMEDIATE is its guard"
)


def ordering(subscription: Subscription, keys: list[ProductKey], by: Actor) -> Any:
    """An order of `keys`, extending and adding by turns."""
    steps = [OrderStep(ADD if number % 2 else EXTEND, key) for number, key in enumerate(keys)]
    return partial(Order.redeem, subscription, steps, tenant=subscription.tenant, by=by, on=TODAY)


def kinds(outcomes: list[Any]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


@pytest.mark.parametrize("crowd", [A_CROWD, pytest.param(A_BIG_CROWD, marks=BEFORE_A_RELEASE)])
def test_orders_that_share_keys_at_once_redeem_each_key_once(by: Actor, crowd: int) -> None:
    """Each in an order of its own, for two subscriptions of one product."""
    first = bought(licenses=100, ends_on=date(2021, 8, 31))
    other = bought(
        licenses=60, ends_on=date(2021, 9, 30), partner=first.partner, product=first.product
    )
    keys = [key_for(first, 1 + number % 7) for number in range(12)]
    chance = random.Random(20210501)
    tasks = [
        ordering(first if number % 2 else other, chance.sample(keys, chance.randint(2, 6)), by)
        for number in range(crowd)
    ]
    outcomes = at_once(tasks)
    done = [outcome for outcome in outcomes if isinstance(outcome, Order)]
    assert done
    assert kinds(outcomes) == {"Order": len(done), "RefusedInOrder": crowd - len(done)}
    redeemed = Redemption.objects.exclude(order=None)
    spent = set(ProductKey.objects.filter(pk__in=[key.pk for key in keys]).redeemed())
    assert {redemption.key for redemption in redeemed} == spent
    assert set(Order.objects.all()) == set(done)


@pytest.mark.rule("O13")
def test_the_same_order_many_times_at_once_is_one_order_for_all(by: Actor) -> None:
    subscription = bought(licenses=100, ends_on=date(2021, 8, 31))
    keys = [key_for(subscription, licenses) for licenses in (5, 7, 9)]
    task = ordering(subscription, keys, by)
    quote = Order.quote(subscription, task.args[1], TODAY)
    outcomes = at_once([partial(task, quote=quote)] * 10)
    assert kinds(outcomes) == {"Order": 10}
    assert len(set(outcomes)) == Order.objects.count() == 1
    assert Redemption.objects.filter(order=outcomes[0]).count() == 3


def test_orders_and_single_redemptions_at_once_leave_a_ledger_without_a_gap(by: Actor) -> None:
    subscription = bought(licenses=100, ends_on=date(2021, 8, 31))
    keys = [key_for(subscription, 1 + number) for number in range(9)]
    tasks = [
        ordering(subscription, keys[:3], by),
        ordering(subscription, keys[5:2:-1], by),
        *(partial(subscription.extend, key, by=by, on=TODAY) for key in keys[6:]),
        partial(subscription.add_licenses, keys[0], by=by, on=TODAY),
    ]
    outcomes = at_once(tasks)
    assert kinds(outcomes)["Order"] + kinds(outcomes)["RefusedInOrder"] == 2
    spent = ProductKey.objects.filter(pk__in=[key.pk for key in keys]).redeemed().count()
    assert spent == Redemption.objects.filter(key__in=keys).count()


# With a guard switched off


@needs_row_locks
def test_without_one_order_of_locks_two_orders_wait_in_a_circle(
    monkeypatch: pytest.MonkeyPatch, by: Actor
) -> None:
    """Locked in the order typed instead of by primary key, one of two is a deadlock."""
    subscription = bought(licenses=100, ends_on=date(2021, 8, 31))
    keys = [key_for(subscription, licenses) for licenses in (5, 7)]
    both_hold_one = Rendezvous(2)

    def in_the_order_typed(pks: list[int], partners: list[int]) -> dict[int, ProductKey]:
        found = several_keys.lock_together(pks[:1], partners)
        both_hold_one.wait()
        return found | several_keys.lock_together(pks[1:], partners)

    monkeypatch.setattr("benefits_portal.licensing.models.order.lock_together", in_the_order_typed)
    outcomes = at_once([ordering(subscription, keys, by), ordering(subscription, keys[::-1], by)])
    assert kinds(outcomes) == {"Order": 1, "OperationalError": 1}


@needs_row_locks
def test_without_row_locks_the_one_update_still_spends_a_key_once(
    monkeypatch: pytest.MonkeyPatch, by: Actor
) -> None:
    """Of two orders that both found the keys unspent, the claim lets one through."""
    subscription = bought(licenses=100, ends_on=date(2021, 8, 31))
    keys = [key_for(subscription, licenses) for licenses in (5, 7)]
    both_have_read, claim = Rendezvous(2), several_keys.claim_together

    def claim_after_both_have_read(*args: Any, **options: Any) -> None:
        both_have_read.wait()
        claim(*args, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)
    monkeypatch.setattr(
        "benefits_portal.licensing.models.order.claim_together", claim_after_both_have_read
    )
    outcomes = at_once([ordering(subscription, keys, by)] * 2)
    assert kinds(outcomes) == {"Order": 1, "KeyAlreadyRedeemed": 1}
    assert Redemption.objects.filter(key__in=keys).count() == 2
