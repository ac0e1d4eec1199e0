"""Queries that Django puts together once for each process; what differs is numbers, days, texts.

Django takes longer to put a query together than PostgreSQL to answer it. So what a page always asks
in the same form is asked once about stand-ins, in whose places each request puts its own values.

Three ways in. `PreparedQuery`, where the question passes its values on and looks at none: put
together once. `prepared`, where it works something out from what is beside the first number, such
as the last day of a month: put together once for each of these values, of which a few are kept.
`PlannedQuery`, where one plan is best for all values, as for whatever is found by a unique key: a
`PreparedQuery` that PostgreSQL too parses and plans once, for each connection.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from copy import copy
from datetime import date, timedelta
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

# Nothing else in a query is this, or a few more; it is in the range of every field
FIRST_NUMBER = 2_077_777_770
FIRST_CENTURY = 3100  # no day of ours is as late
TEXT = "the text at place "
TEXT_IN_BYTES = re.compile(TEXT.encode() + rb"(\d+)(.*)", re.DOTALL)
KEPT = 8  # of a question, with what is asked beside the number: the days of partners, mostly


class StandInDay(date):
    """In a century of its own; days can be added to it and taken away, and nothing else."""

    @classmethod
    def at(cls, place: int) -> "StandInDay":
        return cls(FIRST_CENTURY + 100 * place + 50, 1, 1)

    def replace(self, *_args: Any, **_kwargs: Any) -> Any:
        raise TypeError("Months later than a stand-in is a day that depends on its value.")

    def __sub__(self, days: Any) -> Any:
        if isinstance(days, date):
            raise TypeError("Days between a stand-in and another day depend on its value.")
        return super().__sub__(days)


class Slot(NamedTuple):
    """Where among a query's parameters the value at `place` goes, `later` by some days."""

    at: int
    place: int
    later: timedelta = timedelta(0)
    as_text: bool = False  # for SQLite
    ending: bytes | None = None  # of what is text in bytes, which something may follow
    json: Any = None  # what PostgreSQL is given a number in JSON as

    def fill(self, params: list[Any], values: tuple[Any, ...]) -> None:
        value = values[self.place] + self.later if self.later else values[self.place]
        if self.ending is not None:
            value = value.encode() + self.ending
        if self.json is not None:
            params[self.at] = copy(self.json)
            params[self.at].obj = value
        else:
            params[self.at] = str(value) if self.as_text else value


class PreparedQuery[Row]:
    """What the queryset finds that `question` makes of numbers, days and texts: rows, or tuples.

    `question` is asked about stand-ins, once: it can filter by them and add days to them, but not
    decide anything. What changes the form of its queryset is given by keyword: it is asked again.

        @PreparedQuery
        def of_partner(partner: int, pk: int) -> QuerySet[Benefit]:
            return Benefit.objects.filter(partner=partner, pk=pk)

        of_partner.first(1, 2)
    """

    def __init__(self, question: Callable[..., QuerySet[Any, Row]]) -> None:
        self._question = question
        self._forms: dict[Hashable, Composed] = {}

    def rows(self, *values: int | date | str, **form: Hashable) -> list[Row]:
        composed = self._composed(values, form)
        with self._planning(composed.using):
            return list(composed.asked(values))

    def tuples(self, *values: int | date | str, **form: Hashable) -> list[Row]:
        """The rows of a `values_list`, without a queryset around them: for what all pages ask."""
        composed = self._composed(values, form)
        with self._planning(composed.using):
            return composed.tuples(values)

    def _composed(
        self, values: tuple[int | date | str, ...], form: Mapping[str, Hashable]
    ) -> "Composed":
        kinds = tuple(map(type, values))
        key = (kinds, *form.items())
        composed = self._forms.get(key)
        if composed is None:
            stand_ins = [stand_in(kind, place) for place, kind in enumerate(kinds)]
            composed = Composed(self._question(*stand_ins, **form), len(kinds))
            self._forms[key] = composed
        return composed

    def _planning(self, using: str) -> AbstractContextManager[None]:
        """Within the block the database `using` plans as it does for any other query."""
        return nullcontext()

    def first(self, *values: int | date | str, **form: Hashable) -> Row | None:
        """The first of them: `question` should ask for no more than that."""
        return next(iter(self.rows(*values, **form)), None)


class PlannedQuery[Row](PreparedQuery[Row]):
    """One whose plan PostgreSQL keeps as well, whatever the values are.

    For what is found by unique keys. Of a partner's rows there may be one or a million, and the
    plan for one would be kept for the other.
    """

    def _planning(self, using: str) -> AbstractContextManager[None]:
        return getattr(connections[using], "planning_once", nullcontext)()


