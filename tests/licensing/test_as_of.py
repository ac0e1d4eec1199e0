"""What a subscription ran for on any day, in Python and in SQL: one table of days (H1, L7)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import Subscription, Term, entitled
from benefits_portal.licensing.models.as_of import annotated_run, ledger_of, run_on
from benefits_portal.licensing.models.license_shortage import SubscriptionWithLedger
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Actor
from tests.factories import (
    TODAY,
    SubscriptionFactory,
    bought,
    key_for,
    order,
    redeem,
    replace,
)

pytestmark = [pytest.mark.django_db, pytest.mark.rule("H1")]

DAY = timedelta(days=1)
BY = Actor()


def again(subscription: Subscription) -> Subscription:
    """As it is now: a verb changes the locked row."""
    return Subscription.objects.get(pk=subscription.pk)


def redeemed() -> Subscription:
    """25 licenses from TODAY on, 12 months."""
    return redeem().subscription


def extended() -> Subscription:
    """25 more days later, for twice as long."""
    subscription = redeemed()
    subscription.extend(key_for(subscription), by=BY, on=TODAY + 10 * DAY)
    return again(subscription)


def ordered() -> Subscription:
    """Several keys on one day: what the last step made counts."""
    return again(order().subscription)


def reversed_later() -> Subscription:
    """A key added on day 10 and taken back on day 20."""
    subscription = redeemed()
    added = subscription.add_licenses(key_for(subscription), by=BY, on=TODAY + 10 * DAY)
    replace(added, on=TODAY + 20 * DAY)
    return again(subscription)


def reversed_and_built_on() -> Subscription:
    """And another one added on day 25."""
    subscription = reversed_later()
    subscription.add_licenses(key_for(subscription, 5), by=BY, on=TODAY + 25 * DAY)
    return again(subscription)


def reversed_the_same_day() -> Subscription:
    subscription = redeemed()
    added = subscription.add_licenses(key_for(subscription), by=BY, on=TODAY + 10 * DAY)
    replace(added, on=TODAY + 10 * DAY)
    return again(subscription)


def withdrawn() -> Subscription:
    """Its only key was taken back on day 20."""
    redemption = redeem()
    replace(redemption, on=TODAY + 20 * DAY)
    return again(redemption.subscription)


def reactivated() -> Subscription:
    """It ended, was Expired for ten days, and came back with the licenses of another key."""
    subscription = bought(ends_on=TODAY)
    subscription.reactivate(key_for(subscription, 5), by=BY, on=TODAY + 10 * DAY)
    return again(subscription)


def imported() -> Subscription:
    """Without a redemption: it runs since its first day."""
    return SubscriptionFactory.create(starts_on=TODAY, ends_on=TODAY + 365 * DAY)


def imported_and_extended() -> Subscription:
    """What it ran for before its first redemption stands in that one."""
    subscription = imported()
    subscription.extend(key_for(subscription), by=BY, on=TODAY + 10 * DAY)
    return again(subscription)


LIVES: list[Callable[[], Subscription]] = [
    redeemed,
    extended,
    ordered,
    reversed_later,
    reversed_and_built_on,
    reversed_the_same_day,
    withdrawn,
    reactivated,
    imported,
    imported_and_extended,
]
# Before, on and after each day on which something happened
EDGES = sorted({TODAY + edge * DAY + side * DAY for edge in (0, 10, 20, 25) for side in (-1, 0, 1)})
each_life = pytest.mark.parametrize("life", LIVES, ids=lambda life: life.__name__)


def edges_of(subscription: Subscription) -> list[date]:
    """EDGES, and those at which its status changes (S2)."""
    ends = [subscription.ends_on + timedelta(days=after) for after in (0, 30, 120)]
    return [*EDGES, *(end + side * DAY for end in ends for side in (-1, 0, 1, 2))]


def term_on(subscription: Subscription, day: date) -> Term | None:
    run = run_on(subscription, ledger_of.rows(subscription.pk), day)
    return run.term if run else None


def in_sql(subscription: Subscription, day: date) -> Term | None:
    there: Any = Subscription.objects.as_they_were(day).filter(pk=subscription.pk)
    row = there.filter(is_kept_then=True).first()
    return annotated_run(row).term if row else None


@each_life
def test_the_term_of_a_day_is_the_same_in_python_and_in_sql(
    life: Callable[[], Subscription],
) -> None:
    subscription = life()
    days = edges_of(subscription)
    assert [in_sql(subscription, day) for day in days] == [
        term_on(subscription, day) for day in days
    ]


@each_life
def test_the_term_of_a_future_day_is_what_runs(life: Callable[[], Subscription]) -> None:
    subscription = life()
    runs = None if subscription.withdrawn_on else subscription.term
    assert term_on(subscription, TODAY + 1000 * DAY) == runs


def licenses_on(subscription: Subscription, *days_after: int) -> list[int | None]:
    terms = [term_on(subscription, TODAY + days * DAY) for days in days_after]
    return [term.licenses if term else None for term in terms]


def test_before_its_first_redemption_it_was_not_there() -> None:
    assert licenses_on(redeemed(), -1, 0) == [None, 25]


def test_a_redemption_counts_from_its_own_day_on() -> None:
    subscription = extended()
    before, after = term_on(subscription, TODAY + 9 * DAY), term_on(subscription, TODAY + 10 * DAY)
    assert (before, after) == (
        end_dates.activated(25, TODAY),
        end_dates.extended(end_dates.activated(25, TODAY), 25),
    )


def test_of_an_order_the_last_step_counts() -> None:
    subscription = ordered()
    assert term_on(subscription, TODAY) == subscription.term
    assert subscription.redemptions.filter(redeemed_on=TODAY).count() == 3


def test_a_reversal_counts_from_its_own_day_on() -> None:
    assert licenses_on(reversed_later(), 9, 10, 19, 20) == [25, 50, 50, 25]


def test_what_was_reversed_the_same_day_never_counted() -> None:
    assert licenses_on(reversed_the_same_day(), 9, 10, 11) == [25, 25, 25]


def test_what_follows_a_reversal_counts_too() -> None:
    assert licenses_on(reversed_and_built_on(), 10, 20, 24, 25) == [50, 25, 25, 30]


def test_what_was_withdrawn_ran_until_the_day_before() -> None:
    assert licenses_on(withdrawn(), 0, 19, 20) == [25, 25, None]


def test_what_was_imported_runs_from_its_first_day() -> None:
    assert licenses_on(imported(), -1, 0) == [None, 25]


def test_what_ran_before_the_first_redemption_stands_in_it() -> None:
    subscription = imported_and_extended()
    ends = [term_on(subscription, TODAY + days * DAY) for days in (0, 9, 10)]
    assert [term.ends_on for term in ends if term] == [
        TODAY + 365 * DAY,
        TODAY + 365 * DAY,
        subscription.ends_on,
    ]


@pytest.mark.parametrize("on", EDGES, ids=str)
def test_the_first_day_of_what_ran_is_known_too(on: date) -> None:
    subscription = reactivated()
    row: Any = Subscription.objects.as_they_were(on).get(pk=subscription.pk)
    assert row.starts_on_then == (
        subscription.starts_on if on >= TODAY + 10 * DAY else TODAY.replace(year=2020)
    )


@pytest.mark.rule("L7")
@each_life
def test_the_licenses_of_a_day_are_the_same_in_python_and_in_sql(
    life: Callable[[], Subscription],
) -> None:
    subscription = life()
    days = edges_of(subscription)
    tenant, product = subscription.tenant, subscription.product
    in_python = SubscriptionWithLedger(subscription, ledger_of.rows(subscription.pk))
    assert [entitled(tenant, product, day) for day in days] == [
        in_python.entitled(day) for day in days
    ]


@pytest.mark.rule("L6", "L7")
def test_licenses_are_those_of_all_subscriptions_active_or_expired() -> None:
    subscription = redeemed()
    place = {"tenant": subscription.tenant, "product": subscription.product}
    for licenses, ended in ((7, 0), (11, 30), (13, 31)):
        SubscriptionFactory.create(licenses=licenses, ends_on=TODAY - ended * DAY, **place)
    SubscriptionFactory.create(tenant=subscription.tenant)
    assert entitled(subscription.tenant, subscription.product, TODAY) == 25 + 7 + 11


def test_the_terms_of_fifty_subscriptions_take_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    subscription = reversed_later()
    SubscriptionFactory.create_batch(49, tenant=subscription.tenant)
    with django_assert_num_queries(1):
        rows = list(Subscription.objects.as_they_were(TODAY + 15 * DAY))
    assert [row.licenses_then for row in rows].count(50) == 1  # type: ignore[attr-defined]


def test_the_steps_of_an_order_are_of_both_kinds() -> None:
    kinds = set(ordered().redemptions.values_list("way", flat=True))
    assert kinds == {RedemptionKind.NEW, RedemptionKind.EXTEND, RedemptionKind.ADD}
