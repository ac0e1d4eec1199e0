"""The filters of a list, and how they are offered: as links, as tabs, or as fields with a list."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .columns import Text
from .query import ListQuery


@dataclass(frozen=True)
class Filter:
    """What can be chosen, value → label.

    `quick` ones are links that filter the list, `tabs` links of which one always holds (by default
    the one whose value is empty); the others are a field with a list.
    """

    label: Text
    options: Mapping[str, Text]
    quick: bool = False
    tabs: bool = False

    @property
    def is_field(self) -> bool:
        return not (self.quick or self.tabs)


type Filters = Mapping[str, Filter]


@dataclass(frozen=True)
class FilterLink:
    """A quick filter or a tab: `href` sets or clears it."""

    id: str
    label: Text
    href: str
    is_set: bool


@dataclass(frozen=True)
class FilterTabs:
    """The tabs of one filter, and what they choose between."""

    label: Text
    tabs: list[FilterLink]


@dataclass(frozen=True)
class FilterOption:
    value: str
    label: Text
    is_set: bool


@dataclass(frozen=True)
class FilterField:
    """A filter with a list to choose from."""

    name: str
    label: Text
    options: list[FilterOption]


def quick_filters(filters: Filters, query: ListQuery) -> Iterator[FilterLink]:
    for name, choice in filters.items():
        if choice.quick:
            for value, label in choice.options.items():
                is_set = query.chosen.get(name) == value
                yield FilterLink(
                    f"quick-{value}", label, query.href(**{name: "" if is_set else value}), is_set
                )


def filter_tabs(filters: Filters, query: ListQuery) -> Iterator[FilterTabs]:
    for name, choice in filters.items():
        if choice.tabs:
            chosen = query.chosen.get(name, "")
            links = [
                FilterLink(
                    f"tab-{value or 'first'}", label, query.href(**{name: value}), chosen == value
                )
                for value, label in choice.options.items()
            ]
            yield FilterTabs(choice.label, links)


def filter_fields(filters: Filters, query: ListQuery) -> Iterator[FilterField]:
    for name, choice in filters.items():
        if choice.is_field:
            chosen = query.chosen.get(name)
            options = [
                FilterOption(value, label, value == chosen)
                for value, label in choice.options.items()
            ]
            yield FilterField(name, choice.label, options)
