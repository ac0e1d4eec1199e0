"""The filters of a list, and how they are offered: as links, as tabs, or as fields with a list."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from .columns import Option, Text
from .query import ListQuery


@dataclass(frozen=True)
class Filter:
    """What can be chosen, value → label.

    `quick` ones are links that filter the list, `tabs` links of which one always holds (by default
    the one whose value is empty); the others are a field with a list. Of the options only those
    that are `offered` are shown, and what was chosen; None offers all.
    """

    label: Text
    options: Mapping[str, Text]
    quick: bool = False
    tabs: bool = False
    offered: Container[str] | None = None

    def shown(self, chosen: str | None) -> Iterator[tuple[str, Text]]:
        """The options to choose from, value and label."""
        for value, label in self.options.items():
            if self.offered is None or value in self.offered or value == chosen:
                yield value, label

    @property
    def is_field(self) -> bool:
        return not (self.quick or self.tabs)


type Filters = Mapping[str, Filter]


class FilterLink(TypedDict):
    """A quick filter or a tab, for `{% filter_links %}`.

    `href` sets or clears it; `count` is how many rows it leads to, where that is known.
    """

    id: str
    label: Text
    href: str
    is_set: bool
    count: NotRequired[str]


@dataclass(frozen=True)
class FilterTabs:
    """The tabs of one filter, and what they choose between."""

    label: Text
    tabs: list[FilterLink]


@dataclass(frozen=True)
class FilterField:
    """A filter with a list to choose from."""

    name: str
    label: Text
    options: list[Option]


def quick_filters(filters: Filters, query: ListQuery) -> Iterator[FilterLink]:
    for name, choice in filters.items():
        if choice.quick:
            for value, label in choice.shown(query.chosen.get(name)):
                is_set = query.chosen.get(name) == value
                yield {
                    "id": f"quick-{value}",
                    "label": label,
                    "href": query.href(**{name: "" if is_set else value}),
                    "is_set": is_set,
                }


def filter_tabs(filters: Filters, query: ListQuery) -> Iterator[FilterTabs]:
    for name, choice in filters.items():
        if choice.tabs:
            chosen = query.chosen.get(name, "")
            links: list[FilterLink] = [
                {
                    "id": f"tab-{value or 'first'}",
                    "label": label,
                    "href": query.href(**{name: value}),
                    "is_set": chosen == value,
                }
                for value, label in choice.options.items()
            ]
            yield FilterTabs(choice.label, links)


def filter_fields(filters: Filters, query: ListQuery) -> Iterator[FilterField]:
    for name, choice in filters.items():
        if choice.is_field:
            chosen = query.chosen.get(name)
            options = [
                Option(value, label, value == chosen) for value, label in choice.shown(chosen)
            ]
            if options or choice.offered is None:
                yield FilterField(name, choice.label, options)
