"""The end-date rules as arithmetic: no database, no clock (rules S1, S2, S4 to S7)."""

from datetime import date, timedelta

import pytest

from benefits_portal.licensing import end_dates
from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.models import Subscription, Term
from tests.factories import TODAY

rule = pytest.mark.rule


def running(licenses: int, ends_on: str | date, carried: int = 0) -> Subscription:
    return Subscription(
        licenses=licenses,
        starts_on=date(2020, 1, 1),
        ends_on=day(ends_on),
        carried_license_days=carried,
    )


def day(text: str | date) -> date:
    return date.fromisoformat(text) if isinstance(text, str) else text


# The examples of the rules, line by line


@rule("S4", "S7")
@pytest.mark.parametrize(
    ("licenses", "ends_on", "key", "carried", "expected"),
    [
        pytest.param(
            100,
            "2021-06-30",
            25,
            0,
            Term(100, date(2021, 9, 30), 0),
            id="scenario 1: 25 on 100 is three months",
        ),
        pytest.param(
            100,
            "2021-06-30",
            100,
            0,
            Term(100, date(2022, 6, 30), 0),
            id="scenario 2: 100 on 100 is a year",
        ),
        pytest.param(
            5,
            "2021-06-30",
            10,
            0,
            Term(5, date(2023, 6, 30), 0),
            id="scenario 3: 10 on 5 is two years",
        ),
        pytest.param(
            5, "2021-06-30", 15, 0, Term(5, date(2024, 6, 30), 0), id="exactly three times"
        ),
        pytest.param(6, "2023-08-10", 5, 0, Term(6, date(2024, 6, 10), 0), id="ten months"),
        pytest.param(
            55, "2021-06-30", 5, 0, Term(55, date(2021, 8, 1), 45), id="one month and a fraction"
        ),
        pytest.param(
            7,
            "2021-01-31",
            3,
            6,
            Term(7, date(2021, 7, 5), 2),
            id="from a month's end, with days carried",
        ),
        pytest.param(
            7, "2021-01-15", 3, 0, Term(7, date(2021, 6, 19), 2), id="from the middle of a month"
        ),
        pytest.param(12, "2023-08-31", 6, 0, Term(12, date(2024, 2, 29), 0), id="onto 29 February"),
    ],
)
def test_extending_gives_the_examples_of_the_rules(
    licenses: int, ends_on: str, key: int, carried: int, expected: Term
) -> None:
    assert running(licenses, ends_on, carried).extended(key) == expected


@rule("S6", "S7")
@pytest.mark.parametrize(
    ("licenses", "ends_on", "key", "expected"),
    [
        pytest.param(
            100, "2021-07-01", 100, Term(200, date(2021, 11, 30), 0), id="two months left"
        ),
        pytest.param(100, "2021-11-01", 25, Term(125, date(2021, 12, 7), 25), id="six months left"),
        pytest.param(
            10, "2022-08-01", 10, Term(20, date(2022, 6, 16), 0), id="fifteen months left: earlier"
        ),
        pytest.param(3, "2021-05-01", 4, Term(7, date(2021, 11, 25), 4), id="ends today"),
    ],
)
def test_adding_gives_the_examples_of_the_rules(
    licenses: int, ends_on: str, key: int, expected: Term
) -> None:
    assert running(licenses, ends_on).with_added_licenses(key, on=TODAY) == expected


@rule("S5")
def test_scenario_4_over_three_times_the_licenses_is_told_what_would_fit() -> None:
    with pytest.raises(ExtensionLimitExceeded) as refusal:
        running(5, "2021-06-30").extended(16)
    assert refusal.value.params == {"key": 16, "largest": 15}
    assert "3 years" in str(refusal.value.message)
    assert "15" in str(refusal.value.advice)


@rule("S5")
def test_the_limit_is_per_key_so_two_keys_may_extend_beyond_three_years() -> None:
    once = running(5, "2021-06-30").extended(15)
    assert running(once.licenses, once.ends_on).extended(15).ends_on == date(2027, 6, 30)


@rule("S5")
def test_the_latest_extension_is_three_years_away() -> None:
    assert (
        running(5, "2021-06-30").latest_extension_on
        == running(5, "2021-06-30").extended(15).ends_on
    )


# First activation


