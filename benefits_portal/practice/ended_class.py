"""What a trainee sees after the class has ended: what they achieved in their closed room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.functional import Promise

from .exercises import Progress, State, exercises, steps_of
from .models import Room


@dataclass(frozen=True)
class Ended:
    """A class that has ended, and how one room stood with its exercises then."""

    title: str
    closed_at: datetime
    total: int
    passed: list[str | Promise]
    shown: list[str | Promise]

    @classmethod
    def read(cls, held: dict[str, Any]) -> Self:
        """From what the session holds."""
        return cls(
            held["title"],
            datetime.fromisoformat(held["closed_at"]),
            held["total"],
            titles(held["passed"]),
            titles(held["shown"]),
        )


def held_of(room: Room) -> dict[str, Any]:
    """What the session is to hold of a room of a class that has ended: one query."""
    assert room.of_class is not None  # noqa: S101 - the shared world does not end
    steps = steps_of(room)
    return {
        "title": room.of_class.title,
        "closed_at": room.of_class.closes_at.isoformat(),
        "total": len(steps),
        "passed": slugs(steps, State.PASSED),
        "shown": slugs(steps, State.SHOWN),
    }


def slugs(steps: Iterable[Progress], state: State) -> list[str]:
    return [step.exercise.slug for step in steps if step.state is state]


def titles(slugs: Iterable[str]) -> list[str | Promise]:
    """In the reader's language."""
    known = exercises()
    return [known[slug].title for slug in slugs if slug in known]
