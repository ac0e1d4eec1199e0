"""Beginning, checking and showing an exercise, and how rooms stand with theirs (X1, X5 to X8)."""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from benefits_portal import clock
from benefits_portal.benefits.models import Assignment
from benefits_portal.licensing.models import Redemption
from benefits_portal.practice.exercises import (
    Exercise,
    NotBegun,
    NotOffered,
    NotShown,
    Progress,
    State,
    begin,
    check,
    exercises,
    exercises_of,
    present,
    progress_of,
    show_me,
)
from benefits_portal.practice.exercises.actions import ExercisePlayer
from benefits_portal.practice.models import Class, ExerciseAttempt, Room
from benefits_portal.practice.room_world import open_room, start_over
from benefits_portal.practice.world import make_for_classes
from benefits_portal.tenants.audit.append_only import AppendOnlyError
from benefits_portal.tenants.models import How, Record
from tests.factories import ClassFactory, RoomFactory
from tests.kept_rows import lay_out
from tests.properties import BEFORE_A_RELEASE
from tests.world import rolled_back

from .exercising import play, rows_of_partners, typed

pytestmark = pytest.mark.django_db
STILL_OFFERED = {20: 14, 45: 14, 100: 5, 400: 0}  # of fourteen; keys and subscriptions lapse
CREDIT, REPLACEMENT, SCENARIO = (*("give-monthly-credit", "ask-for-a-replacement", "scenario-1"),)
FIRST, LAST = "look-around", "let-time-pass"


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[date]:
    """The rooms of Anna and of Bob, in one class."""
    with django_db_blocker.unblock(), rolled_back():
        lay_out(make_rooms)
        yield clock.today()


def make_rooms() -> None:
    make_for_classes(clock.today())
    of_class = ClassFactory.create(title="Monday")
    for name, suffix in (("Anna", "k7q2"), ("Bob", "m3x9")):
        open_room(RoomFactory.create(of_class=of_class, name=name, suffix=suffix))


@pytest.fixture(autouse=True)
def undone(told: date, db: None) -> Iterator[None]:
    with rolled_back():
        yield


@pytest.fixture
def anna() -> Room:
    return Room.objects.select_related("of_class").get(name="Anna")


@pytest.fixture
def bob() -> Room:
    return Room.objects.select_related("of_class").get(name="Bob")


@pytest.fixture
def credit() -> Exercise:
    return exercises()[CREDIT]


def standing(room: Room, slug: str) -> Progress:
    [found] = [each for each in progress_of([room])[room.pk] if each.exercise.slug == slug]
    return found


def checked(room: Room, exercise: Exercise) -> ExerciseAttempt:
    """With the right figure, where one is asked for."""
    return check(room, exercise, answer=typed(room, exercise, ""))


def findings(room: Room, exercises: Iterable[Exercise]) -> dict[str, str]:
    """What a check of each finds."""
    return {each.slug: checked(room, each).finding for each in exercises}


def by_acts(room: Room) -> list[Exercise]:
    """Those that take an act: no figure is asked for, and no time to pass."""
    return [each for each in exercises_of(room) if not each.asked and each.slug != LAST]


# Beginning


def test_an_exercise_is_begun_before_it_is_checked_or_shown(anna: Room, credit: Exercise) -> None:
    with pytest.raises(NotBegun):
        check(anna, credit)
    with pytest.raises(NotBegun):
        show_me(anna, credit)

    assert not ExerciseAttempt.objects.exists()


def test_beginning_again_makes_nothing_again(anna: Room) -> None:
    begun = begin(anna, exercises()[REPLACEMENT], "partner-admin")
    rows = rows_of_partners()

    again = begin(anna, exercises()[REPLACEMENT], "guest-admin")

    assert again == begun
    assert rows_of_partners() == rows
    assert ExerciseAttempt.objects.count() == 1


