"""What a trainee sees after the class has ended: the results of their closed room."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.utils.functional import Promise

from .exercises import Progress, State, exercises, steps_of
from .models import Room


@dataclass(frozen=True)
class EndedClass:
    """A class that has ended, and a room's exercises by their titles."""

    title: str
    closed_at: datetime
    total: int
    passed: list[str | Promise]
    shown: list[str | Promise]

    @classmethod
    def from_session(cls, values: dict[str, Any]) -> Self:
        """From the values of `session_values`."""
        return cls(
            values["title"],
            datetime.fromisoformat(values["closed_at"]),
            values["total"],
            titles(values["passed"]),
            titles(values["shown"]),
        )


def session_values(room: Room) -> dict[str, Any]:
    """The values for the session, of a room whose class has ended; one query."""
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
    """The titles of exercises that still have a file, in the reader's language."""
    known = exercises()
    return [known[slug].title for slug in slugs if slug in known]
