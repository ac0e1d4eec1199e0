"""Every exercise, in every way its file knows: not yet, passed, or what is missing (X1 to X5)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from benefits_portal.practice.exercises import Exercise, begin, check, exercises
from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.practice.story_event import Event
from benefits_portal.practice.world import make_for_classes
from tests.covering import covering
from tests.properties import BEFORE_A_RELEASE
from tests.world import rolled_back

from .exercising import play, rooms_of_situations, typed

pytestmark = pytest.mark.django_db

type Way = tuple[str, str]  # an exercise, and what is done in it

# The leap day, a month that many are shorter than, the end of a year
SAMPLED = [date(2028, 2, 29), date(2027, 1, 31), date(2027, 12, 31)]
DAYS = [
    *(*SAMPLED, date(2027, 2, 28)),
    *(date(2027, 3, 1) + timedelta(days=13 * number) for number in range(56)),
]
CHECK_QUERIES = 3  # beside writing the answer


class Outcome(NamedTuple):
    """What a check found, in how many languages it says so, and whether that took few queries."""

    finding: str
    params: dict[str, Any]
    sentences: int
    is_quick: bool


def ways_of(exercise: Exercise) -> dict[str, tuple[tuple[Event, ...], Outcome]]:
    """What is done in each way, and what the check then finds."""
    solutions = {
        f"solution {number}": (events, Outcome("", {}, 1, is_quick=True))
        for number, events in enumerate(exercise.solutions, start=1)
    }
    wrong = {
        f"wrong {number}": (each.events, Outcome(each.finding, each.params, 2, is_quick=True))
        for number, each in enumerate(exercise.wrong, start=1)
    }
    return solutions | wrong


WAYS: list[Way] = [(slug, way) for slug, each in exercises().items() for way in ways_of(each)]
COVERED = covering([(way, day) for way in WAYS for day in SAMPLED])


@contextmanager
def rooms_on(day: date) -> Iterator[dict[str, Room]]:
    """Of each situation, a room that was told at noon of `day`, which it still is."""
    with rolled_back(), time_machine.travel(datetime.combine(day, time(12), UTC)):
        make_for_classes(day)
        yield rooms_of_situations()


def checked(room: Room, exercise: Exercise, due: str = "no-answer") -> Outcome:
    """After what earns `due`, where something has to be typed for it."""
    answer = typed(room, exercise, due)
    with CaptureQueriesContext(connection) as queries:
        attempt = check(room, exercise, answer=answer)
    spoken = sentences(exercise, attempt)
    is_quick = len(queries) <= CHECK_QUERIES + 1
    return Outcome(attempt.finding, attempt.params, len(spoken), is_quick=is_quick)


def sentences(exercise: Exercise, attempt: ExerciseAttempt) -> set[str]:
    """What was found, in each language."""
    found = set()
    for language in ("en", "nl"):
        with translation.override(language):
            found.add(exercise.sentence_of(attempt))
    return found


def unlike(room: Room, exercise: Exercise, ways: set[str]) -> Iterator[Any]:
    """What a check finds before anything is done and after `ways`, if not what the file says."""
    begin(room, exercise)
    begin(room, exercise)
    before = checked(room, exercise)
    if not before.finding or before.sentences != len(("en", "nl")):
        yield exercise.slug, before
    for way in ways:
        events, due = ways_of(exercise)[way]
        with rolled_back():
            play(room, exercise, events)
            after = checked(room, exercise, due.finding)
        if after._replace(params=after.params | due.params) != due._replace(params=after.params):
            yield exercise.slug, way, after


@pytest.mark.parametrize(
    ("day", "chosen"),
    [
        *(
            pytest.param(day, {way for way, on in COVERED if on == day}, id=f"{day}")
            for day in SAMPLED
        ),
        *(pytest.param(day, set(WAYS), id=f"{day}, all", marks=BEFORE_A_RELEASE) for day in DAYS),
    ],
)
def test_each_way_earns_what_its_file_says(day: date, chosen: set[Way]) -> None:
    with rooms_on(day) as rooms:
        found = [
            fault
            for slug, exercise in exercises().items()
            if (ways := {way for own, way in chosen if own == slug})
            for fault in unlike(rooms[exercise.situation], exercise, ways)
        ]

    assert found == []


def test_each_exercise_is_tried_on_several_days() -> None:
    days = {slug: {on for (own, _way), on in COVERED if own == slug} for slug in exercises()}

    assert [slug for slug, tried in days.items() if len(tried) < 3] == []
