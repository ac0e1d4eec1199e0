"""The first rows of a longer list: how many there are, and the way to all of them. A list that is cut says so (W7)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.figures import number
from benefits_portal.paging import MANY, CappedCount


@dataclass(frozen=True)
class Excerpt[Row]:
    """`rows` of the `total` that there are; `href` leads to all of them, where a page has them.

    Shown with components/excerpt.html. A total beyond 1,000 is not counted further.
    """

    rows: Sequence[Row]
    total: int
    href: str = ""

    @classmethod
    def of(cls, rows: Any, most: int, href: str = "") -> Self:
        """The first `most` of the queryset `rows`, in its order, with the count in the same query."""
        found = list(rows.annotate(total_in_list=CappedCount(rows))[:most])
        return cls(found, found[0].total_in_list if found else 0, href)

    def showing[Other](self, rows: Sequence[Other], href: str = "") -> "Excerpt[Other]":
        """As many of as many, with what a page shows of each."""
        return Excerpt(rows, self.total, href or self.href)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_cut(self) -> bool:
        return self.total > len(self.rows)

    @property
    def summary(self) -> str:
        """That only the first are shown, and of how many; empty where all are."""
        if not self.is_cut:
            return ""
        shown = len(self.rows)
        if self.total > MANY:
            text = ngettext("The first of more than %(many)s is shown.", "The first %(shown)s of more than %(many)s are shown.", shown)
            return text % {"shown": number(shown), "many": number(MANY)}
        text = ngettext("The first of %(total)s is shown.", "The first %(shown)s of %(total)s are shown.", shown)
        return text % {"shown": number(shown), "total": number(self.total)}

    @property
    def people_found(self) -> str:
        """What is read out when the list comes in: how many people there are, and that only the first are shown."""
        if self.total > MANY:
            found = _("More than %(many)s people found.") % {"many": number(MANY)}
        else:
            found = ngettext("%(count)s person found.", "%(count)s people found.", self.total) % {"count": number(self.total)}
        return f"{found} {self.summary}".strip()
