"""Stretches of time and single days on one axis: where each is drawn, and the same as a table.

    DateAxis(today, bars=[Bar("Extend", start, end, "new")], marks=[Mark("Limit", day, "limit")])

Each of them has a lane of its own, so no label can cover another, however near the days are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, as_short_month, format_number, kept

WHOLE = 1000  # positions are per mille of the width
MARGIN = 12  # at both sides, for the shape of a mark
TICK_MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 600, 1200)
THIRDS = (340, 660)  # a label begins at its mark before the first, ends there after the second
EDGES = (100, 900)  # beyond these the label of a tick stands beside it
MONTH_ROOM, YEAR_ROOM = 300, 140  # up to the next tick, which such a label needs on a phone
SHORT = 26  # letters of a label that has room at its mark on a phone; longer ones stand above


@dataclass(frozen=True)
class Bar:
    """The days from `start` to `end`, both included; the label is at the end.

    `kind` is "now", "new", "warning", "limit" or empty. `until` replaces the label in the drawing,
    for a state that lasts until `end`.
    """

    label: str
    start: date
    end: date
    kind: str = ""
    until: str = ""

    @property
    def days(self) -> int:
        return (self.end - self.start).days


@dataclass(frozen=True)
class Mark:
    """A day with a name; `kind` is "today", "now", "new", "warning", "limit" or nothing."""

    label: str
    day: date
    kind: str = ""
    until = ""

    @property
    def start(self) -> date:
        return self.day

    @property
    def end(self) -> date:
        return self.day


@dataclass(frozen=True)
class DateAxis:
    """Today, then the bars in the given order, then the marks by day.

    `today_label` is the label of `today` if that is another day, such as that of redeeming.
    """

    today: date
    bars: Sequence[Bar] = ()
    marks: Sequence[Mark] = ()
    today_label: str = ""

    @classmethod
    def of_sample(cls, today: str, bars: list[list[str]], marks: list[list[str]]) -> "DateAxis":
        """An axis from days in ISO 8601: [label, start, end, kind] and [label, day, kind]."""
        day = date.fromisoformat
        return cls(
            day(today),
            [Bar(label, day(start), day(end), kind) for label, start, end, kind in bars],
            [Mark(label, day(on), kind) for label, on, kind in marks],
        )

    @cached_property
    def items(self) -> list[Bar | Mark]:
        """What the lanes show, from top to bottom."""
        today = Mark(self.today_label or _("Today"), self.today, "today")
        return [today, *self.bars, *sorted(self.marks, key=lambda mark: mark.day)]

    @cached_property
    def extent(self) -> tuple[date, date]:
        """The first and the last day of the drawing."""
        return min(item.start for item in self.items), max(item.end for item in self.items)

    @property
    def distance_label(self) -> str:
        """The heading of the column with distances."""
        return _("From that day") if self.today_label else _("From today")

    def position(self, day: date) -> int:
        """Per mille of the width, from `MARGIN` to `WHOLE` − `MARGIN`."""
        first, last = self.extent
        whole = max((last - first).days, 1)
        return MARGIN + (day - first).days * (WHOLE - 2 * MARGIN) // whole

    @property
    def drawn(self) -> list[dict[str, Any]]:
        """The values for components/date_axis.html, as one row."""
        return [
            {
                "today_x": self.today_x,
                "guide_x": self.guide_x,
                "distance": self.distance_label,
                "lanes": self.lanes(),
                "ticks": self.ticks(),
                "rows": self.rows(),
            }
        ]

    @property
    def today_x(self) -> str:
        return in_per_cent(self.position(self.today))

    @property
    def guide_x(self) -> str:
        """The end of what runs now, drawn through all lanes; empty if nothing runs."""
        ends = [item.end for item in self.items if item.kind == "now"]
        return in_per_cent(self.position(ends[0])) if ends else ""

    def lanes(self) -> list[dict[str, str]]:
        """The lanes: each has a label beside a mark at `x`, and perhaps a bar that ends there."""
        return [self.lane(item) for item in self.items]

    def lane(self, item: Bar | Mark) -> dict[str, str]:
        start, end = self.position(item.start), self.position(item.end)
        label = item.until or item.label
        return {
            "label": label,
            "joint": "" if item.until else " ·",
            "date": as_day(item.end),
            "kind": item.kind,
            "side": side_of(end),
            "length": "short" if len(label) <= SHORT else "long",
            "start": in_per_cent(start),
            "width": in_per_cent(max(end - start, 0)),
            "x": in_per_cent(end),
        }

    def ticks(self) -> list[dict[str, str]]:
        """First days of months or years, few enough to be labeled side by side on a phone.

        One at an edge whose label has no room is left out.
        """
        for step in TICK_MONTHS:
            days = self.first_days(step)
            if len(days) <= (6 if step >= 12 else 4):
                break
        room = YEAR_ROOM if step >= 12 else MONTH_ROOM
        at = [self.position(day) for day in days]
        return [
            {"x": in_per_cent(x), "side": tick_side(x), "label": tick_label(day, step)}
            for day, x in zip(days, at, strict=True)
            if tick_side(x) == "middle" or all(abs(other - x) >= room for other in at if other != x)
        ]

    def first_days(self, step: int) -> list[date]:
        """The first day of every `step`th month, counted from a January."""
        first, last = (day.year * 12 + day.month - 1 for day in self.extent)
        months = range(first // step * step + step, last + 1, step)
        return [date(month // 12, month % 12 + 1, 1) for month in months[:13]]

    def rows(self) -> list[dict[str, Any]]:
        """The same as rows of a table."""
        return [
            {
                "label": item.label,
                "start": as_day(item.start) if isinstance(item, Bar) else "",
                "end": as_day(item.end),
                "distance": self._distance_of((item.end - self.today).days),
            }
            for item in self.items
        ]

    def _distance_of(self, days: int) -> str:
        return _("that day") if self.today_label and days == 0 else distance_of(days)


def side_of(position: int) -> str:
    """Where a label is anchored at `position`: a value of SVG's `text-anchor`."""
    first, last = THIRDS
    if position < first:
        return "start"
    return "end" if position > last else "middle"


def tick_side(position: int) -> str:
    """The same of the label of a tick, which is short."""
    first, last = EDGES
    if position < first:
        return "start"
    return "end" if position > last else "middle"


def in_per_cent(position: int) -> str:
    """Per mille as a percentage for SVG, in every language: 12.3%."""
    return f"{position // 10}.{position % 10}%"


@kept
def distance_of(days: int) -> str:
    """The distance of a day from today, in words."""
    if days == 0:
        return _("today")
    count = {"count": format_number(abs(days))}
    if days > 0:
        return ngettext("in %(count)s day", "in %(count)s days", days) % count
    return ngettext("%(count)s day ago", "%(count)s days ago", -days) % count


def tick_label(day: date, step: int) -> str:
    """The year if the ticks are years apart, else the month."""
    return str(day.year) if step >= 12 else as_short_month(day)
