"""What must hold for every subscription, key and day (rules S1, S4 to S7)."""

from datetime import date, timedelta

import pytest
from hypothesis import assume
from hypothesis import strategies as st

from benefits_portal.dates import add_months
from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.models import Subscription, Term
from tests.properties import for_all

rule = pytest.mark.rule

FIRST, LAST = date(2015, 1, 1), date(2045, 12, 31)
MONTH_ENDS = [
    date(2024, 2, 29),
    date(2023, 2, 28),
    date(2023, 8, 31),
    date(2023, 4, 30),
    date(2023, 12, 31),
    date(2024, 1, 29),
]
days = st.dates(FIRST, LAST) | st.sampled_from(MONTH_ENDS)
sizes = st.integers(1, 12) | st.integers(1, 5_000)
days_left = st.just(0) | st.integers(0, 3_000)


@st.composite
def subscriptions(draw: st.DrawFn) -> Subscription:
    licenses = draw(sizes)
    return Subscription(
        licenses=licenses,
        ends_on=draw(days),
        carried_license_days=draw(st.integers(0, licenses - 1)),
    )


def after(term: Term) -> Subscription:
    return Subscription(
        licenses=term.licenses, ends_on=term.ends_on, carried_license_days=term.carried_license_days
    )


def assert_balanced(term: Term) -> None:
    assert term.calculation
    there_was, became = term.calculation.balance()
    assert there_was == became
    assert 0 <= term.carried_license_days < term.licenses


@rule("S4", "S7")
@for_all(subscription=subscriptions(), key=sizes)
def test_extending_balances(subscription: Subscription, key: int) -> None:
    assume(key <= 3 * subscription.licenses)
    term = subscription.extended(key)
    assert_balanced(term)
    assert term.licenses == subscription.licenses


@rule("S4", "S7")
@for_all(subscription=subscriptions(), key=sizes)
def test_extending_agrees_with_the_rule_counted_day_by_day(
    subscription: Subscription, key: int
) -> None:
    """Another way to the same answer: walk the calendar by months, then by days."""
    licenses = subscription.licenses
    assume(key <= 3 * licenses)
    months = 0
    while (months + 1) * licenses <= 12 * key:
        months += 1
    start, stop = (
        add_months(subscription.ends_on, months),
        add_months(subscription.ends_on, months + 1),
    )
    left = (12 * key - months * licenses) * (stop - start).days + subscription.carried_license_days
    ends_on = start
    while left >= licenses:
        ends_on, left = ends_on + timedelta(days=1), left - licenses
    assert subscription.extended(key) == Term(licenses, ends_on, left)


@rule("S6", "S7")
@for_all(subscription=subscriptions(), key=sizes, left=days_left)
def test_adding_balances(subscription: Subscription, key: int, left: int) -> None:
    term = subscription.with_added_licenses(key, on=subscription.ends_on - timedelta(days=left))
    assert_balanced(term)
    assert term.licenses == subscription.licenses + key


@rule("S6")
@for_all(subscription=subscriptions(), key=sizes, left=days_left)
def test_adding_ends_between_the_two_dates_that_it_averages(
    subscription: Subscription, key: int, left: int
) -> None:
    on = subscription.ends_on - timedelta(days=left)
    a_year_on = add_months(on, 12)
    earlier, later = sorted([subscription.ends_on, a_year_on])
    assert earlier <= subscription.with_added_licenses(key, on=on).ends_on <= later


@rule("S6")
@for_all(subscription=subscriptions(), key=sizes, left=days_left)
def test_adding_never_moves_the_end_on_where_a_year_or_more_remains(
    subscription: Subscription, key: int, left: int
) -> None:
    on = subscription.ends_on - timedelta(days=left)
    moved = subscription.with_added_licenses(key, on=on).days_later_than(subscription.ends_on)
    assert moved <= 0 if subscription.ends_on >= add_months(on, 12) else moved >= 0


@rule("S4")
@for_all(subscription=subscriptions(), key=sizes, more=sizes)
def test_a_larger_key_never_ends_an_extension_earlier(
    subscription: Subscription, key: int, more: int
) -> None:
    assume(key + more <= 3 * subscription.licenses)
    smaller, larger = subscription.extended(key), subscription.extended(key + more)
    assert (smaller.ends_on, smaller.carried_license_days) <= (
        larger.ends_on,
        larger.carried_license_days,
    )


@rule("S4", "S6")
@for_all(subscription=subscriptions(), key=sizes)
def test_no_redemption_ends_a_subscription_before_the_day_itself(
    subscription: Subscription, key: int
) -> None:
    assert (
        subscription.with_added_licenses(key, on=subscription.ends_on).ends_on
        >= subscription.ends_on
    )
    assume(key <= 3 * subscription.licenses)
    assert subscription.extended(key).ends_on >= subscription.ends_on


@rule("S1", "S4")
@for_all(licenses=sizes, ends_on=days, years=st.integers(1, 3))
def test_extending_by_its_own_size_is_the_same_day_next_year(
    licenses: int, ends_on: date, years: int
) -> None:
    term = Subscription(licenses=licenses, ends_on=ends_on).extended(licenses * years)
    assert term == Term(licenses, add_months(ends_on, 12 * years), 0)


@rule("S5")
@for_all(subscription=subscriptions())
def test_exactly_three_times_the_licenses_passes_and_one_more_is_refused(
    subscription: Subscription,
) -> None:
    limit = 3 * subscription.licenses
    assert subscription.extended(limit).ends_on == subscription.latest_extension_on
    with pytest.raises(ExtensionLimitExceeded):
        subscription.extended(limit + 1)


@rule("S4", "S7")
@for_all(subscription=subscriptions(), parts=st.lists(st.integers(1, 200), min_size=2, max_size=4))
def test_several_small_keys_end_at_most_some_days_apart_from_one_large_one(
    subscription: Subscription, parts: list[int]
) -> None:
    """Months differ in length by three days at most, and each step measures its own months."""
    assume(sum(parts) <= 3 * subscription.licenses)
    step = subscription
    for part in parts:
        step = after(step.extended(part))
    apart = abs((step.ends_on - subscription.extended(sum(parts)).ends_on).days)
    assert apart <= 3 * len(parts)


@rule("S7")
@for_all(
    subscription=subscriptions(),
    steps=st.lists(st.tuples(st.booleans(), sizes, st.integers(0, 400)), max_size=25),
)
def test_over_any_sequence_of_steps_the_license_days_add_up(
    subscription: Subscription, steps: list[tuple[bool, int, int]]
) -> None:
    """Every step's keys add up to what the subscription has in the end, to the license-day."""
    on = subscription.ends_on
    worth = subscription.carried_license_days
    had_used = 0
    for adds, key, wait in steps:
        earlier, on = on, min(on + timedelta(days=wait), subscription.ends_on)
        had_used += subscription.licenses * (on - earlier).days
        if adds:
            term = subscription.with_added_licenses(key, on)
            worth += key * term.calculation.year_days
        else:
            key = min(key, 3 * subscription.licenses)
            term = subscription.extended(key)
            whole = (term.calculation.moved_to - subscription.ends_on).days
            worth += (
                subscription.licenses * whole
                + term.calculation.rest * term.calculation.following_month_days
            )
        assert_balanced(term)
        subscription = after(term)
    left = (
        subscription.licenses * (subscription.ends_on - on).days + subscription.carried_license_days
    )
    assert worth == had_used + left