def test_beginning_leaves_nothing_of_the_solution_it_tried(anna: Room, credit: Exercise) -> None:
    rows = rows_of_partners()

    begin(anna, credit)

    assert rows_of_partners() == rows


def test_what_its_setup_did_is_in_the_past(anna: Room) -> None:
    begun = begin(anna, exercises()[REPLACEMENT])

    made = Redemption.objects.latest("pk")
    assert made.redeemed_at < begun.at - timedelta(days=1)
    assert made.redeemed_on == begun.on - timedelta(days=2)


def test_on_a_calendar_ahead_its_times_are_real(anna: Room) -> None:
    anna.partners().update(days_ahead=20)

    begun = begin(anna, exercises()[REPLACEMENT])

    made = Redemption.objects.latest("pk")
    assert begun.on == anna.partners().get().today()
    assert made.redeemed_on == begun.on - timedelta(days=2)
    assert clock.now() - timedelta(days=3) < made.redeemed_at < begun.at


def test_an_exercise_whose_setup_is_refused_is_not_offered(anna: Room) -> None:
    exercise = exercises()[REPLACEMENT]
    play(anna, exercise, exercise.setup)
    rows = rows_of_partners()

    with pytest.raises(
        NotOffered, match="redeemed already\\. To do this exercise, start the room over"
    ):
        begin(anna, exercise)

    found = standing(anna, REPLACEMENT)
    assert found.state is State.NOT_OFFERED
    assert "redeemed already" in found.message
    assert rows_of_partners() == rows
    with pytest.raises(NotBegun):
        check(anna, exercise)


def test_an_exercise_that_cannot_be_solved_is_not_offered(anna: Room) -> None:
    exercise = exercises()[SCENARIO]
    play(anna, exercise, exercise.wrong[1].events)

    with pytest.raises(NotOffered):
        begin(anna, exercise)
    with pytest.raises(NotOffered):
        begin(anna, exercise)

    assert ExerciseAttempt.objects.get().what == "not-offered"


def test_what_was_done_before_it_was_begun_counts(anna: Room, credit: Exercise) -> None:
    play(anna, credit, credit.solutions[0])

    begin(anna, credit)

    assert check(anna, credit).is_pass


@pytest.mark.parametrize(
    "days_ahead",
    [45, 100, *(pytest.param(days, marks=BEFORE_A_RELEASE) for days in (20, 400))],
)
def test_on_any_calendar_what_is_offered_can_be_shown(anna: Room, days_ahead: int) -> None:
    anna.partners().update(days_ahead=days_ahead)
    offered = [each for each in exercises_of(anna) if is_offered(anna, each)]

    found = {}
    for exercise in offered:
        show_me(anna, exercise)
        found[exercise.slug] = checked(anna, exercise)
    # What was done is so after the others too; a figure may be another one then
    found |= {each.slug: check(anna, each) for each in offered if not each.asked}

    assert [slug for slug, attempt in found.items() if not attempt.is_pass] == []
    assert len(offered) >= STILL_OFFERED[days_ahead]


def test_a_week_later_all_of_them_are_offered_and_can_be_shown(anna: Room) -> None:
    with time_machine.travel(clock.now() + timedelta(days=7)):
        for exercise in exercises_of(anna):
            begin(anna, exercise)
        for exercise in exercises_of(anna):
            show_me(anna, exercise)
        assert set(findings(anna, exercises_of(anna)).values()) == {""}


def is_offered(room: Room, exercise: Exercise) -> bool:
    try:
        return bool(begin(room, exercise))
    except NotOffered:
        return False


# Checking


def test_waiting_until_it_has_happened_solves_nothing(anna: Room) -> None:
    tried = by_acts(anna)
    for exercise in tried:
        begin(anna, exercise)
    before = findings(anna, tried)
    anna.partners().update(days_ahead=70)

    assert "" not in {**before, **findings(anna, tried)}.values()


