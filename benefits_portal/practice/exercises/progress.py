"""The progress of rooms with their exercises, derived from attempts and refusals."""

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

STUCK_AFTER = timedelta(minutes=5)  # since the exercise was begun (X8)
STUCK_TRIES = 3  # refusals and failed checks since then
What = ExerciseAttempt.What


class State(StrEnum):
    """The state of a room's exercise."""

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
# The state that is kept of each state after the room is deleted
OUTCOMES = {
    State.PASSED: State.PASSED,
    State.SHOWN: State.SHOWN,
    State.BEGUN: State.BEGUN,
    State.STUCK: State.BEGUN,
}
SHOWN_BY_TRAINER = _("Shown by your trainer")


@dataclass(frozen=True)
class Progress:
    """A room's progress with one exercise.

    `since` is when it was begun, passed or shown. `tries` counts failed checks and refusals from
    its beginning until it was done. `message` is the last finding or refusal in words, at
    `message_at`; or why the exercise is not offered; or the answer that was shown. `failures` are
    all findings and refusals until it was done.
    """

    exercise: Exercise
    state: State = State.NOT_BEGUN
    since: datetime | None = None
    tries: int = 0
    message: str = ""
    message_at: datetime | None = None
    by_trainer: bool = False
    failures: "Failures | None" = None

    @property
    def label(self) -> str | Promise:
        """The state as the trainee reads it."""
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
        """The failures in words."""
        return self.failures.misses(self.exercise) if self.failures else []


def exercises_of(room: Room) -> list[Exercise]:
    """The exercises of `room`, in order: its class's, or all of the shared world's situation."""
    return exercises_in(room.of_class) if room.of_class else exercises_for(SHARED)


def exercises_in(of_class: Class) -> list[Exercise]:
    """The exercises that the trainer chose."""
    offered = exercises_for(SITUATIONS[of_class.situation])
    return [each for each in offered if each.slug in of_class.exercises]


def exercises_for(situation: Situation) -> list[Exercise]:
    return [each for each in exercises().values() if SITUATIONS[each.situation] is situation]


def progress_of(rooms: Sequence[Room]) -> dict[int, list[Progress]]:
    """The progress of each room by its primary key, in the order of its exercises.

    Two queries; `of_class` of each room must be loaded.
    """
    return {pk: list(each.each()) for pk, each in standing_of(rooms).items()}


def standing_of(rooms: Sequence[Room], since: datetime | None = None) -> "dict[int, RoomProgress]":
    """The same, computed when needed; with all refusals after `since`, not only exercises'."""
    taken = attempts_in(rooms)
    refusals = refusals_in(rooms, taken, since)
    now = clock.now()
    return {room.pk: RoomProgress(room, taken[room.pk], refusals[room.pk], now) for room in rooms}


def steps_of(room: Room) -> list[Progress]:
    """The progress of one room; one query. Without refusals, so fewer exercises are stuck."""
    return list(RoomProgress(room, attempts_in([room])[room.pk], [], clock.now()).each())


def present(steps: Iterable[Progress]) -> Progress | None:
    """The current exercise: the open one begun last, else the first that is not begun."""
    steps = list(steps)
    begun = [each for each in steps if each.is_open and each.since]
    if begun:
        return max(begun, key=lambda each: each.since or clock.now())
    return next((each for each in steps if each.state is State.NOT_BEGUN), None)


