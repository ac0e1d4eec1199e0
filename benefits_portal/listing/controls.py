"""What a URL asks of a list, and the controls that ask for something else.

Header links, filters, tabs and the search form: everything about a list but its rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

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
from .query import ListQuery


@dataclass
class ListControls:
    """The state of a list, read from a URL's query, and the links and inputs that change it.

    The first of `columns` is the default order.
    """

    columns: ClassVar[Mapping[str, Column]]

    given: QueryDict
    filters: Mapping[str, Filter] = field(default_factory=dict)
    # Other parameters of the URL that every link and form of the list carries along
    kept: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    # The cache key of the filters, for lists whose options are slow to find; empty: not cached
    fields_key = ""

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
        """Whether a search query or a filter other than a tab leaves rows out."""
        return bool(self.search_query or any(not self.filters[name].tabs for name in self.chosen))

    @property
    def is_filtered_by_field(self) -> bool:
        return any(self.filters[name].is_field for name in self.chosen)

    @property
    def chosen_fields(self) -> str:
        """The chosen filter fields as one string, for the cache key."""
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
        """The URL of the list, or of its tab, without search or filters, in the same order."""
        return self.query.href(
            q="", **{name: "" for name in self.chosen if not self.filters[name].tabs}
        )

    def hidden_inputs(self) -> list[tuple[str, str]]:
        """The names and values that the search form carries along, without its own fields."""
        shown = {"q", "sort", *(name for name, choice in self.filters.items() if choice.is_field)}
        return [
            (name, value)
            for name, value in self.query.state().items()
            if value and name not in shown
        ]

    def push_url(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Set the URL that htmx shows in the address bar."""
        response.headers["HX-Push-Url"] = f"{request.path}{self.query.here}".removesuffix("?")
        return response