@rule("S1")
@pytest.mark.parametrize(
    ("on", "ends_on"),
    [
        ("2021-05-01", "2022-05-01"),
        ("2024-02-29", "2025-02-28"),
        ("2023-02-28", "2024-02-28"),
        ("2020-12-31", "2021-12-31"),
    ],
)
def test_a_first_activation_runs_to_the_same_day_next_year(on: str, ends_on: str) -> None:
    assert end_dates.activated(25, day(on)) == Term(25, day(ends_on), 0)


# Adding, later and earlier


@rule("S6")
@pytest.mark.parametrize(
    ("ends_on", "days_later"),
    [
        pytest.param(
            TODAY + timedelta(days=364),
            0,
            id="a day short of a year moves half a day, which is carried",
        ),
        pytest.param(TODAY + timedelta(days=363), 1, id="two days short of a year: one day later"),
        pytest.param(TODAY + timedelta(days=365), 0, id="exactly a year left: nothing moves"),
        pytest.param(TODAY + timedelta(days=367), -1, id="two days over a year: one day earlier"),
        pytest.param(date(2022, 8, 1), -46, id="fifteen months left: 46 days earlier"),
    ],
)
def test_adding_moves_the_end_later_or_earlier_as_the_remaining_time_says(
    ends_on: date, days_later: int
) -> None:
    assert (
        running(10, ends_on).with_added_licenses(10, on=TODAY).days_later_than(ends_on)
        == days_later
    )


@rule("S6")
def test_added_licenses_get_less_than_twelve_months_where_less_remains() -> None:
    assert running(100, "2021-07-01").with_added_licenses(100, on=TODAY).ends_on < date(2022, 5, 1)


# Nothing is added or lost


@rule("S7")
def test_what_a_whole_day_cannot_hold_is_carried_into_the_next_step() -> None:
    first = running(55, "2021-06-30").extended(5)
    assert first.carried_license_days == 45
    with_it = running(55, first.ends_on, first.carried_license_days).with_added_licenses(
        1, on=date(2021, 7, 1)
    )
    without = running(55, first.ends_on).with_added_licenses(1, on=date(2021, 7, 1))
    assert with_it.ends_on == without.ends_on + timedelta(days=1)


@rule("S7")
def test_several_small_keys_may_end_a_day_or_so_apart_from_one_large_one() -> None:
    """Each small key starts from the end that the one before left.

    Other months, other lengths, other clamping.
    """
    large = running(100, "2021-01-31").extended(75).ends_on
    small = running(100, "2021-01-31")
    for _ in range(3):
        term = small.extended(25)
        small = running(term.licenses, term.ends_on, term.carried_license_days)
    assert (large, small.ends_on) == (date(2021, 10, 31), date(2021, 10, 30))


@rule("S4", "S6", "S7", "S8")
@pytest.mark.parametrize(
    "term",
    [
        pytest.param(running(7, "2021-01-31", 6).extended(3), id="extend"),
        pytest.param(running(100, "2021-06-30").extended(25), id="extend by whole months"),
        pytest.param(running(100, "2021-11-01", 3).with_added_licenses(25, on=TODAY), id="add"),
        pytest.param(end_dates.activated(25, TODAY), id="activate"),
    ],
)
def test_the_working_balances_and_ends_with_the_date_that_is_stored(term: Term) -> None:
    there_was, became = term.calculation.balance()
    assert there_was == became
    assert f"{term.ends_on:%Y}" in term.calculation.steps()[-1]
    assert term.calculation.steps()[-1].endswith(str(term.ends_on.day) + f", {term.ends_on.year}")


@rule("S7")
def test_the_working_says_what_was_carried_before_and_after() -> None:
    steps = " ".join(running(7, "2021-01-31", 6).extended(3).calculation.steps())
    assert "6 license-days carried" in steps
    assert "remainder 2 license-days" in steps


# Status


@rule("S2")
@pytest.mark.parametrize(
    ("on", "status", "changes_on"),
    [
        ("2021-06-29", "active", "2021-07-01"),
        ("2021-06-30", "active", "2021-07-01"),
        ("2021-07-01", "expired", "2021-07-31"),
        ("2021-07-30", "expired", "2021-07-31"),
        ("2021-07-31", "disabled", "2021-10-29"),
        ("2021-10-28", "disabled", "2021-10-29"),
        ("2021-10-29", "deleted", None),
        ("2031-01-01", "deleted", None),
    ],
)
def test_a_subscription_is_active_then_expired_then_disabled_then_deleted(
    on: str, status: str, changes_on: str | None
) -> None:
    subscription = running(5, "2021-06-30")
    assert subscription.status(day(on)) == status
    assert subscription.next_change_on(day(on)) == (day(changes_on) if changes_on else None)