def tally(steps: Iterable[Progress]) -> str:
    """As in: 2 passed, 1 shown, of 9."""
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
    """Computes one room's progress from its attempts and refusals."""

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
        """Whether the current exercise is stuck; does not compute the others."""
        offered = {exercise.slug for exercise in exercises_of(self.room)}
        begun = [
            (first, taken)
            for slug, taken in self.taken.items()
            if slug in offered and (first := begun_in(taken)) and not done_in(taken)
        ]
        latest = max(begun, key=lambda pair: pair[0].at, default=None)
        if latest is None:
            return False
        return self.is_stuck_with(latest[0], self.failures(*latest, self.now))

    def went_wrong(self, exercise: Exercise) -> bool:
        """Whether there are failures; faster than putting them into words."""
        failures = self.failures_in(self.taken.get(exercise.slug, []))
        return failures is not None and failures.tries > 0

    def progress(self, exercise: Exercise) -> Progress:
        taken = self.taken.get(exercise.slug, [])
        done, begun = done_in(taken), begun_in(taken)
        if done:
            state = State.PASSED if done.is_pass else State.SHOWN
            failures = self.failures_in(taken)
            return Progress(
                exercise,
                state,
                done.at,
                failures.tries if failures else 0,
                exercise.sentence_of(done),
                by_trainer=done.by == TRAINER,
                failures=failures,
            )
        if begun:
            return self.begun(exercise, begun, taken)
        if taken:
            because = why_not_offered(taken[-1].finding, taken[-1].params)
            return Progress(exercise, State.NOT_OFFERED, taken[-1].at, message=because)
        return Progress(exercise)

    def begun(self, exercise: Exercise, begun: AttemptRow, taken: list[AttemptRow]) -> Progress:
        failures = self.failures(begun, taken, self.now)
        state = State.STUCK if self.is_stuck_with(begun, failures) else State.BEGUN
        messages = [(each.at, exercise.sentence_of(each)) for each in failures.checks[-1:]]
        messages += [(each.latest, each.message) for each in failures.refusals[-1:]]
        message_at, message = max(messages, default=(None, ""))
        return Progress(
            exercise, state, begun.at, failures.tries, message, message_at, failures=failures
        )

    def is_stuck_with(self, begun: AttemptRow, failures: "Failures") -> bool:
        """Whether an exercise counts as stuck after these failures (X8)."""
        return self.now - begun.at >= STUCK_AFTER and failures.tries >= STUCK_TRIES

    def failures_in(self, taken: list[AttemptRow]) -> "Failures | None":
        """The failures until the exercise was done; None if it was not begun."""
        done, begun = done_in(taken), begun_in(taken)
        return self.failures(begun, taken, done.at if done else self.now) if begun else None

    def failures(self, begun: AttemptRow, taken: list[AttemptRow], until: datetime) -> "Failures":
        """Failed checks and refusals until `until`; refusals only until another one was begun."""
        failed = [each for each in taken if each.what == What.CHECKED and each.finding]
        failed = [each for each in failed if each.at <= until]
        until = min([until, *(at for at in self.begins if at > begun.at)])
        refused = [each for each in self.refusals if begun.at <= each.latest <= until]
        return Failures(begun.at, failed, refused)


def begun_in(taken: list[AttemptRow]) -> AttemptRow | None:
    return next((each for each in taken if each.what == What.BEGUN), None)


def done_in(taken: list[AttemptRow]) -> AttemptRow | None:
    """The attempt by which the exercise was passed or shown, if any."""
    return next((each for each in taken if each.is_pass or each.what == What.SHOWN), None)


@dataclass(frozen=True)
class Failures:
    """Failed checks, and refusals, since an exercise was begun."""

    since: datetime
    checks: list[AttemptRow]
    refusals: list[RefusalRow]

    @property
    def tries(self) -> int:
        """The number of failed checks and refusals."""
        return len(self.checks) + sum(each.times_since(self.since) for each in self.refusals)

    def misses(self, exercise: Exercise) -> "list[Miss]":
        """Each different failure in words with its count, in the order of first occurrence."""
        messages = [(each.at, exercise.sentence_of(each), 1) for each in self.checks]
        messages += [
            (each.at, each.message, each.times_since(self.since)) for each in self.refusals
        ]
        times: Counter[str] = Counter()
        for _at, message, count in sorted(messages):
            times[message] += count
        return [Miss(message, count) for message, count in times.items()]


@dataclass(frozen=True)
class Miss:
    """A finding or a refusal in words, and how often it occurred."""

    message: str
    times: int
