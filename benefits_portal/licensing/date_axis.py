"""Several days on one line, for the drawing and for its text."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from benefits_portal.formats import as_day


@dataclass(frozen=True)
class Mark:
    """A day with a name; `kind` is "today", "now", "new", "limit" or nothing."""

    label: str
    day: date
    kind: str = ""


@dataclass(frozen=True)
class Axis:
    """Marks in the order of their days, within the `MARGIN` at both sides.

    Positions lie between `MARGIN` and 100 − `MARGIN` per cent of the width.
    """

    days: list[Mark]

    MARGIN = 3

    def position(self, day: date) -> int:
        first, last = min(mark.day for mark in self.days), max(mark.day for mark in self.days)
        whole = max((last - first).days, 1)
        return self.MARGIN + (day - first).days * (100 - 2 * self.MARGIN) // whole

    def marks(self) -> list[dict[str, Any]]:
        """Numbered in the order of their days; above and below the line in turn.

        So near ones do not cover each other.
        """
        return [
            {
                "number": number,
                "label": mark.label,
                "date": as_day(mark.day),
                "position": self.position(mark.day),
                "height": 11 if number % 2 else 45,
                "kind": mark.kind,
            }
            for number, mark in enumerate(sorted(self.days, key=lambda mark: mark.day), 1)
        ]

    def span(self) -> dict[str, int] | None:
        """The stretch from today to the present end, where both are marked."""
        ends = {
            mark.kind: self.position(mark.day)
            for mark in self.days
            if mark.kind in ("today", "now")
        }
        if len(ends) < 2 or ends["now"] <= ends["today"]:
            return None
        return {"start": ends["today"], "width": ends["now"] - ends["today"]}
