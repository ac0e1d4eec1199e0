"""A page of a list: its rows, how many there are in all, and the ways to the pages around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import QuerySet, Subquery
from django.utils.translation import gettext as _

from benefits_portal.figures import number

MANY = 1_000  # rows counted at the most


class CappedCount(Subquery):
    """How many rows there are, counted up to one more than MANY."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) counted)"
    output_field = models.IntegerField()

    def __init__(self, queryset: QuerySet[Any, Any]) -> None:
        super().__init__(queryset.order_by().values("pk")[: MANY + 1])


@dataclass(frozen=True)
class Page:
    """Some rows of a list and the addresses around them, empty where there is none."""

    rows: Sequence[Any]
    total: int = 0
    first_href: str = ""
    previous_href: str = ""
    next_href: str = ""
    last_href: str = ""

    @property
    def total_text(self) -> str:
        """1,000+ where there are more."""
        return _("%(number)s+") % {"number": number(MANY)} if self.total > MANY else number(self.total)

    @property
    def summary(self) -> str:
        if not self.rows:
            return _("Nothing to show")
        return _("Showing %(shown)s of %(total)s") % {"shown": number(len(self.rows)), "total": self.total_text}

    @property
    def is_whole(self) -> bool:
        """Whether this is all there is."""
        return not (self.previous_href or self.next_href)
