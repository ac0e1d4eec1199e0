"""Parse the URL of a list, ignoring invalid parameters, and build the URLs that it links to."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from benefits_portal.search_text import clean_query

PAGE_PARAMETERS = ("after", "before", "page")


@dataclass(frozen=True)
class ListQuery:
    """The state of a list.

    `chosen` maps filters to values. `sort` is a column's name, with - for descending. `kept` are
    other parameters that every URL carries along.
    """

    search_query: str
    chosen: Mapping[str, str]
    sort: str
    default_sort: str
    position: Mapping[str, str]
    kept: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        query: QueryDict,
        *,
        options: Mapping[str, Container[str]],
        sortable: Container[str],
        default_sort: str,
        kept: Mapping[str, str] | None = None,
    ) -> "ListQuery":
        """Read `query`, ignoring values outside `options` and columns outside `sortable`."""
        given = {name: value for name in options if (value := query.get(name))}
        sort = query.get("sort", "")
        return cls(
            search_query=clean_query(query.get("q")),
            chosen={name: value for name, value in given.items() if value in options[name]},
            sort=sort if sort.removeprefix("-") in sortable else default_sort,
            default_sort=default_sort,
            position={name: query.get(name, "") for name in PAGE_PARAMETERS},
            kept=kept or {},
        )

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def direction(self) -> str:
        return "descending" if self.is_descending else "ascending"

    @property
    def is_first_page(self) -> bool:
        return not any(self.position.values())

    def state(self) -> dict[str, str]:
        """The parameters of the URL, without the page."""
        sort = {"sort": self.sort} if self.sort != self.default_sort else {}
        return {"q": self.search_query} | dict(self.chosen) | sort | dict(self.kept)

    def href(self, **changes: str) -> str:
        """The URL of this list with `changes`; of its first page unless they name another."""
        state = self.state() | changes
        return f"?{urlencode({name: value for name, value in state.items() if value})}"

    def sort_href(self, column: str) -> str:
        """The URL that sorts by `column`, or reverses the order if it is sorted by that already."""
        sort = f"-{column}" if self.sort == column else column
        return self.href(sort=sort if sort != self.default_sort else "")

    @property
    def here(self) -> str:
        """The URL of this page of the list, without empty and invalid parameters."""
        return self.href(**self.position)
