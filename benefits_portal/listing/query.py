"""What the URL of a list says, without what makes no sense, and the URLs that lead on from it."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.http import QueryDict

from benefits_portal.search_text import clean_query

PAGE_PARAMETERS = ("after", "before", "page")


@dataclass(frozen=True)
class ListQuery:
    """The state of a list.

    The filters that were `chosen` by name, and `sort` as a column's name, with - for descending;
    what else is `kept` in every URL.
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
        """Read `query`, and leave out what it may not ask for.

        What is not among the `options` of a filter or the `sortable` columns is left out.
        """
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
        """What the URL says, without the page."""
        sort = {"sort": self.sort} if self.sort != self.default_sort else {}
        return {"q": self.search_query} | dict(self.chosen) | sort | dict(self.kept)

    def href(self, **changes: str) -> str:
        """The URL of this list with `changes`, from its first page unless they name another."""
        state = self.state() | changes
        return f"?{urlencode({name: value for name, value in state.items() if value})}"

    def sort_href(self, column: str) -> str:
        """The URL that sorts by `column`, or reverses the order where it is sorted by that."""
        sort = f"-{column}" if self.sort == column else column
        return self.href(sort=sort if sort != self.default_sort else "")

    @property
    def here(self) -> str:
        """The URL of this page of the list, without what was empty or made no sense."""
        return self.href(**self.position)