def test_a_check_changes_nothing_but_what_it_keeps(anna: Room, credit: Exercise) -> None:
    begin(anna, credit)
    rows = rows_of_partners()

    with rolled_back() as written:
        check(anna, credit, "member")

    assert written == {"practice_exerciseattempt"}
    assert rows_of_partners() == rows


def test_what_is_done_in_another_room_solves_nothing(anna: Room, bob: Room) -> None:
    tried = by_acts(anna)
    for exercise in tried:
        for room in (anna, bob):
            begin(room, exercise)
    before = findings(anna, tried)
    for exercise in tried:
        play(bob, exercise, exercise.solutions[0])

    assert set(findings(bob, tried).values()) == {""}
    assert findings(anna, tried) == before
    assert "" not in before.values()


# Showing


def test_what_was_shown_is_not_passed(anna: Room, credit: Exercise) -> None:
    begin(anna, credit)

    shown = show_me(anna, credit, "partner-admin")
    check(anna, credit)

    assert show_me(anna, credit) == shown
    assert standing(anna, CREDIT).state is State.SHOWN
    assert not standing(anna, CREDIT).by_trainer


def test_what_was_passed_stays_passed(anna: Room, credit: Exercise) -> None:
    begin(anna, credit)
    play(anna, credit, credit.solutions[0])
    check(anna, credit)
    play(anna, credit, credit.wrong[1].events)

    check(anna, credit)

    assert standing(anna, CREDIT).state is State.PASSED


def test_what_a_trainer_shows_is_the_trainer_s_on_record(anna: Room, credit: Exercise) -> None:
    begin(anna, credit)
    trainer = Class.objects.get().made_by

    show_me(anna, credit, trainer=trainer)

    assert Assignment.objects.latest("pk").assigned_by == trainer
    record = Record.objects.latest("pk")
    assert (record.actor, record.how, record.reason) == (trainer, How.TRAINER, "Show me")
    assert standing(anna, CREDIT).by_trainer


def test_what_cannot_be_shown_changes_nothing(anna: Room) -> None:
    exercise = exercises()[SCENARIO]
    begin(anna, exercise)
    play(anna, exercise, exercise.wrong[1].events)
    rows = rows_of_partners()

    with pytest.raises(NotShown, match="redeemed already"):
        show_me(anna, exercise)

    assert rows_of_partners() == rows
    assert standing(anna, SCENARIO).state is State.BEGUN


# Standing


def test_a_room_started_over_has_begun_nothing(anna: Room, bob: Room, credit: Exercise) -> None:
    for room in (anna, bob):
        begin(room, credit)
        play(room, credit, credit.solutions[0])
        check(room, credit)

    start_over(anna)

    states = {room.name: standing(room, CREDIT).state for room in (anna, bob)}
    assert states == {"Anna": State.NOT_BEGUN, "Bob": State.PASSED}
    begin(anna, credit)
    assert check(anna, credit).finding == "nobody-holds"


def test_who_asks_three_times_in_five_minutes_is_stuck(anna: Room, credit: Exercise) -> None:
    with time_machine.travel(clock.now(), tick=False) as now:
        begin(anna, credit)
        for _time in range(3):
            check(anna, credit)
        now.shift(timedelta(minutes=4, seconds=59))
        early = standing(anna, CREDIT)
        now.shift(timedelta(seconds=1))
        late = standing(anna, CREDIT)

    assert (early.state, late.state) == (State.BEGUN, State.STUCK)
    assert (late.tries, late.message) == (3, "No one has this credit (Silver competency).")


def test_refusals_count_for_the_exercise_begun_last(anna: Room, credit: Exercise) -> None:
    replacement = exercises()[REPLACEMENT]
    with time_machine.travel(clock.now(), tick=False) as now:
        begin(anna, credit)
        now.shift(timedelta(minutes=5))
        begin(anna, replacement)
        now.shift(timedelta(minutes=5))
        for _time in range(3):
            play(anna, replacement, replacement.wrong[0].events)
        first, second = (standing(anna, slug) for slug in (CREDIT, REPLACEMENT))

    assert (first.state, first.tries) == (State.BEGUN, 0)
    assert (second.state, second.tries) == (State.STUCK, 3)
    assert second.message.startswith("The last day to request a replacement was ")


