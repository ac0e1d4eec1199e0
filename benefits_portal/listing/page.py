"""A page of a list: its rows, how many there are in all, and the URLs of the pages around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext

from benefits_portal.formats import format_number

MAX_COUNT = 1_000  # rows; counting more costs more than the number is worth
MAX_COUNT_BESIDE = 100  # rows of lists that a page only links to


def capped_count(rows: Any, most: int = MAX_COUNT) -> int:
    """How many `rows` there are, or `most` + 1: the database stops there."""
    return int(rows.order_by().values("pk")[: most + 1].count())


class RowCount(Subquery):
    """A subquery that counts rows, or their distinct values of the field `of`."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()

    def __init__(
        self,
        queryset: QuerySet[Any, Any],
        limit: int | None = None,
        *,
        of: str = "pk",
        by: Sequence[str] = (),
    ) -> None:
        counted = queryset.order_by(*by).values(of)
        super().__init__((counted if of == "pk" else counted.distinct())[:limit])


class CappedCount(RowCount):
    """The same, but the count stops at `most` + 1.

    An order in `by` makes PostgreSQL read an index; otherwise it assumes that matching rows are
    spread evenly, and scans the table for them.
    """

    def __init__(
        self,
        queryset: QuerySet[Any, Any],
        most: int = MAX_COUNT,
        *,
        of: str = "pk",
        by: Sequence[str] = (),
    ) -> None:
        super().__init__(queryset, most + 1, of=of, by=by)


def total_text(total: int, most: int = MAX_COUNT) -> str:
    """A count capped at `most`, for people: 1,000+ if there are more."""
    if total > most:
        return gettext("%(number)s+") % {"number": format_number(most)}
    return format_number(total)


@dataclass(frozen=True)
class Page[Row]:
    """One page of rows and the URLs of the pages around it; an empty URL means no such page."""

    rows: Sequence[Row]
    total: int = 0
    first_href: str = ""
    previous_href: str = ""
    next_href: str = ""
    last_href: str = ""
    counts_to: int = MAX_COUNT  # if there are more rows, `total` is one more than this

    @property
    def total_text(self) -> str:
        return total_text(self.total, self.counts_to)

    @property
    def summary(self) -> str:
        if not self.rows:
            return gettext("Nothing to show")
        return gettext("Showing %(shown)s of %(total)s") % {
            "shown": format_number(len(self.rows)),
            "total": self.total_text,
        }

    @property
    def is_whole(self) -> bool:
        """Whether this is all there is."""
        return not (self.previous_href or self.next_href)
