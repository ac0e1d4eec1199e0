"""One kind of list: what its columns and filters mean for its rows, and its pages."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Field, Value

from .controls import ListControls
from .keyset import Cursor, Keyset, value_of
from .page import MAX_COUNT, MAX_COUNT_BESIDE, CappedCount, Page, capped_count


@dataclass
class Listing[Row](ListControls):
    """A list as its URL asks for it.

    A subclass defines `columns` and `filter_queryset`, and `in_tab` if its tabs have counts. `Row`
    is what a page holds: a model's instance, or a dict of values.
    """

    page_size: ClassVar[int] = 50  # rows
    whole_size: ClassVar[int] = 0  # a list of up to this many rows is shown on one page

    # How many rows each name in `beside` has; filled by `page`
    counts: dict[str, int] = field(default_factory=dict, init=False)

    # What a subclass says of its rows

    def filter_queryset(self, rows: Any) -> Any:
        """The `rows` that match the search query and the filters."""
        raise NotImplementedError

    def in_tab(self, rows: Any) -> Any:
        """The filtered `rows` that the tab shows."""
        return rows

    def total(self, matching: Any) -> CappedCount | Value:
        """The number of rows in `matching`, the whole list: an expression to annotate."""
        return self.count(matching, self.counts_to)

    @property
    def counts_to(self) -> int:
        """The number of rows at which the count of the whole list stops."""
        return MAX_COUNT

    def count(self, rows: Any, most: int) -> CappedCount:
        return CappedCount(rows, most)

    @property
    def beside(self) -> Iterable[str]:
        """The names of other counts that the query for a page also asks for."""
        return ()

    def rows_beside(self, rows: Any, name: str) -> Any:
        """The `rows` to count for one of those names."""
        raise NotImplementedError

    def matching(self, rows: Any) -> Any:
        """The whole list: the `rows` that match, on all pages."""
        return self.in_tab(self.filter_queryset(rows))

    def annotate_for_list(self, rows: Any) -> Any:
        """Annotate `rows` for display. Must not change the result set."""
        return rows

    def listed(self, rows: Any) -> Any:
        """The whole list, annotated for display."""
        return self.annotate_for_list(self.matching(rows))

    # The order, and how the database finds a page in it

    @property
    def order(self) -> tuple[str, ...]:
        """The fields that the list is sorted by; the last one is the primary key."""
        return (*self.columns[self.query.column].order, "pk")

    def begins_behind(self, *, descending: bool) -> Cursor | None:
        """A cursor before the first row, for an index that holds more rows than the list.

        PostgreSQL then reads the index from there, not from its beginning. None for no such cursor.
        """
        return None

    def bounded(self, found: Any, *, descending: bool) -> Any:
        """`found` with a lower bound on its order, for an index. Must not change the result set."""
        return found

    @property
    def finds_first(self) -> bool:
        """Whether a subquery finds the page's primary keys first, from indexes alone.

        The outer query then reads those rows without filtering them again.
        """
        return False

    def nearest(self, rows: Any, cursor: Cursor | None, limit: int, *, backwards: bool) -> Any:
        """The primary keys for `finds_first`: those of the page, possibly followed by more."""
        nearest = self.keyset.behind(self.listed(rows), cursor, limit, backwards=backwards)
        return nearest.values("pk")

    @property
    def keyset(self) -> Keyset:
        kind = type(self)
        salt = f"{kind.__module__}.{kind.__name__}.{self.query.column}"
        return Keyset(self.order, self.query.is_descending, salt)

    # The pages

    def page(self, rows: Any) -> Page[Row]:
        """The page that the URL asks for, or the first page if that one no longer exists."""
        page = self._page_at(rows, self._given("after", rows), self._given("before", rows))
        self.counts = {
            name: value_of(page.rows[0], f"count_of_{name}")
            if page.rows
            else capped_count(self.rows_beside(rows, name), MAX_COUNT_BESIDE)
            for name in self.beside
        }
        return page

    def _given(self, name: str, rows: Any) -> Cursor | None:
        text = self.query.position[name]
        return self.keyset.decode_cursor(text, self.order_fields(rows)) if text else None

    def order_fields(self, rows: Any) -> "list[Field[Any, Any]]":
        """The model fields that the values of a cursor belong to."""
        query = self.listed(rows).query
        return [query.resolve_ref(name).output_field for name in self.order]

    def fetch(self, rows: Any, cursor: Cursor | None, limit: int, **how: bool) -> list[Row]:
        """The `limit` rows after `cursor`, or before it if `backwards`, nearest first."""
        return list(self.asked(rows, cursor, limit, **how))

    def asked(
        self,
        rows: Any,
        cursor: Cursor | None,
        limit: int,
        *,
        backwards: bool = False,
        counts: bool = True,
    ) -> Any:
        """The query for those rows. If `counts`, each row carries the counts as annotations."""
        matching, keyset = self.matching(rows), self.keyset
        if self.finds_first:
            keys = self.nearest(rows, cursor, limit, backwards=backwards)
            found = self.annotate_for_list(rows.filter(pk__in=keys))
        else:
            found = self.listed(rows)
        if counts:
            beside = {
                f"count_of_{name}": self.count(self.rows_beside(rows, name), MAX_COUNT_BESIDE)
                for name in self.beside
            }
            found = found.annotate(total_in_list=self.total(matching), **beside)
        if self.finds_first:
            return keyset.sorted(found, backwards=backwards)[:limit]
        found = self.bounded(found, descending=self.query.is_descending != backwards)
        return keyset.behind(found, cursor, limit, backwards=backwards)

    def first_rows(self, rows: Any) -> Any:
        """The query for the first page and one row more, in a form that can be prepared.

        Only for a list without `beside` and `whole_size`.
        """
        return self.asked(rows, None, self.page_size + 1)

    def first_page(self, found: list[Row]) -> Page[Row]:
        """The first page, from the rows that `first_rows` found."""
        shown = found[: self.page_size]
        return self._page(shown, has_previous=False, has_next=len(found) > len(shown))

    def _page_at(self, rows: Any, after: Cursor | None, before: Cursor | None) -> Page[Row]:
        if after is not None:
            page = self._page_after(rows, after)
        elif before is not None or self.query.position["page"] == "last":
            page = self._page_before(rows, before)
        else:
            return self._first_page(rows)
        return page if page.rows else self._first_page(rows)

    def _first_page(self, rows: Any) -> Page[Row]:
        """The first page. A list of up to `whole_size` rows gets the rest by one more query."""
        start = self.begins_behind(descending=self.query.is_descending)
        found = self.fetch(rows, start, self.page_size + 1)
        shown = found[: self.page_size]
        if len(found) > len(shown) and value_of(found[0], "total_in_list") <= self.whole_size:
            cursor = self.keyset.cursor_of(shown[-1])
            shown += self.fetch(rows, cursor, self.whole_size, counts=False)
            found = shown
        return self._page(shown, has_previous=False, has_next=len(found) > len(shown))

    def _page_after(self, rows: Any, cursor: Cursor) -> Page[Row]:
        found = self.fetch(rows, cursor, self.page_size + 1)
        shown = found[: self.page_size]
        return self._page(shown, has_previous=True, has_next=len(found) > len(shown))

    def _page_before(self, rows: Any, cursor: Cursor | None) -> Page[Row]:
        start = cursor or self.begins_behind(descending=not self.query.is_descending)
        found = self.fetch(rows, start, self.page_size + 1, backwards=True)
        shown = found[: self.page_size][::-1]
        return self._page(
            shown, has_previous=len(found) > self.page_size, has_next=cursor is not None
        )

    def _page(self, rows: list[Any], *, has_previous: bool, has_next: bool) -> Page[Row]:
        href, encode = self.query.href, self.keyset.encode_cursor
        return Page(
            rows,
            value_of(rows[0], "total_in_list") if rows else 0,
            first_href=href() if rows and has_previous else "",
            previous_href=href(before=encode(rows[0])) if rows and has_previous else "",
            next_href=href(after=encode(rows[-1])) if rows and has_next else "",
            last_href=href(page="last") if rows and has_next else "",
            counts_to=self.counts_to,
        )

    def batches(self, rows: Any) -> Iterator[list[Row]]:
        """The whole list in order, in batches: for a download."""
        return self.keyset.batches(self.listed(rows))
