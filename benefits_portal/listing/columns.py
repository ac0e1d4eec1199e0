"""The columns of a list, and their headers with the URLs that sort by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypedDict

from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from .query import ListQuery

type Text = str | Promise


@dataclass(frozen=True)
class Column:
    """A column: its label, and the fields that it sorts by before the primary key.

    Those fields are never NULL. A column without them cannot be sorted by. `sort_label` describes
    the order if the label does not.
    """

    label: Text
    order: tuple[str, ...] = ()
    numeric: bool = False
    sort_label: Text = ""


@dataclass(frozen=True)
class Option:
    """What can be chosen from a list of choices."""

    value: str
    label: Text
    is_set: bool


class ColumnHeader(TypedDict):
    """For `{% header_cells %}`.

    `href` sorts by the column or reverses it; `sort` is the present order, for `aria-sort`.
    """

    name: str
    label: Text
    numeric: bool
    href: str
    sort: str


def column_headers(columns: Mapping[str, Column], query: ListQuery) -> Iterator[ColumnHeader]:
    for name, column in columns.items():
        yield {
            "name": name,
            "label": column.label,
            "numeric": column.numeric,
            "href": query.sort_href(name) if column.order else "",
            "sort": query.direction if name == query.column else "",
        }


class SortOption(TypedDict):
    """An order, as an option for `{% rows %}`."""

    value: str
    label: Text
    selected: str  # the attribute


def sort_options(columns: Mapping[str, Column], query: ListQuery) -> Iterator[SortOption]:
    """All orders, for narrow screens without column headers."""
    selected, descending = SafeString(" selected"), gettext("%(column)s, descending")
    for name, column in columns.items():
        if column.order:
            label = column.sort_label or column.label
            for value, text in ((name, label), (f"-{name}", descending % {"column": label})):
                yield {
                    "value": value,
                    "label": text,
                    "selected": selected if value == query.sort else "",
                }
