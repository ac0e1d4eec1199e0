"""One list: its columns and filters, what they mean for its rows, and the page asked for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import Field, Value
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext

from .columns import Column, ColumnHeader, SortOption, column_headers, sort_options
from .filters import (
    Filter,
    FilterField,
    FilterLink,
    FilterTabs,
    filter_fields,
    filter_tabs,
    quick_filters,
)
from .keyset import Cursor, Keyset, value_of
from .page import MAX_COUNT, MAX_COUNT_BESIDE, CappedCount, Page, capped_count
from .query import ListQuery


@dataclass
class Listing[Row]:
    """What of a list was asked for, in a URL's query.

    Subclasses name the `columns`, of which the first is the default order, and say in
    `filter_queryset` what the search query and the filters mean, in `in_tab` what the tabs do where
    they have counts. `Row` is what a page holds: a model's instance, or a dict of values.
    """

    columns: ClassVar[Mapping[str, Column]]
    page_size: ClassVar[int] = 50  # rows
    whole_size: ClassVar[int] = 0  # rows of a list that is not cut into pages, if that is more
    # Under which the filters may be cached for a minute, where their options take long to find
    fields_key = ""

    given: QueryDict
    filters: Mapping[str, Filter] = field(default_factory=dict)
    # What else of the URL every link and form of the list carries on
    kept: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    # How many rows each of what `counted` names has, once `page` was asked for
    counts: dict[str, int] = field(default_factory=dict, init=False)

    def filter_queryset(self, rows: Any) -> Any:
        """Those of `rows` that the search query and the filters leave."""
        raise NotImplementedError

    def in_tab(self, rows: Any) -> Any:
        """Those of the filtered `rows` that the tab shows."""
        return rows

    def total(self, matching: Any) -> CappedCount | Value:
        """How many rows `matching` has, which is all that was asked for."""
        return self.count(matching, self.counts_to)

    @property
    def counts_to(self) -> int:
        """How far what was asked for is counted."""
        return MAX_COUNT

    def count(self, rows: Any, most: int) -> CappedCount:
        return CappedCount(rows, most)

    @property
    def beside(self) -> Iterable[str]:
        """The names of what is counted along with a page."""
        return ()

    def rows_beside(self, rows: Any, name: str) -> Any:
        """What of `rows` is counted by one of these names."""
        raise NotImplementedError

    def matching(self, rows: Any) -> Any:
        """All that was asked for of `rows`, on whatever page."""
        return self.in_tab(self.filter_queryset(rows))

    def annotate_for_list(self, rows: Any) -> Any:
        """Annotate `rows` for display. Must not change the result set."""
        return rows

    def listed(self, rows: Any) -> Any:
        """All that was asked for of `rows`, as a page shows it."""
        return self.annotate_for_list(self.matching(rows))

    @property
    def default_sort(self) -> str:
        return next(iter(self.columns))

    @cached_property
    def query(self) -> ListQuery:
        return ListQuery.of(
            self.given,
            options={name: choice.options for name, choice in self.filters.items()},
            sortable={name for name, column in self.columns.items() if column.order},
            default_sort=self.default_sort,
            kept=self.kept,
        )

    @property
    def chosen(self) -> Mapping[str, str]:
        return self.query.chosen

    @property
    def search_query(self) -> str:
        return self.query.search_query

    @property
    def order(self) -> tuple[str, ...]:
        """The fields of the order."""
        return (*self.columns[self.query.column].order, "pk")

    def begins_behind(self, *, descending: bool) -> Cursor | None:
        """A position before all rows of the list in its order, perhaps turned round; None if open.

        An index that holds more than the list is read from there, not from its own beginning.
        """
        return None

    def bounded(self, found: Any, *, descending: bool) -> Any:
        """`found`, from where on its order has any. Must not change the result set."""
        return found

    @property
    def finds_first(self) -> bool:
        """Whether primary keys are found, by indexes alone, before the rest of their rows is read.

        What that is read of are all rows, which are filtered no more.
        """
        return False

    def nearest(self, rows: Any, cursor: Cursor | None, limit: int, *, backwards: bool) -> Any:
        """These primary keys: those of what is shown, and perhaps of as many that come later."""
        nearest = self.keyset.behind(self.listed(rows), cursor, limit, backwards=backwards)
        return nearest.values("pk")

    @property
    def keyset(self) -> Keyset:
        kind = type(self)
        salt = f"{kind.__module__}.{kind.__name__}.{self.query.column}"
        return Keyset(self.order, self.query.is_descending, salt)

    # The rows

    def page(self, rows: Any) -> Page[Row]:
        """The page of `rows` that the URL asks for; else, or if that is gone, the first one."""
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
        """What the values of a cursor are of."""
        query = self.listed(rows).query
        return [query.resolve_ref(name).output_field for name in self.order]

    def fetch(self, rows: Any, cursor: Cursor | None, limit: int, **how: bool) -> list[Row]:
        """The first `limit` of the list after `cursor`, or before it, nearest first."""
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
        """The query for these, each with how many there are, if `counts`."""
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
        """The rows of the first page and the one behind them, as a query that can be prepared.

        Of a list that counts nothing else, and is always cut into pages.
        """
        return self.asked(rows, None, self.page_size + 1)

    def first_page(self, found: list[Row]) -> Page[Row]:
        """The page of what `first_rows` found."""
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
        """As many rows as a page has; where all are shown the others too, by one more query."""
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
        """All that was asked for of `rows`, in order, some at a time: for a long download."""
        return self.keyset.batches(self.listed(rows))

    # How it is shown

    def column_labels(self) -> list[object]:
        """The header row of a download."""
        return [column.label for column in self.columns.values()]

    def column_headers(self) -> Iterator[ColumnHeader]:
        return column_headers(self.columns, self.query)

    def sort_options(self) -> Iterator[SortOption]:
        return sort_options(self.columns, self.query)

    def quick_filters(self) -> list[FilterLink]:
        return list(quick_filters(self.filters, self.query))

    def filter_tabs(self) -> list[FilterTabs]:
        return list(filter_tabs(self.filters, self.query))

    def filter_fields(self) -> Iterator[FilterField]:
        return filter_fields(self.filters, self.query)

    @property
    def has_fields(self) -> bool:
        return any(choice.is_field for choice in self.filters.values())

    @property
    def is_filtered(self) -> bool:
        """Whether anything is left out of the list, or of its tab."""
        return bool(self.search_query or any(not self.filters[name].tabs for name in self.chosen))

    @property
    def is_filtered_by_field(self) -> bool:
        return any(self.filters[name].is_field for name in self.chosen)

    @property
    def chosen_fields(self) -> str:
        """What differs between the fields of one list and another."""
        return " ".join(
            f"{name}={value}" for name, value in self.chosen.items() if self.filters[name].is_field
        )

    @property
    def sort_description(self) -> str:
        """How the list is sorted, for screen readers."""
        column = self.columns[self.query.column]
        descending, ascending = (
            (gettext("Order, reversed: %(order)s."), gettext("Order: %(order)s."))
            if column.sort_label
            else (
                gettext("Sorted by %(order)s, descending."),
                gettext("Sorted by %(order)s, ascending."),
            )
        )
        text = descending if self.query.is_descending else ascending
        return text % {"order": column.sort_label or column.label}

    # Its URLs

    @property
    def href(self) -> str:
        return self.query.href()

    @property
    def unfiltered_href(self) -> str:
        """The URL of all of the list, or of its tab, in the order it has now."""
        return self.query.href(
            q="", **{name: "" for name in self.chosen if not self.filters[name].tabs}
        )

    def hidden_inputs(self) -> list[tuple[str, str]]:
        """What the search form carries along: what was chosen, without its own fields."""
        shown = {"q", "sort", *(name for name, choice in self.filters.items() if choice.is_field)}
        return [
            (name, value)
            for name, value in self.query.state().items()
            if value and name not in shown
        ]

    def push_url(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """`response` with the URL that htmx shows."""
        response.headers["HX-Push-Url"] = f"{request.path}{self.query.here}".removesuffix("?")
        return response
