"""How rooms stand with their exercises, worked out from what was done: for many rooms at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.practice.models import Class, ExerciseAttempt, Room
from benefits_portal.practice.situations import SHARED, SITUATIONS, Situation

from .actions import TRAINER, why_not_offered
from .attempts import AttemptRow, RefusalRow, attempts_in, refusals_in
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
    said; of one that was shown, its answer. `met` is all that went wrong until it was done.
    """

    exercise: Exercise
    state: State = State.NOT_BEGUN
    since: datetime | None = None
    tries: int = 0
    message: str = ""
    message_at: datetime | None = None
    by_trainer: bool = False
    met: "Met | None" = None

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

    @property
    def misses(self) -> "list[Miss]":
        """What went wrong until it was done."""
        return self.met.misses(self.exercise) if self.met else []


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
    return {pk: list(each.each()) for pk, each in standing_of(rooms).items()}


def standing_of(rooms: Sequence[Room], since: datetime | None = None) -> "dict[int, RoomProgress]":
    """The same, not worked out yet; with every refusal `since` then, beside those of exercises."""
    taken = attempts_in(rooms)
    refusals = refusals_in(rooms, taken, since)
    now = clock.now()
    return {room.pk: RoomProgress(room, taken[room.pk], refusals[room.pk], now) for room in rooms}


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


class RoomProgress:
    """One room's steps with its exercises, from its attempts and refusals."""

    def __init__(
        self, room: Room, taken: list[AttemptRow], refusals: list[RefusalRow], now: datetime
    ) -> None:
        self.room, self.refusals, self.now = room, refusals, now
        self.taken: dict[str, list[AttemptRow]] = defaultdict(list)
        for attempt in taken:
            self.taken[attempt.exercise].append(attempt)
        # A refusal belongs to the exercise that was begun last before it
        self.begins = [attempt.at for attempt in taken if attempt.what == What.BEGUN]

    def each(self) -> Iterable[Progress]:
        return map(self.progress, exercises_of(self.room))

    @property
    def is_stuck(self) -> bool:
        """With the exercise that it is at; the others are not worked out."""
        offered = {exercise.slug for exercise in exercises_of(self.room)}
        begun = [
            (first, taken)
            for slug, taken in self.taken.items()
            if slug in offered and (first := begun_in(taken)) and not done_in(taken)
        ]
        latest = max(begun, key=lambda pair: pair[0].at, default=None)
        return latest is not None and self.is_too_much(latest[0], self.met(*latest, self.now))

    def went_wrong(self, exercise: Exercise) -> bool:
        """Whether anything did; what it was is not put into words."""
        met = self.met_in(self.taken.get(exercise.slug, []))
        return met is not None and met.tries > 0

    def progress(self, exercise: Exercise) -> Progress:
        taken = self.taken.get(exercise.slug, [])
        done, begun = done_in(taken), begun_in(taken)
        if done:
            state = State.PASSED if done.is_pass else State.SHOWN
            met = self.met_in(taken)
            return Progress(
                exercise,
                state,
                done.at,
                met.tries if met else 0,
                exercise.sentence_of(done),
                by_trainer=done.by == TRAINER,
                met=met,
            )
        if begun:
            return self.begun(exercise, begun, taken)
        if taken:
            because = why_not_offered(taken[-1].finding, taken[-1].params)
            return Progress(exercise, State.NOT_OFFERED, taken[-1].at, message=because)
        return Progress(exercise)

    def begun(self, exercise: Exercise, begun: AttemptRow, taken: list[AttemptRow]) -> Progress:
        met = self.met(begun, taken, self.now)
        state = State.STUCK if self.is_too_much(begun, met) else State.BEGUN
        messages = [(each.at, exercise.sentence_of(each)) for each in met.failed[-1:]]
        messages += [(each.latest, each.message) for each in met.refused[-1:]]
        message_at, message = max(messages, default=(None, ""))
        return Progress(exercise, state, begun.at, met.tries, message, message_at, met=met)

    def is_too_much(self, begun: AttemptRow, met: "Met") -> bool:
        """Whether whoever met so much since is stuck (X8)."""
        return self.now - begun.at >= STUCK_AFTER and met.tries >= STUCK_TRIES

    def met_in(self, taken: list[AttemptRow]) -> "Met | None":
        """What went wrong with an exercise until it was done; None if it was not begun."""
        done, begun = done_in(taken), begun_in(taken)
        return self.met(begun, taken, done.at if done else self.now) if begun else None

    def met(self, begun: AttemptRow, taken: list[AttemptRow], until: datetime) -> "Met":
        """What went wrong with an exercise; refusals as far as it was the one begun last."""
        failed = [each for each in taken if each.what == What.CHECKED and each.finding]
        failed = [each for each in failed if each.at <= until]
        until = min([until, *(at for at in self.begins if at > begun.at)])
        refused = [each for each in self.refusals if begun.at <= each.latest <= until]
        return Met(begun.at, failed, refused)


def begun_in(taken: list[AttemptRow]) -> AttemptRow | None:
    return next((each for each in taken if each.what == What.BEGUN), None)


def done_in(taken: list[AttemptRow]) -> AttemptRow | None:
    """When it was passed or shown, whichever came first."""
    return next((each for each in taken if each.is_pass or each.what == What.SHOWN), None)


@dataclass(frozen=True)
class Met:
    """Checks that found something and refusals, since an exercise was begun."""

    since: datetime
    failed: list[AttemptRow]
    refused: list[RefusalRow]

    @property
    def tries(self) -> int:
        """How many of both."""
        return len(self.failed) + sum(each.times_since(self.since) for each in self.refused)

    def misses(self, exercise: Exercise) -> "list[Miss]":
        """Each in words and how often, in the order in which they first were."""
        messages = [(each.at, exercise.sentence_of(each), 1) for each in self.failed]
        messages += [(each.at, each.message, each.times_since(self.since)) for each in self.refused]
        times: Counter[str] = Counter()
        for _at, message, count in sorted(messages):
            times[message] += count
        return [Miss(message, count) for message, count in times.items()]


@dataclass(frozen=True)
class Miss:
    """What a check found or the portal refused, in words, and how often."""

    message: str
    times: int
