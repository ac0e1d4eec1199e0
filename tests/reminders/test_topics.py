"""Which threshold is told on a day: pure rules, day by day (R1, R2, R3, R10)."""

from datetime import date, timedelta

import pytest

from benefits_portal.reminders.models import Rhythm
from benefits_portal.reminders.recipients import untold
from benefits_portal.reminders.topics import (
    AFTER,
    MAX_DAYS_AFTER,
    MAX_THRESHOLD,
    OF_STAFF,
    THRESHOLDS,
    TOPICS,
    Due,
    Occasion,
    Topic,
)
from benefits_portal.retention import YEAR

LAST_DAY = date(2021, 6, 30)
ENDS = Due(Occasion.SUBSCRIPTION_ENDS, 1, LAST_DAY)
LAPSES = Due(Occasion.KEY_EXPIRES, 1, LAST_DAY)


def on(days_before: int) -> date:
    return LAST_DAY - timedelta(days=days_before)


@pytest.mark.rule("R1", "R2")
@pytest.mark.parametrize(
    ("days_before", "threshold"),
    [
        (91, None),
        (90, 90),
        (89, 90),
        (31, 90),
        (30, 30),
        (8, 30),
        (7, 7),
        (2, 7),
        (1, 1),
        (0, 1),
        (-1, None),
    ],
)
def test_the_nearest_threshold_that_has_passed_is_told(
    days_before: int, threshold: int | None
) -> None:
    assert ENDS.threshold(THRESHOLDS, on(days_before)) == threshold


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    ("days_before", "threshold"),
    [(0, 1), (-1, -1), (-2, -1), (-MAX_DAYS_AFTER, -1), (-MAX_DAYS_AFTER - 1, None)],
)
def test_what_lapsed_is_told_the_day_after(days_before: int, threshold: int | None) -> None:
    assert LAPSES.threshold(THRESHOLDS, on(days_before)) == threshold


@pytest.mark.rule("R10")
@pytest.mark.parametrize(
    ("days_before", "threshold"), [(0, None), (-1, -1), (-6, -1), (-7, -7), (-30, -7)]
)
def test_what_waits_for_an_answer_is_told_after_a_day_and_a_week(
    days_before: int, threshold: int | None
) -> None:
    asked = Due(Occasion.TENANT_REQUESTED, 1, LAST_DAY)
    assert asked.threshold((), on(days_before)) == threshold


@pytest.mark.rule("R1")
def test_nobody_is_told_after_a_day_on_which_nothing_happened_by_itself() -> None:
    silent = set(Occasion) - AFTER.keys()
    assert {Due(occasion, 1, LAST_DAY).threshold(THRESHOLDS, on(-1)) for occasion in silent} == {
        None
    }


@pytest.mark.rule("R1")
@pytest.mark.parametrize(
    ("day", "threshold"),
    [(date(2021, 5, 24), 30), (date(2021, 5, 17), 90), (date(2021, 6, 28), 1)],
    ids=["the Monday before it passes", "a week earlier", "the last Monday"],
)
def test_a_weekly_digest_tells_what_passes_before_the_next_one(day: date, threshold: int) -> None:
    days = Rhythm.WEEKLY.days_until_next(day)
    due = Due(Occasion.SUBSCRIPTION_ENDS, 1, date(2021, 6, 29))
    assert due.threshold(THRESHOLDS, day, days) == threshold


@pytest.mark.rule("R1")
@pytest.mark.parametrize(
    ("last_on", "thresholds"),
    [
        (date(2021, 6, 28), {90, 30, 1, None}),  # a Monday: on the one before, 1 is the nearest
        *((date(2021, 6, 28 + n), {90, 30, 7, 1, None}) for n in (1, 2)),
        *((date(2021, 7, n), {90, 30, 7, 1, None}) for n in (1, 2, 3, 4)),
    ],
)
def test_a_weekly_digest_misses_no_threshold(last_on: date, thresholds: set[int | None]) -> None:
    due = Due(Occasion.SUBSCRIPTION_ENDS, 1, last_on)
    mondays = [date(2021, 6, 28) - timedelta(weeks=week) for week in range(15)]
    found = {due.threshold(THRESHOLDS, day, Rhythm.WEEKLY.days_until_next(day)) for day in mondays}
    assert found == thresholds


@pytest.mark.rule("R2", "R3")
@pytest.mark.parametrize(
    ("told", "is_new"), [({}, True), ({ENDS: 90}, True), ({ENDS: 30}, False), ({ENDS: 7}, False)]
)
def test_a_nearer_threshold_is_new_and_a_farther_one_counts_as_told(
    told: dict[Due, int], is_new: bool
) -> None:
    assert bool(untold([(ENDS, 30)], told)) is is_new


@pytest.mark.rule("R3")
@pytest.mark.parametrize("days", [-40, -1, 1, 40])
def test_a_day_that_moved_is_armed_again(days: int) -> None:
    moved = ENDS._replace(due_on=LAST_DAY + timedelta(days=days))
    assert untold([(moved, 30)], {ENDS: 1}) == [(moved, 30)]


def test_every_occasion_is_of_a_topic_and_every_topic_has_one() -> None:
    assert set(TOPICS) == set(Occasion)
    assert set(TOPICS.values()) == set(Topic)
    assert set(Topic.of(is_staff=True)) == set(OF_STAFF)


@pytest.mark.rule("R5")
def test_what_was_told_is_kept_for_longer_than_it_can_be_told_again() -> None:
    assert max(MAX_THRESHOLD, MAX_DAYS_AFTER + max(THRESHOLDS)) < YEAR
