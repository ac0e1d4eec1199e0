"""How rooms stand with their exercises, worked out from what was done: for many rooms at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.practice.models import Class, ExerciseAttempt, Room
from benefits_portal.practice.situations import SHARED, SITUATIONS, Situation
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Record

from .doing import TRAINER, why_not_offered
from .exercise import Exercise
from .reading import exercises

STUCK_AFTER = timedelta(minutes=5)  # since it was begun (X8)
STUCK_TRIES = 3  # refusals and failed checks since
What = ExerciseAttempt.What


class State(StrEnum):
    """How a room stands with an exercise."""

    NOT_BEGUN = "not-begun"
    BEGUN = "begun"
    STUCK = "stuck"
    PASSED = "passed"
    SHOWN = "shown"
    NOT_OFFERED = "not-offered"

    @property
    def label(self) -> str | Promise:
        return LABELS[self]


LABELS = {
    State.NOT_BEGUN: _("Not begun"),
    State.BEGUN: _("Begun"),
    State.STUCK: _("Stuck"),
    State.PASSED: _("Passed"),
    State.SHOWN: _("Shown"),
    State.NOT_OFFERED: _("Not offered"),
}
# What is kept of a room after it is deleted
OUTCOMES = {
    State.PASSED: State.PASSED,
    State.SHOWN: State.SHOWN,
    State.BEGUN: State.BEGUN,
    State.STUCK: State.BEGUN,
}
SHOWN_BY_TRAINER = _("Shown by your trainer")


@dataclass(frozen=True)
class Progress:
    """How a room stands with one exercise.

    `since` is when it was begun, passed or shown; `tries` how many checks found something and how
    many refusals there were, from when it was begun until then. `message` is the last finding or
    refusal since it was begun, in words, or why it is not offered, and `message_at` when it was
    said; of one that was shown, its answer.
    """

    exercise: Exercise
    state: State = State.NOT_BEGUN
    since: datetime | None = None
    tries: int = 0
    message: str = ""
    message_at: datetime | None = None
    by_trainer: bool = False

    @property
    def label(self) -> str | Promise:
        """What the trainee reads of it."""
        return SHOWN_BY_TRAINER if self.by_trainer else self.state.label

    @property
    def is_open(self) -> bool:
        """Begun, and neither passed nor shown."""
        return self.state in (State.BEGUN, State.STUCK)

    @property
    def is_done(self) -> bool:
        return self.state in (State.PASSED, State.SHOWN)

    @property
    def can_begin(self) -> bool:
        return self.state is State.NOT_BEGUN


def exercises_of(room: Room) -> list[Exercise]:
    """Those that `room` has, in their order: of its class; of the shared world's, all."""
    return exercises_in(room.of_class) if room.of_class else exercises_for(SHARED)


def exercises_in(of_class: Class) -> list[Exercise]:
    """Those that its trainer chose."""
    offered = exercises_for(SITUATIONS[of_class.situation])
    return [each for each in offered if each.slug in of_class.exercises]


def exercises_for(situation: Situation) -> list[Exercise]:
    return [each for each in exercises().values() if SITUATIONS[each.situation] is situation]


def progress_of(rooms: Sequence[Room]) -> dict[int, list[Progress]]:
    """Of each room by its primary key, in the order of its exercises.

    Two queries, however many rooms there are; `of_class` of each is at hand.
    """
    taken = attempts_in(rooms)
    refusals = refusals_in(rooms, taken)
    now = clock.now()
    return {
        room.pk: list(RoomProgress(room, taken[room.pk], refusals[room.pk], now).each())
        for room in rooms
    }


def steps_of(room: Room) -> list[Progress]:
    """Of one room in one query: without what was refused there, so that fewer are stuck."""
    return list(RoomProgress(room, attempts_in([room])[room.pk], [], clock.now()).each())


def present(steps: Iterable[Progress]) -> Progress | None:
    """The one that a room is at: begun last and open, else the first that it can begin."""
    steps = list(steps)
    begun = [each for each in steps if each.is_open and each.since]
    if begun:
        return max(begun, key=lambda each: each.since or clock.now())
    return next((each for each in steps if each.state is State.NOT_BEGUN), None)


def tally(steps: Iterable[Progress]) -> str:
    """How many were passed and how many shown, of how many."""
    states = [step.state for step in steps]
    counts = {
        "passed": states.count(State.PASSED),
        "shown": states.count(State.SHOWN),
        "total": len(states),
    }
    if counts["shown"]:
        return _now("%(passed)s passed, %(shown)s shown, of %(total)s") % counts
    return _now("%(passed)s of %(total)s passed") % counts


