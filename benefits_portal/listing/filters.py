"""The filters of a list: as quick links, as tabs, or as select fields."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from .columns import Option, Text
from .query import ListQuery


@dataclass(frozen=True)
class Filter:
    """A filter and its options, value → label.

    `quick` filters are links; `tabs` are links of which one is always set, by default the one whose
    value is empty; the others are select fields. `offered` limits the options that are shown to
    these and the chosen one; None shows all.
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

    `href` sets or clears it; `count` is the number of rows behind it, if known.
    """

    id: str
    label: Text
    href: str
    is_set: bool
    count: NotRequired[str]


@dataclass(frozen=True)
class FilterTabs:
    """One filter that is shown as tabs."""

    label: Text
    tabs: list[FilterLink]


@dataclass(frozen=True)
class FilterField:
    """One filter that is shown as a select field."""

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
