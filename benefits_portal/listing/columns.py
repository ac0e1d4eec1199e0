"""The columns of a list, and their headers with the URLs that sort by them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from .query import ListQuery

type Text = str | Promise


@dataclass(frozen=True)
class Column:
    """A column: its label, and the fields of its order before the primary key.

    None of them is ever NULL.

    A list cannot be sorted by a column without an order.
    """

    label: Text
    order: tuple[str, ...] = ()
    numeric: bool = False


@dataclass(frozen=True)
class ColumnHeader:
    """`href` sorts by the column or reverses it; `sort` is the present order, for `aria-sort`."""

    name: str
    label: Text
    numeric: bool
    href: str
    sort: str


def column_headers(columns: Mapping[str, Column], query: ListQuery) -> Iterator[ColumnHeader]:
    for name, column in columns.items():
        yield ColumnHeader(
            name,
            column.label,
            column.numeric,
            href=query.sort_href(name) if column.order else "",
            sort=query.direction if name == query.column else "",
        )
