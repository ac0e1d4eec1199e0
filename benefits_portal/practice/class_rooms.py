"""The rooms of a class as its trainer sees them: who is there, as whom, and what stopped them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Subquery

from benefits_portal import clock
from benefits_portal.tenants.models import Record

from .models import Class, Persona, Room

HERE = timedelta(minutes=2)  # since the last sign of life: reading a page takes as long


@dataclass(frozen=True)
class RoomRow:
    """A room in the table. `refused` is the last thing somebody in it was refused, in words."""

    room: Room
    known_as: str
    is_here: bool
    refused: str
    refused_at: datetime | None


def rows_of(of_class: Class, only: Room | None = None) -> list[RoomRow]:
    """Hands that are up first, then by name: two queries, however many rooms there are."""
    last = Record.objects.exclude(refused="").filter(
        partner__room__room=OuterRef("pk"),
        actor__is_staff=False,
        at__gt=OuterRef("entered_at"),
    )
    seen = Persona.objects.filter(room=OuterRef("pk"), slug=OuterRef("seen_as"))
    chosen = Room.objects.filter(of_class=of_class, **({"pk": only.pk} if only else {}))
    rooms: list[Any] = list(
        chosen.annotate(
            last_refused=Subquery(last.order_by("-at", "-pk").values("pk")[:1]),
            known_as=Subquery(seen.values("user__name")[:1]),
        )
    )
    refusals = Record.objects.in_bulk([room.last_refused for room in rooms if room.last_refused])
    now = clock.now()
    is_over = of_class.is_over(now)
    rows = [
        RoomRow(
            room=room,
            known_as=room.known_as or "",
            is_here=not is_over and room.seen_at is not None and room.seen_at > now - HERE,
            refused=str(found.refused_because) if found else "",
            refused_at=found.last_at or found.at if found else None,
        )
        for room in rooms
        for found in [refusals.get(room.last_refused)]
    ]
    return sorted(rows, key=lambda row: (row.room.hand_raised_at is None, row.room.name.casefold()))
