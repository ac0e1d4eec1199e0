"""Lists whose whole state is in the address: words, filters, order, page. They work as plain links and forms.

A page begins at a position in the order, not at a number of rows: the last page costs what the first one does, and rows
that come or go meanwhile neither hide nor repeat another. What an address says that makes no sense is left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import F, Func, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from benefits_portal.paging import CappedCount, Page
from benefits_portal.words import searched

PAGE, BATCH = 50, 500  # rows on a page, fetched at a time for a download

type Text = str | Promise


class Unestimated(Func):
    """A value that PostgreSQL does not see while it plans. It judges a comparison of rows by the first of their columns alone: behind
    the greatest value of that one it expects next to nothing, and sorts all that there is instead of reading on in the index.
    """

    template = "(SELECT %(expressions)s)"


@dataclass(frozen=True)
class Column:
    """A column: its head, and the fields of the order before the primary key. None of them is ever NULL.

    Without an order there is no sorting by it.
    """

    label: Text
    order: tuple[str, ...] = ()
    numeric: bool = False


@dataclass(frozen=True)
class Filter:
    """What can be chosen, value → label: `quick` ones are links that narrow the list, `tabs` links of which one always holds
    (the one whose value is empty unless told), the others a field with a list.
    """

    label: Text
    options: Mapping[str, Text]
    quick: bool = False
    tabs: bool = False

    @property
    def is_field(self) -> bool:
        return not (self.quick or self.tabs)


@dataclass
class Listing:
    """What of a list was asked for. Subclasses name the `columns`, the first of which is the order unless told, and say
    in `narrowed` what words and filters mean.
    """

    columns: ClassVar[Mapping[str, Column]]
    page_size: ClassVar[int] = PAGE
    fields_key = ""  # under which the filters may be kept for a minute, where their options take long to find

    address: QueryDict
    filters: Mapping[str, Filter] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.words = searched(self.address.get("q"))
        told = {name: value for name in self.filters if (value := self.address.get(name))}
        self.chosen = {name: value for name, value in told.items() if value in self.filters[name].options}
        sort = self.address.get("sort", "")
        column = self.columns.get(sort.removeprefix("-"))
        self.sort = sort if column and column.order else self.default_sort

    def __bool__(self) -> bool:
        """Whether anything is left out of the list, or of its tab."""
        return bool(self.words or any(value for name, value in self.chosen.items() if not self.filters[name].tabs))

    @property
    def is_filtered(self) -> bool:
        """Whether anything was chosen from a list."""
        return any(self.filters[name].is_field for name in self.chosen)

    def narrowed(self, rows: Any) -> Any:
        """Those of `rows` that the words and filters leave."""
        raise NotImplementedError

    def facts(self, rows: Any) -> Any:
        """`rows` with what the page shows of each of them; it changes neither which there are nor how many."""
        return rows

    # The order

    @property
    def default_sort(self) -> str:
        return next(iter(self.columns))

    @property
    def order_text(self) -> str:
        """How the list is sorted, for whoever hears it."""
        text = _("Sorted by %(column)s, descending.") if self.is_descending else _("Sorted by %(column)s, ascending.")
        return text % {"column": self.columns[self.column].label}

    @property
    def column(self) -> str:
        return self.sort.removeprefix("-")

    @property
    def is_descending(self) -> bool:
        return self.sort.startswith("-")

    @property
    def order(self) -> tuple[str, ...]:
        return (*self.columns[self.column].order, "pk")

    def sorted(self, rows: Any, *, backwards: bool = False) -> Any:
        """All in one direction, so that one index serves both, and `beyond` is one comparison."""
        sign = "-" if self.is_descending != backwards else ""
        return rows.order_by(*(f"{sign}{name}" for name in self.order))

    # The page

    def page(self, rows: Any) -> Page:
        """The page of `rows` that the address asks for; the first one if it asks for none, or for one that is no longer there."""
        narrowed = self.narrowed(rows)
        total, rows = CappedCount(narrowed), self.facts(narrowed)
        after, before, is_last = self._position("after", rows), self._position("before", rows), self.address.get("page") == "last"
        backwards = after is None and (before is not None or is_last)
        found = self._found(rows, total, after or before, backwards=backwards)
        if not found and (after or before):
            after = before = None
            backwards = False
            found = self._found(rows, total, None, backwards=False)
        shown = found[: self.page_size][::-1] if backwards else found[: self.page_size]
        has_previous = len(found) > self.page_size if backwards else after is not None
        has_next = before is not None if backwards else len(found) > self.page_size
        return Page(
            shown,
            _value(shown[0], "total_in_list") if shown else 0,
            first_href=self.href() if has_previous else "",
            previous_href=self.href(before=self._mark(shown[0])) if has_previous else "",
            next_href=self.href(after=self._mark(shown[-1])) if has_next else "",
            last_href=self.href(page="last") if has_next else "",
        )

    def _found(self, rows: Any, total: CappedCount, position: list[Any] | None, *, backwards: bool) -> list[Any]:
        """One page from `position` on and one row more, each with the total."""
        if position is not None:
            rows = rows.filter(self._beyond(position, backwards=backwards))
        return list(self.sorted(rows, backwards=backwards).annotate(total_in_list=total)[: self.page_size + 1])

    def batches(self, rows: Any) -> Iterator[list[Any]]:
        """All that was asked for of `rows`, some at a time, in order: for a download, however long it is."""
        rows, position = self.sorted(self.facts(self.narrowed(rows))), None
        while batch := list((rows.filter(self._beyond(position, backwards=False)) if position else rows)[:BATCH]):
            yield batch
            if len(batch) < BATCH:
                return
            position = self._place(batch[-1])

    def _beyond(self, position: list[Any], *, backwards: bool) -> TupleGreaterThan | TupleLessThan:
        lookup = TupleLessThan if self.is_descending != backwards else TupleGreaterThan
        first, *others = position
        return lookup(Tuple(*map(F, self.order)), [Unestimated(Value(first)), *others])

    @property
    def _signer(self) -> Signer:
        return Signer(salt=f"{type(self).__module__}.{type(self).__name__}.{self.column}")

    def _mark(self, row: Any) -> str:
        """Where `row` stands in the order, for an address: signed, so that only what was in the list comes back."""
        return self._signer.sign_object([str(value) for value in self._place(row)])

    def _place(self, row: Any) -> list[Any]:
        return [_value(row, name) for name in self.order]

    def _position(self, name: str, rows: Any) -> list[Any] | None:
        """None for a mark that is not there, or is forged, or was signed when the column had another order."""
        fields = [rows.query.resolve_ref(field).output_field for field in self.order]
        try:
            texts = self._signer.unsign_object(self.address.get(name, ""))
            return [field.to_python(text) for field, text in zip(fields, texts, strict=True)]
        except (BadSignature, ValueError, ValidationError):
            return None

    # Addresses

    def state(self) -> dict[str, str]:
        """What the address of this list says, without the page."""
        sort = {"sort": self.sort} if self.sort != self.default_sort else {}
        return {"q": self.words} | self.chosen | sort

    def href(self, **changes: str) -> str:
        """The address of this list with `changes`, from its first page unless they say another."""
        query = QueryDict(mutable=True)
        query.update({name: value for name, value in (self.state() | changes).items() if value})
        return f"?{query.urlencode()}"

    @property
    def whole_href(self) -> str:
        """The address of all of the list, or of its tab, in the order it has now."""
        return self.href(q="", **{name: "" for name in self.chosen if not self.filters[name].tabs})

    def pushed(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """`response` with the address that htmx shows: without what is empty or makes no sense."""
        here = {name: self.address.get(name, "") for name in ("after", "before", "page")}
        response.headers["HX-Push-Url"] = f"{request.path}{self.href(**here)}".removesuffix("?")
        return response

    def labels(self) -> list[object]:
        """The heads of a download."""
        return [column.label for column in self.columns.values()]

    def heads(self) -> list[dict[str, Any]]:
        """The columns: label, the address that sorts by it or turns the order round, and the present order."""
        order = "descending" if self.is_descending else "ascending"
        return [
            {
                "name": name,
                "label": column.label,
                "numeric": column.numeric,
                "href": self.href(sort=self._sort_by(name)) if column.order else "",
                "sort": order if name == self.column else "",
            }
            for name, column in self.columns.items()
        ]

    def _sort_by(self, name: str) -> str:
        sort = f"-{name}" if self.sort == name else name
        return sort if sort != self.default_sort else ""

    def quick(self) -> list[dict[str, Any]]:
        """The quick filters: label, the address that sets or clears each, and whether it is set."""
        return [
            {"id": f"quick-{value}", "label": label, "href": self.href(**{name: "" if is_set else value}), "is_set": is_set}
            for name, choice in self.filters.items()
            if choice.quick
            for value, label in choice.options.items()
            for is_set in [self.chosen.get(name) == value]
        ]

    def tabs(self) -> list[dict[str, Any]]:
        """The tabs, by what they choose between: label, the address of each, and whether it is the present one."""
        return [
            {
                "label": choice.label,
                "tabs": [
                    {"id": f"tab-{value or 'first'}", "label": label, "href": self.href(**{name: value}), "is_set": is_set}
                    for value, label in choice.options.items()
                    for is_set in [self.chosen.get(name, "") == value]
                ],
            }
            for name, choice in self.filters.items()
            if choice.tabs
        ]

    @property
    def has_fields(self) -> bool:
        return any(choice.is_field for choice in self.filters.values())

    def fields(self) -> Iterator[dict[str, Any]]:
        """The filters with a list to choose from: name, label, and the options with value, label and the attribute of the chosen one."""
        for name, choice in self.filters.items():
            if choice.is_field:
                chosen = self.chosen.get(name)
                options = [
                    {"value": value, "label": label, "selected": " selected" if value == chosen else ""}
                    for value, label in choice.options.items()
                ]
                yield {"name": name, "label": choice.label, "options": options}

    @property
    def fields_chosen(self) -> str:
        """What differs between the fields of one list and another."""
        return " ".join(f"{name}={value}" for name, value in self.chosen.items() if self.filters[name].is_field)

    def kept(self) -> list[tuple[str, str]]:
        """What the search form carries along unseen."""
        shown = {"q", *(name for name, choice in self.filters.items() if choice.is_field)}
        return [(name, value) for name, value in self.state().items() if value and name not in shown]


def _value(row: Any, name: str) -> Any:
    """The field `name`, which may lead through relations, of a row or of its values."""
    return row[name] if isinstance(row, dict) else reduce(getattr, name.split("__"), row)