def writes_planned_once() -> AbstractContextManager[None]:
    """Within the block PostgreSQL plans each statement once per connection, in a transaction too.

    For new rows, and for those that are locked or written by a unique key. Should a column have
    another type since, the transaction is rolled back, and psycopg forgets its plans: the next one
    succeeds.
    """
    planning_once = getattr(connections[DEFAULT_DB_ALIAS], "planning_once", None)
    return planning_once(in_transactions=True) if planning_once else nullcontext()


def padded[Key: int | str](keys: Iterable[Key], nobody: Key) -> list[Key]:
    """`keys`, the last one repeated, so that a query by many has a form for 1, 2, 4, 8 … of them.

    Without any, `nobody`, whom no row has.
    """
    padded = list(keys) or [nobody]
    return padded + padded[-1:] * ((1 << (len(padded) - 1).bit_length()) - len(padded))


def prepared[*Beside, Row](
    question: Callable[[int, *Beside], QuerySet[Any, Row]],
) -> Callable[[int, *Beside], list[Row]]:
    """The rows of `question`, which is put together once for all that it is asked beside a number.

    The number is the primary key of a partner, say; the rest are few values, such as its day, by
    which `question` may decide.
    """

    @lru_cache(maxsize=KEPT)
    def query(*beside: *Beside) -> PreparedQuery[Row]:
        return PreparedQuery(lambda number: question(number, *beside))

    @wraps(question)
    def rows(number: int, *beside: *Beside) -> list[Row]:
        return query(*beside).rows(number)

    return rows


class Composed:
    """A query about `count` stand-ins, put together."""

    def __init__(self, queryset: QuerySet[Any, Any], count: int) -> None:
        self._queryset, self.using = queryset, queryset.db
        self._compiler: SQLCompiler = queryset.query.get_compiler(self.using)
        self._sql, self._params = self._compiler.as_sql()
        selected = [expression for expression, _sql, _alias in self._compiler.select]
        self._converters = self._compiler.get_converters(selected)
        slots = (slot(at, param) for at, param in enumerate(self._params))
        self._slots = [each for each in slots if each and each.place < count]
        if len({each.place for each in self._slots}) < count:
            raise ValueError(f"Not all of the {count} values decide in {self._sql}")

    def asked(self, values: tuple[int | date | str, ...]) -> QuerySet[Any, Any]:
        """The queryset that asks with `values`; nothing can be added to it any more."""
        params = self._filled(values)
        queryset, compiler = self._queryset.all(), copy(self._compiler)
        compiler.connection = connections[self.using]
        vars(compiler)["as_sql"] = lambda: (self._sql, params)
        vars(compiler)["get_converters"] = lambda _selected: self._converters
        vars(queryset.query)["get_compiler"] = lambda using: compiler
        return queryset

    def tuples(self, values: tuple[int | date | str, ...]) -> list[Any]:
        connection = connections[self.using]
        with connection.cursor() as cursor:
            cursor.execute(self._sql, self._filled(values))
            rows: list[Any] = cursor.fetchall()
        if not self._converters:
            return rows
        compiler = copy(self._compiler)
        compiler.connection = connection
        return [tuple(row) for row in compiler.apply_converters(rows, self._converters)]

    def _filled(self, values: tuple[int | date | str, ...]) -> list[Any]:
        params = list(self._params)
        for each in self._slots:
            each.fill(params, values)
        return params


def stand_in(kind: type, place: int) -> int | date | str:
    """What is asked about instead of the value at `place`."""
    if issubclass(kind, date):
        return StandInDay.at(place)
    return f"{TEXT}{place}" if issubclass(kind, str) else FIRST_NUMBER + place


def slot(at: int, param: Any) -> Slot | None:
    """Which value goes in the place of `param`; None where it is always the same."""
    as_text = isinstance(param, str)
    if as_text and param.startswith(TEXT):
        return Slot(at, int(param.removeprefix(TEXT)), as_text=True)
    held = getattr(param, "obj", param)  # in a database's own type for bytes or JSON
    if isinstance(held, bytes) and (found := TEXT_IN_BYTES.match(held)):
        return Slot(at, int(found[1]), ending=found[2])
    if held is not param and isinstance(held, int) and held >= FIRST_NUMBER:
        return Slot(at, held - FIRST_NUMBER, json=param)
    if as_text and param.isdecimal() and int(param) >= FIRST_NUMBER:
        return Slot(at, int(param) - FIRST_NUMBER, as_text=True)
    if as_text:
        with suppress(ValueError):
            param = date.fromisoformat(param)
    if isinstance(param, date) and param.year >= FIRST_CENTURY:
        place = (param.year - FIRST_CENTURY) // 100
        later = param.toordinal() - StandInDay.at(place).toordinal()
        return Slot(at, place, timedelta(days=later), as_text)
    if isinstance(param, int) and param >= FIRST_NUMBER:
        return Slot(at, param - FIRST_NUMBER)
    return None
