"""Every exercise, in every way its file knows: not yet, passed, or what is missing (X1 to X5)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from pytest_django import DjangoDbBlocker

from benefits_portal.practice.exercises import Exercise, begin, check, exercises
from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.practice.room_world import open_room
from benefits_portal.practice.story_event import Event
from benefits_portal.practice.world import make_for_classes
from tests.covering import covering
from tests.factories import RoomFactory
from tests.properties import BEFORE_A_RELEASE
from tests.world import rolled_back

from .exercising import play

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# Months end on fewer days, a year ends, and the leap day
SAMPLED = [date(2028, 2, 29), date(2027, 1, 31), date(2027, 2, 28), date(2027, 12, 31)]
DAYS = [*SAMPLED, *(date(2027, 3, 1) + timedelta(days=13 * number) for number in range(56))]
LANGUAGES, CHECK_QUERIES = 2, 3  # beside writing the answer


def ways_of(exercise: Exercise) -> dict[str, tuple[tuple[Event, ...], str, dict[str, Any]]]:
    """What is done in each way, and what the check then finds."""
    solutions = {
        f"solution {number}": (events, "", {})
        for number, events in enumerate(exercise.solutions, start=1)
    }
    wrong = {
        f"wrong {number}": (each.events, each.finding, each.params)
        for number, each in enumerate(exercise.wrong, start=1)
    }
    return solutions | wrong


WAYS = [(slug, way) for slug, exercise in exercises().items() for way in ways_of(exercise)]
CELLS = covering([(way, day) for way in WAYS for day in SAMPLED])
CASES = [
    pytest.param(
        day,
        *way,
        id=f"{day} {' '.join(way)}",
        marks=[] if (way, day) in CELLS else BEFORE_A_RELEASE,
    )
    for day in DAYS
    for way in WAYS
]


@pytest.fixture(scope="module")
def told(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[date]:
    """The day on which Anna's room was told."""
    day: date = request.param
    with django_db_blocker.unblock(), rolled_back(), at_noon(day):
        make_for_classes(day)
        open_room(RoomFactory.create(name="Anna", suffix="k7q2"))
        yield day


def at_noon(day: date) -> time_machine.travel:
    return time_machine.travel(datetime.combine(day, time(12), UTC))


@pytest.fixture
def room(told: date, db: None) -> Iterator[Room]:
    with rolled_back(), at_noon(told):
        yield Room.objects.get(name="Anna")


def sentences(exercise: Exercise, attempt: ExerciseAttempt) -> set[str]:
    """What was found, in each language."""
    found = set()
    for language in ("en", "nl"):
        with translation.override(language):
            found.add(exercise.sentence_of(attempt))
    return found


@pytest.mark.parametrize(("told", "slug", "way"), CASES, indirect=["told"], scope="module")
def test_each_way_earns_what_it_says(room: Room, slug: str, way: str) -> None:
    exercise = exercises()[slug]
    events, finding, params = ways_of(exercise)[way]
    begin(room, exercise)
    before = check(room, exercise)

    begin(room, exercise)
    play(room, exercise, events)
    with CaptureQueriesContext(connection) as queries:
        after = check(room, exercise)

    assert before.finding != ""
    assert (after.finding, after.params | params) == (finding, after.params)
    assert len(queries) <= CHECK_QUERIES + 1
    assert len(sentences(exercise, before)) == LANGUAGES
    assert len(sentences(exercise, after)) == (LANGUAGES if finding else 1)
