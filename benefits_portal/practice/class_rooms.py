"""The rooms of a class as its trainer sees them: how each stands, and what stopped it last."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from benefits_portal import clock
from benefits_portal.tenants.models import Record, TenantsAction

from .exercises import Progress, State, present, progress_of
from .models import Class, Persona, Room

HERE = timedelta(minutes=2)  # since the last sign of life: reading a page takes as long


@dataclass(frozen=True)
class RoomRow:
    """A room in the table. `refused` is the last thing somebody in it was refused, in words.

    `did` is the last thing that they did, but for signing in; `steps` how it stands with each
    exercise, and `at` the one it is at.
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
    def number(self) -> int:
        """Which of its exercises the room is at, counted from 1; 0 for none."""
        return self.steps.index(self.at) + 1 if self.at else 0

    @property
    def is_stuck(self) -> bool:
        return self.at is not None and self.at.state is State.STUCK

    @property
    def last_refusal(self) -> str:
        """Unless it is what the room is said to be stuck on."""
        shown = self.at.message if self.at and self.at.is_open else ""
        return "" if self.refused == shown else self.refused

    @property
    def order(self) -> tuple[bool, bool, str]:
        """Hands that are up first, then who is stuck, then by name."""
        return self.room.hand_raised_at is None, not self.is_stuck, self.room.name.casefold()


def rows_of(of_class: Class, only: Room | None = None) -> list[RoomRow]:
    """Four queries, however many rooms there are."""
    chosen = Room.objects.filter(of_class=of_class, **({"pk": only.pk} if only else {}))
    rooms: list[Any] = list(with_last_acts(chosen, of_class))
    for room in rooms:
        room.of_class = of_class
    named = [pk for room in rooms for pk in (room.last_refused, room.last_done) if pk]
    records = Record.objects.in_bulk(named)
    steps = progress_of(rooms)
    now = clock.now()
    rows = [row_of(room, records, steps[room.pk], now) for room in rooms]
    return sorted(rows, key=lambda row: row.order)


def with_last_acts(rooms: Any, of_class: Class) -> Any:
    """With what its people did and were refused last; what the trainer did is not theirs."""
    theirs = Record.objects.filter(
        partner__room__room=OuterRef("pk"), actor__is_staff=False, at__gt=OuterRef("entered_at")
    ).exclude(actor=of_class.made_by_id)
    done = theirs.filter(refused="").exclude(action=TenantsAction.SIGNED_IN)
    seen = Persona.objects.filter(room=OuterRef("pk"), slug=OuterRef("seen_as"))
    return rooms.annotate(
        last_refused=Subquery(latest(theirs.exclude(refused=""))),
        last_done=Subquery(latest(done)),
        known_as=Subquery(seen.values("user__name")[:1]),
    )


def latest(records: Any) -> Any:
    return records.order_by("-at", "-pk").values("pk")[:1]


def row_of(room: Any, records: dict[int, Record], steps: list[Progress], now: datetime) -> RoomRow:
    refused, did = records.get(room.last_refused), records.get(room.last_done)
    was_here = room.seen_at is not None and room.seen_at > now - HERE
    return RoomRow(
        room=room,
        known_as=room.known_as or "",
        is_here=was_here and not room.of_class.is_over(now),
        did=str(did.action_label) if did else "",
        did_at=did.last_at or did.at if did else None,
        refused=str(refused.refused_because) if refused else "",
        refused_at=refused.last_at or refused.at if refused else None,
        steps=steps,
        at=present(steps) if room.generation else None,
    )
