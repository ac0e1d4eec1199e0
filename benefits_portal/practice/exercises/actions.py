"""Begin, check and demonstrate an exercise."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import F, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.practice.reminding import remind
from benefits_portal.practice.room_world import storyteller
from benefits_portal.practice.story import StoryPlayer
from benefits_portal.practice.story_event import Event, StoryError
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, How, Partner, PracticeWorld, User

from .answer import finding_of
from .exercise import Exercise
from .names import STAFF
from .scope import Finding, Scope

What = ExerciseAttempt.What
TRAINER = "trainer"  # the value of `by` for trainers; others are personas' slugs
GONE = "gone"  # why an exercise is not offered, if it is not because of a refusal


class NotDone(Exception):
    """An exercise was not begun, checked or shown; the message says why, and what to do."""

    message: str | Promise = ""

    def __str__(self) -> str:
        return str(self.message)


class NotBegun(NotDone):
    message = _("Begin this exercise first.")


class NotOffered(NotDone):
    """What the exercise needs no longer exists (X7)."""

    def __init__(self, code: str, params: dict[str, Any] | None = None) -> None:
        super().__init__()
        self.code, self.params = code, params or {}
        self.message = why_not_offered(code, self.params)


class NotShown(NotOffered):
    """The solution can no longer be carried out."""


def why_not_offered(code: str, params: dict[str, Any]) -> str:
    """The message of NotOffered, in the reader's language; `code` is a refusal's code, or GONE."""
    because = _now("Something that it needs has been used or changed.")
    if code in Refusal.by_code:
        because = str(Refusal.message_of(code, params))
    return _now("%(because)s To do this exercise, start the room over.") % {"because": because}


def begin(room: Room, exercise: Exercise, by: str = "") -> ExerciseAttempt:
    """Make what the exercise needs in `room` (X5). Beginning again changes nothing.

    A solution is tried and rolled back: if none works, nothing is made, the reason is stored for
    the trainer, and NotOffered is raised (X7). `by` is a persona's slug.
    """
    refused: NotOffered
    with transaction.atomic():
        room = Room.objects.select_for_update(of=("self",)).get(pk=room.pk)
        if there := ExerciseAttempt.objects.at(room, exercise.slug).begun().first():
            return there
        partner = exercise.partners_in(room).first()
        try:
            if partner is None:
                raise NotOffered(GONE)
            with transaction.atomic():
                ExercisePlayer(room, exercise, partner).prepare()
                return save_attempt(room, exercise, What.BEGUN, partner.today(), by)
        except NotOffered as error:
            refused = error
        on = partner.today() if partner else clock.today()
        seen = ExerciseAttempt.objects.at(room, exercise.slug).filter(what=What.NOT_OFFERED)
        if not seen.exists():
            finding = Finding(refused.code, refused.params)
            save_attempt(room, exercise, What.NOT_OFFERED, on, by, finding=finding)
    raise refused


def check(room: Room, exercise: Exercise, by: str = "", answer: str = "") -> ExerciseAttempt:
    """Check the exercise, and store what is missing; changes nothing else (X1).

    `answer` is the typed text. At most three queries besides the questions'. Raises NotBegun.
    """
    scope = scope_of(room, exercise)
    if asked := exercise.asked:
        scope = replace(scope, answer=asked.read(answer))
    number, finding = first_finding(exercise, scope)
    room.generation = scope.generation
    return save_attempt(
        room, exercise, What.CHECKED, scope.on, by, finding=finding, question=number
    )


def show_me(
    room: Room, exercise: Exercise, by: str = "", trainer: User | None = None
) -> ExerciseAttempt:
    """Carry the solution out in `room`; the exercise then counts as shown (X6).

    Recorded as done by the personas of the solution, or by `trainer` (T8). If it was shown before,
    returns that attempt. Raises NotBegun or NotShown, and changes nothing then.
    """
    with transaction.atomic():
        room = Room.objects.select_for_update(of=("self",)).get(pk=room.pk)
        own = ExerciseAttempt.objects.at(room, exercise.slug)
        if there := own.filter(what=What.SHOWN).first():
            return there
        scope = scope_of(room, exercise)
        shown = ExercisePlayer(room, exercise, scope.partner, trainer).play_solution(scope)
        by = TRAINER if trainer else by
        attempt = save_attempt(room, exercise, What.SHOWN, scope.on, by, finding=shown)
    if scope.partner.today() > scope.on:
        remind(scope.partner)
    return attempt


def scope_of(room: Room, exercise: Exercise) -> Scope:
    """What the questions look at; one query. Raises NotBegun."""
    begun = ExerciseAttempt.objects.at(room, exercise.slug).begun()
    partners = exercise.partners_in(room).annotate(
        generation=F("room__room__generation"),
        begun_at=Subquery(begun.values("at")[:1]),
        begun_on=Subquery(begun.values("on")[:1]),
    )
    partner: Any = partners.first()
    if partner is None or partner.begun_at is None:
        raise NotBegun
    return Scope(
        partner=partner,
        suffix=room.suffix,
        generation=partner.generation,
        on=partner.today(),
        begun_on=partner.begun_on,
        begun_at=partner.begun_at,
    )


def first_finding(exercise: Exercise, scope: Scope) -> tuple[int, Finding | None]:
    """The position, from 1, and the finding of the first question with one; else 0 and None."""
    for number, question in enumerate(exercise.questions, start=1):
        if finding := question.find(scope):
            return number, finding
    return 0, None


def save_attempt(
    room: Room,
    exercise: Exercise,
    what: ExerciseAttempt.What,
    on: date,
    by: str,
    *,
    finding: Finding | None = None,
    question: int = 0,
) -> ExerciseAttempt:
    found = finding or Finding("")
    return ExerciseAttempt.objects.create(
        room=room,
        generation=room.generation,
        exercise=exercise.slug,
        what=what,
        on=on,
        finding=found.code,
        question=question,
        params=found.params,
        by=by,
    )


def story_on(room: Room) -> date:
    """The day as of which the world of `room` was made."""
    if room.of_class_id is None:
        return PracticeWorld.objects.get().as_of
    return room.story_on or clock.today()


class ExercisePlayer(StoryPlayer):
    """Plays the setup and the solutions of an exercise, at its partner."""

    def __init__(
        self, room: Room, exercise: Exercise, partner: Partner, trainer: User | None = None
    ) -> None:
        users = {STAFF: storyteller()} | room.users()
        edition = f"{exercise.slug}-{room.generation}"
        on, days_ahead = partner.today(), partner.days_ahead
        super().__init__(partner, users, on, room.suffix, edition, days_ahead)
        self._begins = on, days_ahead
        self._past = StoryPlayer(partner, users, story_on(room), room.suffix, f"{edition}-past")
        self.room, self.exercise, self.trainer = room, exercise, trainer

    def prepare(self) -> None:
        """Play past and setup, and check that a solution works. Raises NotOffered."""
        try:
            for event in self.exercise.past:
                self._past.play(event)
            self.play_all(self.exercise.setup)
        except StoryError as error:
            raise as_refused(NotOffered, error) from error
        scope = Scope(
            partner=self.partner,
            suffix=self.room.suffix,
            generation=self.room.generation,
            on=self.on,
            begun_on=self.on,
            begun_at=clock.now(),
        )
        if first_finding(self.exercise, scope)[1] is None:
            return  # solved already
        with transaction.atomic():
            self.play_solution(scope, NotOffered)
            transaction.set_rollback(True)
        self._go_back()

    def play_solution(self, scope: Scope, error_class: type[NotOffered] = NotShown) -> Finding:
        """Play the first solution that works; return a finding with its answer, if it has one.

        Raises `error_class` if none works.
        """
        errors = []
        for solution in self.exercise.solutions:
            try:
                with transaction.atomic():
                    self.play_all(solution)
                    figures = self.exercise.figures(scope)
                    answer = figures.right if figures else None
                    then = replace(scope, on=self.on, answer=answer)
                    if first_finding(self.exercise, then)[1]:
                        raise StoryError(f"{self.exercise.slug}: this solution does not solve it.")
                    return Finding("") if answer is None else finding_of("", answer)
            except StoryError as error:
                errors.append(error)
                self._go_back()
        raise as_refused(error_class, errors[0])

    def _go_back(self) -> None:
        """Return to the day before the rolled-back events."""
        self.on, self._days_ahead = self._begins
        self.partner.days_ahead = self._days_ahead

    def play_all(self, events: Iterable[Event]) -> None:
        """Play all `events`. Raises StoryError."""
        for event in events:
            self.play(event)

    def _actor(self, event: Event) -> Actor:
        if self.trainer is None:
            return super()._actor(event)
        return Actor(self.trainer, How.TRAINER, _now("Show me"))


def as_refused(error_class: type[NotOffered], error: StoryError) -> NotOffered:
    """The exception for `error`, with a refusal's code and params as the record has them."""
    if error.refusal is None:
        return error_class(GONE)
    code, params = error.refusal.on_record
    return error_class(code, params)