def test_what_is_refused_in_another_room_is_no_try_here(
    anna: Room, bob: Room, credit: Exercise
) -> None:
    replacement = exercises()[REPLACEMENT]
    for room in (anna, bob):
        begin(room, replacement)
    play(bob, replacement, replacement.wrong[0].events)

    found = progress_of([anna, bob])

    tries = {pk: sum(each.tries for each in steps) for pk, steps in found.items()}
    assert tries == {anna.pk: 0, bob.pk: 1}


def test_what_the_trainer_is_refused_in_a_room_is_no_try(anna: Room) -> None:
    replacement = exercises()[REPLACEMENT]
    partner, trainer = anna.partners().get(), anna.of_class.made_by
    begin(anna, replacement)

    ExercisePlayer(anna, replacement, partner, trainer).play_all(replacement.wrong[0].events)

    assert [each.tries for each in progress_of([anna])[anna.pk] if each.tries] == []


def test_rooms_of_any_number_stand_there_in_two_queries(
    anna: Room, bob: Room, credit: Exercise
) -> None:
    for room in (anna, bob):
        begin(room, credit)
        check(room, credit)

    with CaptureQueriesContext(connection) as queries:
        found = progress_of([anna, bob])

    assert len(queries) == 2
    begun = {pk: [each.exercise for each in steps if each.is_open] for pk, steps in found.items()}
    assert begun == {anna.pk: [credit], bob.pk: [credit]}


def test_the_present_exercise_is_the_one_begun_last(anna: Room, credit: Exercise) -> None:
    replacement = exercises()[REPLACEMENT]
    before = present(progress_of([anna])[anna.pk])
    begin(anna, replacement)
    begin(anna, credit)
    play(anna, credit, credit.solutions[0])
    at_credit = present(progress_of([anna])[anna.pk])
    check(anna, credit)
    after = present(progress_of([anna])[anna.pk])

    assert [each and each.exercise.slug for each in (before, at_credit, after)] == [
        *(FIRST, CREDIT, REPLACEMENT)
    ]


def test_a_room_has_the_exercises_of_its_class(anna: Room) -> None:
    Class.objects.update(exercises=[REPLACEMENT, CREDIT, "no-longer-there"])

    slugs = [each.slug for each in exercises_of(Room.objects.get(pk=anna.pk))]

    assert slugs == [CREDIT, REPLACEMENT]


# What is kept


def test_an_attempt_is_written_once(anna: Room, credit: Exercise) -> None:
    begun = begin(anna, credit)

    with pytest.raises(AppendOnlyError):
        begun.save()
    with pytest.raises(AppendOnlyError):
        ExerciseAttempt.objects.update(finding="")
    with pytest.raises(AppendOnlyError):
        ExerciseAttempt.objects.all().delete()


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"what": "begun"}, id="begun twice"),
        pytest.param({"what": "shown", "finding": "gone"}, id="shown, with a finding"),
        pytest.param({"what": "not-offered"}, id="not offered, for no reason"),
    ],
)
def test_the_database_keeps_attempts_apart(
    anna: Room, credit: Exercise, values: dict[str, str]
) -> None:
    begun = begin(anna, credit)
    own = {"room": anna, "generation": 1, "exercise": CREDIT, "on": begun.on}

    with pytest.raises(IntegrityError), transaction.atomic():
        ExerciseAttempt.objects.create(**own | values)


def test_attempts_go_with_their_room(anna: Room, credit: Exercise) -> None:
    begin(anna, credit)

    anna.delete()

    assert not ExerciseAttempt.objects.exists()