def attempts_in(rooms: Sequence[Room]) -> dict[int, list[ExerciseAttempt]]:
    found: dict[int, list[ExerciseAttempt]] = defaultdict(list)
    current = ExerciseAttempt.objects.current().filter(room__in=[room.pk for room in rooms])
    for attempt in current.order_by("at", "pk"):
        found[attempt.room_id].append(attempt)
    return found


def refusals_in(
    rooms: Sequence[Room], taken: dict[int, list[ExerciseAttempt]]
) -> dict[int, list[Any]]:
    """What people in `rooms` were refused since the first exercise was begun."""
    found: dict[int, list[Any]] = defaultdict(list)
    begun = [each.at for own in taken.values() for each in own if each.what == What.BEGUN]
    if not begun:
        return found
    first = min(begun)
    pks = [room.pk for room in rooms]
    refused = Record.objects.exclude(refused="").filter(
        Q(at__gte=first) | Q(last_at__gte=first),
        partner__room__room__in=pks,
        actor__is_staff=False,
    )
    rows = refused.order_by("at", "pk").values_list(
        "partner__room__room", "at", "last_at", "times", "refused", "params"
    )
    for room, *row in rows:
        found[room].append(Refused(*row))
    return found


@dataclass(frozen=True)
class Refused:
    """Something that somebody in a room was refused, and how often within an hour."""

    at: datetime
    last_at: datetime | None
    times: int
    code: str
    params: dict[str, Any]

    @property
    def message(self) -> str:
        return str(Refusal.message_of(self.code, self.params))

    @property
    def latest(self) -> datetime:
        return self.last_at or self.at

    def times_since(self, moment: datetime) -> int:
        return self.times if self.at >= moment else 1


class RoomProgress:
    """One room's steps with its exercises, from its attempts and refusals."""

    def __init__(
        self, room: Room, taken: list[ExerciseAttempt], refusals: list[Refused], now: datetime
    ) -> None:
        self.room, self.refusals, self.now = room, refusals, now
        self.taken: dict[str, list[ExerciseAttempt]] = defaultdict(list)
        for attempt in taken:
            self.taken[attempt.exercise].append(attempt)
        # A refusal belongs to the exercise that was begun last before it
        self.begins = [attempt.at for attempt in taken if attempt.what == What.BEGUN]

    def each(self) -> Iterable[Progress]:
        return map(self.progress, exercises_of(self.room))

    def progress(self, exercise: Exercise) -> Progress:
        taken = self.taken[exercise.slug]
        done = next((each for each in taken if each.is_pass or each.what == What.SHOWN), None)
        begun = next((each for each in taken if each.what == What.BEGUN), None)
        if done:
            state = State.PASSED if done.is_pass else State.SHOWN
            tries = self.met(begun, taken, done.at).tries if begun else 0
            answer = exercise.sentence_of(done)
            return Progress(exercise, state, done.at, tries, answer, by_trainer=done.by == TRAINER)
        if begun:
            return self.begun(exercise, begun, taken)
        if taken:
            because = why_not_offered(taken[-1].finding, taken[-1].params)
            return Progress(exercise, State.NOT_OFFERED, taken[-1].at, message=because)
        return Progress(exercise)

    def begun(
        self, exercise: Exercise, begun: ExerciseAttempt, taken: list[ExerciseAttempt]
    ) -> Progress:
        met = self.met(begun, taken, self.now)
        is_late = self.now - begun.at >= STUCK_AFTER
        state = State.STUCK if is_late and met.tries >= STUCK_TRIES else State.BEGUN
        messages = [(each.at, exercise.sentence_of(each)) for each in met.failed[-1:]]
        messages += [(each.latest, each.message) for each in met.refused[-1:]]
        message_at, message = max(messages, default=(None, ""))
        return Progress(exercise, state, begun.at, met.tries, message, message_at)

    def met(self, begun: ExerciseAttempt, taken: list[ExerciseAttempt], until: datetime) -> "Met":
        """What went wrong with an exercise, as far as it was the one begun last."""
        failed = [each for each in taken if each.what == What.CHECKED and each.finding]
        until = min([until, *(at for at in self.begins if at > begun.at)])
        refused = [each for each in self.refusals if begun.at <= each.latest <= until]
        tries = len(failed) + sum(each.times_since(begun.at) for each in refused)
        return Met(failed, refused, tries)


@dataclass(frozen=True)
class Met:
    """Checks that found something and refusals, and how many of both."""

    failed: list[ExerciseAttempt]
    refused: list[Refused]
    tries: int
