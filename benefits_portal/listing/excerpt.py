"""The first rows of a list, with the total and a link to all of them.

A list that is cut off says so (W7).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from django.db.models import QuerySet, Value
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import format_number

from .page import MAX_COUNT, CappedCount

# The URL parameter that names the list to show whole, and the most rows that are shown then
ALL, MAX_ROWS = "all", 500


def first_of[Rows: QuerySet[Any, Any]](
    rows: Rows, most: int | None, *, of: Rows | None = None
) -> Rows:
    """The first `most` of `rows`, as one part of a union; each part can use its own index.

    A subquery, because SQLite accepts no LIMIT within a part of a union. `of` is the queryset to
    select from; by default, all rows of the model.
    """
    every: Any = rows.model._default_manager.all() if of is None else of
    found: Rows = every.filter(pk__in=rows.values("pk")[:most]).order_by()
    return found


def with_total[Rows: QuerySet[Any, Any]](
    rows: Rows, most: int, *, counted: Any = None, count_to: int = MAX_COUNT
) -> Rows:
    """The first `most` of the queryset `rows`, each annotated with the total.

    `counted` is either `rows` without annotations, which spares Django from removing them, or the
    total itself, where another table knows it.
    """
    total = Value(counted) if isinstance(counted, int) else counted
    if not isinstance(total, (CappedCount, Value)):
        total = CappedCount(rows if counted is None else counted, count_to)
    return rows.annotate(total_in_list=total)[:most]


@dataclass(frozen=True)
class Excerpt[Row]:
    """Some `rows` out of `total`; `href` is the page with all of them, if there is one.

    Rendered by components/excerpt.html. Counting stops at 1,000.
    """

    rows: Sequence[Row]
    total: int
    href: str = ""
    is_latest: bool = False  # a list that begins with what happened last
    is_total_capped: bool = False  # there are more than `total`, which were not counted

    @classmethod
    def of(
        cls,
        rows: Any,
        most: int,
        href: str = "",
        *,
        is_latest: bool = False,
        counted: Any = None,
        count_to: int = MAX_COUNT,
    ) -> Self:
        """The first `most` of the queryset `rows`; the same query counts up to `count_to`."""
        found = list(with_total(rows, most, counted=counted, count_to=count_to))
        return cls.of_counted(found, href, is_latest=is_latest, count_to=count_to)

    @classmethod
    def of_counted(
        cls,
        found: Sequence[Any],
        href: str = "",
        *,
        is_latest: bool = False,
        count_to: int = MAX_COUNT,
    ) -> Self:
        """The same, from the rows that `with_total` found."""
        many = found[0].total_in_list if found else 0
        is_capped = count_to < min(many, MAX_COUNT)
        return cls(found, count_to if is_capped else many, href, is_latest, is_capped)

    def showing[Other](self, rows: Sequence[Other], href: str = "") -> "Excerpt[Other]":
        """The same excerpt with its rows replaced by what a page shows of each."""
        return Excerpt(rows, self.total, href or self.href, self.is_latest, self.is_total_capped)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def is_cut(self) -> bool:
        return self.is_total_capped or self.total > len(self.rows)

    @property
    def summary(self) -> str:
        """A sentence that only the first are shown, and out of how many; empty if all are."""
        if not self.is_cut:
            return ""
        total = format_number(min(self.total, MAX_COUNT))
        if self.total > MAX_COUNT or self.is_total_capped:
            total = _("more than %(many)s") % {"many": total}
        if self.is_latest:
            text = ngettext(
                "The latest of %(total)s is shown.",
                "The latest %(shown)s of %(total)s are shown.",
                len(self.rows),
            )
        else:
            text = ngettext(
                "The first of %(total)s is shown.",
                "The first %(shown)s of %(total)s are shown.",
                len(self.rows),
            )
        return text % {"shown": format_number(len(self.rows)), "total": total}

    @property
    def people_found(self) -> str:
        """The announcement for screen readers: how many people were found, and `summary`."""
        if self.total > MAX_COUNT or self.is_total_capped:
            many = format_number(min(self.total, MAX_COUNT))
            found = _("More than %(many)s people found.") % {"many": many}
        else:
            found = ngettext("%(count)s person found.", "%(count)s people found.", self.total) % {
                "count": format_number(self.total)
            }
        return f"{found} {self.summary}".strip()


@dataclass(frozen=True)
class PageQuery:
    """Which list of a page its URL asks to show whole: `?all=ledger`."""

    path: str = ""
    query: QueryDict = field(default_factory=QueryDict)

    def excerpt(
        self, name: str, rows: Any, most: int, *, is_latest: bool = False, counted: Any = None
    ) -> Excerpt[Any]:
        """The first `most` of `rows`, with the URL that shows up to MAX_ROWS of them.

        `name` is the list's value in the URL, and the id of the element that holds the list.
        """
        href = self.all_of(name)
        most = most if href else MAX_ROWS
        return Excerpt.of(rows, most, href, is_latest=is_latest, counted=counted)

    def prepared(
        self,
        name: str,
        most: int,
        rows: Callable[[int], Sequence[Any]],
        *,
        is_latest: bool = False,
    ) -> Excerpt[Any]:
        """The same for a prepared query: `rows(most)` returns what `with_total` would find."""
        href = self.all_of(name)
        return Excerpt.of_counted(rows(most if href else MAX_ROWS), href, is_latest=is_latest)

    def all_of(self, name: str) -> str:
        """The URL that shows up to MAX_ROWS of the list; empty if it is the current one."""
        if self.query.get(ALL) == name:
            return ""
        query = self.query.copy()
        query[ALL] = name
        return f"{self.path}?{query.urlencode()}#{name}"


NO_QUERY = PageQuery()
