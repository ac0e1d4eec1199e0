"""The rooms of a class for its trainer: the progress of each, and what was last refused there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery
from django.db.models.functions import Coalesce

from benefits_portal.listing.page import Page
from benefits_portal.tenants.models import Record, TenantsAction

from .exercises import (
    Exercise,
    Progress,
    RoomProgress,
    State,
    exercises_in,
    present,
    standing_of,
    tally,
)
from .models import Class, Persona, Room

ON_PAGE = 50
SECOND, MOST_DIGITS = 2, 6  # pages
HERE = timedelta(minutes=2)  # since the last request: people read a page for as long


@dataclass(frozen=True)
class RoomRow:
    """A room in the table.

    `known_as` is the name of the persona last used there. `did` is the last action other than
    signing in, `refused` the last refusal, both in words. `steps` is the progress with each
    exercise, and `at` the current one.
    """

    room: Room
    known_as: str
    is_here: bool
    did: str
    did_at: datetime | None
    refused: str
    refused_at: datetime | None
    steps: list[Progress]
    at: Progress | None

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def tally(self) -> str:
        return tally(self.steps)

    @property
    def number(self) -> int:
        """The position of the current exercise, from 1; 0 if there is none."""
        return self.steps.index(self.at) + 1 if self.at else 0

    @property
    def is_stuck(self) -> bool:
        return self.at is not None and self.at.state is State.STUCK

    @property
    def last_refusal(self) -> str:
        """The last refusal, unless the current exercise already shows it."""
        shown = self.at.message if self.at and self.at.is_open else ""
        return "" if self.refused == shown else self.refused


@dataclass(frozen=True)
class ExerciseRow:
    """An exercise, the number of rooms where something went wrong, and what, if asked for."""

    exercise: Exercise
    went_wrong_in: int
    missed: list[tuple[Room, Progress]]


@dataclass(frozen=True)
class ClassRooms:
    """One page of a class's rooms; `here`, `taken` and `exercises` are about all its rooms."""

    page: Page[RoomRow]
    here: int
    taken: int
    exercises: list[ExerciseRow]


def rooms_of(of_class: Class, page: str, exercise: str = "") -> ClassRooms:
    """The page `page` (a number or "last") of ON_PAGE rooms; three queries.

    What went wrong is listed for the `exercise` with this slug only, since it is most of the page.
    """
    standing = standing_in(of_class)
    number, last = page_number(page, len(standing)), page_number("last", len(standing))
    start = (number - 1) * ON_PAGE
    return ClassRooms(
        Page(
            [row_of(each) for each in standing[start : start + ON_PAGE]],
            total=len(standing),
            first_href="?" if number > SECOND else "",
            previous_href=f"?page={number - 1}" if number > 1 else "",
            next_href=f"?page={number + 1}" if number < last else "",
            last_href="?page=last" if number < last - 1 else "",
        ),
        here=sum(is_here(each) for each in standing),
        taken=len(standing) + of_class.rooms_deleted,
        exercises=[
            exercise_row(each, standing, is_asked=each.slug == exercise)
            for each in exercises_in(of_class)
        ],
    )


def exercise_row(
    exercise: Exercise, standing: list[RoomProgress], *, is_asked: bool
) -> ExerciseRow:
    """What went wrong with `exercise`, with rooms in the order of their names."""
    where = [each for each in standing if each.went_wrong(exercise)]
    shown = sorted(where, key=lambda each: each.room.name.casefold()) if is_asked else []
    missed = [(each.room, each.progress(exercise)) for each in shown]
    return ExerciseRow(exercise, len(where), missed)


def page_number(text: str, rows: int) -> int:
    """The page number in `text`, limited to the pages of `rows`; 1 if it is not a number."""
    last = max(-(-rows // ON_PAGE), 1)
    if text == "last":
        return last
    return min(max(int(text), 1), last) if text.isdecimal() and len(text) < MOST_DIGITS else 1


def rows_of(of_class: Class, only: Room | None = None) -> list[RoomRow]:
    """The rows of all rooms, or of one; three queries."""
    return [row_of(each) for each in standing_in(of_class, only)]


def standing_in(of_class: Class, only: Room | None = None) -> list[RoomProgress]:
    """The progress of rooms: raised hands first, then stuck ones, then by name."""
    chosen = Room.objects.filter(of_class=of_class, **({"pk": only.pk} if only else {}))
    rooms = list(with_last_acts(chosen, of_class))
    for room in rooms:
        room.of_class = of_class
    return sorted(standing_of(rooms, since=of_class.opens_at).values(), key=order)


def with_last_acts(rooms: Any, of_class: Class) -> Any:
    """Annotate the persona last used, and the trainees' last action other than signing in."""
    theirs = Record.objects.filter(
        partner__room__room=OuterRef("pk"),
        actor__is_staff=False,
        at__gt=OuterRef("entered_at"),
        refused="",
    )
    theirs = theirs.exclude(actor=of_class.made_by_id).exclude(action=TenantsAction.SIGNED_IN)
    last = theirs.order_by("-at", "-pk").annotate(latest=Coalesce("last_at", "at"))
    seen = Persona.objects.filter(room=OuterRef("pk"), slug=OuterRef("seen_as"))
    return rooms.annotate(
        known_as=Subquery(seen.values("user__name")[:1]),
        did=Subquery(last.values("action")[:1]),
        did_at=Subquery(last.values("latest")[:1]),
    )


def order(standing: RoomProgress) -> tuple[bool, bool, str]:
    room = standing.room
    return room.hand_raised_at is None, not standing.is_stuck, room.name.casefold()


def is_here(standing: RoomProgress) -> bool:
    """Whether someone made a request in the room within the last two minutes."""
    room, now = standing.room, standing.now
    was_here = room.seen_at is not None and room.seen_at > now - HERE
    return was_here and room.of_class is not None and not room.of_class.is_over(now)


def row_of(standing: RoomProgress) -> RoomRow:
    room: Any = standing.room
    steps = list(standing.each())
    refusals = [each for each in standing.refusals if each.latest > room.entered_at]
    refused = max(refusals, key=lambda each: each.at, default=None)
    return RoomRow(
        room=room,
        known_as=room.known_as or "",
        is_here=is_here(standing),
        did=str(Record(action=room.did).action_label) if room.did else "",
        did_at=room.did_at,
        refused=refused.message if refused else "",
        refused_at=refused.latest if refused else None,
        steps=steps,
        at=present(steps) if room.generation else None,
    )
