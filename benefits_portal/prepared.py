"""Queries whose SQL Django compiles once per process; each request fills in its own values.

Compiling a queryset to SQL takes Django longer than PostgreSQL takes to answer it. The queryset is
built once, with stand-ins for the values (numbers, days and texts). Each request replaces the
stand-ins among the parameters of the compiled SQL.

- `PreparedQuery`: the function that builds the queryset only passes its values on.
- `prepared`: it also computes with values, such as the last day of a month. It is compiled once for
  each combination of them, and a few of these are kept.
- `PlannedQuery` and `planned`: as these two, but PostgreSQL keeps the plan too, per connection. For
  lookups by a unique key, and others where one plan is best for all values.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from copy import copy
from datetime import date, timedelta
from functools import lru_cache, wraps
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import BigIntegerField, Field, ForeignObject, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler

# The stand-in for value 0 is this number, for value 1 the next one, and so on. No other number in
# a query is as large, and it fits every integer field
FIRST_NUMBER = 2_077_777_770
FIRST_CENTURY = 3100  # stand-ins for days: no real day is as late
TEXT = "the text at index "
TEXT_IN_BYTES = re.compile(TEXT.encode() + rb"(\d+)(.*)", re.DOTALL)
KEPT = 8  # compiled queries per function that is `prepared`: partners differ in today's date


class StandInDay(date):
    """A day in a century of its own. Days can be added and subtracted; all else is refused."""

    @classmethod
    def at(cls, index: int) -> "StandInDay":
        return cls(FIRST_CENTURY + 100 * index + 50, 1, 1)

    def replace(self, *_args: Any, **_kwargs: Any) -> Any:
        raise TypeError("Adding months gives a day that depends on the value of the stand-in.")

    def __sub__(self, days: Any) -> Any:
        if isinstance(days, date):
            raise TypeError("The days between two dates depend on the value of the stand-in.")
        return super().__sub__(days)


class Slot(NamedTuple):
    """A parameter: at `position` goes the value at `value_index`, plus `later` days."""

    position: int
    value_index: int
    later: timedelta = timedelta(0)
    as_text: bool = False  # for SQLite
    ending: bytes | None = None  # for text encoded to bytes: what follows it
    json: Any = None  # for a number in JSON: psycopg's wrapper of it

    def fill(self, params: list[Any], values: tuple[Any, ...]) -> None:
        """Put the value into `params`."""
        value = values[self.value_index] + self.later if self.later else values[self.value_index]
        if self.ending is not None:
            value = value.encode() + self.ending
        if self.json is not None:
            params[self.position] = copy(self.json)
            params[self.position].obj = value
        else:
            params[self.position] = str(value) if self.as_text else value


class PreparedQuery[Row]:
    """A query whose SQL is compiled once, from the queryset that `build` returns.

    `build` is called with stand-ins. It can filter by them and add days to them, but must not
    branch on them. Arguments that change the queryset's form go by keyword: each combination of
    them is compiled by itself.

        @PreparedQuery
        def of_partner(partner: int, pk: int) -> QuerySet[Benefit]:
            return Benefit.objects.filter(partner=partner, pk=pk)

        of_partner.first(1, 2)
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Row]]) -> None:
        self._build = build
        self._forms: dict[Hashable, Composed] = {}

    def rows(self, *values: int | date | str, **form: Hashable) -> list[Row]:
        """What the queryset finds: instances, or values. One query."""
        composed = self._composed(values, form)
        with self._planning(composed.using):
            return list(composed.asked(values))

    def tuples(self, *values: int | date | str, **form: Hashable) -> list[Row]:
        """The rows of a `values_list`, read without a queryset: for queries of every page."""
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
            stand_ins = [stand_in(kind, index) for index, kind in enumerate(kinds)]
            composed = Composed(self._build(*stand_ins, **form), len(kinds))
            self._forms[key] = composed
        return composed

    def _planning(self, using: str) -> AbstractContextManager[None]:
        """A context in which the query runs; here nothing special, `PlannedQuery` changes it."""
        return nullcontext()

    def first(self, *values: int | date | str, **form: Hashable) -> Row | None:
        """The first row, or None. `build` should limit the queryset to one."""
        return next(iter(self.rows(*values, **form)), None)


class PlannedQuery[Row](PreparedQuery[Row]):
    """A prepared query whose plan PostgreSQL keeps too, whatever the values are.

    Only for lookups by a unique key, or through an index that finds few rows at any partner. If a
    partner may have one row or a million, the plan for one would be used for the other. A plan
    takes about 0.13 MB of a connection.
    """

    def _planning(self, using: str) -> AbstractContextManager[None]:
        return getattr(connections[using], "planning_once", nullcontext)()


def writes_planned_once() -> AbstractContextManager[None]:
    """Within the block PostgreSQL plans each statement once per connection, in a transaction too.

    For new rows, and for those that are locked or written by a unique key. Should a column have
    another type since, the statement fails, and the connection forgets its plans: once the
    transaction or its savepoint is rolled back, the next one succeeds.
    """
    planning_once = getattr(connections[DEFAULT_DB_ALIAS], "planning_once", None)
    return planning_once(in_transactions=True) if planning_once else nullcontext()


def padded[Key: int | str](keys: Iterable[Key], nobody: Key) -> list[Key]:
    """`keys` with the last one repeated to a length of 1, 2, 4, 8 …

    So a query by many keys has few forms. Without any key, `nobody`, which no row has.
    """
    padded = list(keys) or [nobody]
    return padded + padded[-1:] * ((1 << (len(padded) - 1).bit_length()) - len(padded))


def in_one_text(keys: Iterable[int]) -> str:
    """`keys` as the value of the lookup `one_of`: a query has one form for any number of them.

    Numbers that no row can have are left out, as Django does.
    """
    return ",".join(str(key) for key in keys if abs(key) <= BigIntegerField.MAX_BIGINT)


@Field.register_lookup
@ForeignObject.register_lookup
class OneOf(Lookup):
    """The column is one of the numbers of a text made by `in_one_text`."""

    lookup_name = "one_of"
    prepare_rhs = False
    on_postgresql = "%s = ANY (string_to_array(%%s, ',')::bigint[])"
    on_sqlite = "%s IN (SELECT value FROM json_each('[' || %%s || ']'))"

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.process_lhs(compiler, connection)
        return self.on_postgresql % sql, (*params, self.rhs)

    def as_sqlite(self, compiler: SQLCompiler, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, params = self.process_lhs(compiler, connection)
        return self.on_sqlite % sql, (*params, self.rhs)


def prepared[*Others, Row](
    build: Callable[[int, *Others], QuerySet[Any, Row]],
) -> Callable[[int, *Others], list[Row]]:
    """Decorate `build` to return rows, and compile its SQL once for each set of other arguments.

    Its first argument is a number, such as a partner's primary key: a stand-in. `build` may compute
    with the others, such as the partner's day, and branch on them.
    """
    return _by_others(build, PreparedQuery)


def planned[*Others, Row](
    build: Callable[[int, *Others], QuerySet[Any, Row]],
) -> Callable[[int, *Others], list[Row]]:
    """Decorate `build` as `prepared` does, for rows that one plan finds best for all values."""
    return _by_others(build, PlannedQuery)


def _by_others[*Others, Row](
    build: Callable[[int, *Others], QuerySet[Any, Row]], kind: type[PreparedQuery[Row]]
) -> Callable[[int, *Others], list[Row]]:
    @lru_cache(maxsize=KEPT)
    def query(*others: *Others) -> PreparedQuery[Row]:
        return kind(lambda number: build(number, *others))

    @wraps(build)
    def rows(number: int, *others: *Others) -> list[Row]:
        return query(*others).rows(number)

    return rows


class Composed:
    """A queryset with `count` stand-ins, compiled to SQL.

    Raises ValueError if a stand-in is not among its parameters: its value would have no effect.
    """

    def __init__(self, queryset: QuerySet[Any, Any], count: int) -> None:
        self._queryset = queryset
        self._compiler: SQLCompiler = queryset.query.get_compiler(queryset.db)
        self._sql, self._params = self._compiler.as_sql()
        selected = [expression for expression, _sql, _alias in self._compiler.select]
        self._converters = self._compiler.get_converters(selected)
        slots = (slot(position, param) for position, param in enumerate(self._params))
        self._slots = [each for each in slots if each and each.value_index < count]
        if len({each.value_index for each in self._slots}) < count:
            raise ValueError(f"Not all of the {count} values are parameters of {self._sql}")

    @property
    def using(self) -> str:
        """The alias of the database to ask now: a list may be read from a replica, or not."""
        return self._queryset.db

    def asked(self, values: tuple[int | date | str, ...]) -> QuerySet[Any, Any]:
        """The queryset with `values` filled in. It cannot be filtered or ordered any further."""
        params = self._filled(values)
        queryset, compiler = self._queryset.all(), copy(self._compiler)
        compiler.using = self.using
        compiler.connection = connections[compiler.using]
        vars(compiler)["as_sql"] = lambda: (self._sql, params)
        vars(compiler)["get_converters"] = lambda _selected: self._converters
        vars(queryset.query)["get_compiler"] = lambda using: compiler
        return queryset

    def tuples(self, values: tuple[int | date | str, ...]) -> list[Any]:
        """The rows with `values` filled in, straight from the cursor."""
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


def stand_in(kind: type, index: int) -> int | date | str:
    """The stand-in for the value at `index`, of the same kind."""
    if issubclass(kind, date):
        return StandInDay.at(index)
    return f"{TEXT}{index}" if issubclass(kind, str) else FIRST_NUMBER + index


def slot(position: int, param: Any) -> Slot | None:
    """The slot at this position if `param` is a stand-in, in whatever form; otherwise None."""
    as_text = isinstance(param, str)
    if as_text and param.startswith(TEXT):
        return Slot(position, int(param.removeprefix(TEXT)), as_text=True)
    held = getattr(param, "obj", param)  # psycopg wraps bytes and JSON
    if isinstance(held, bytes) and (found := TEXT_IN_BYTES.match(held)):
        return Slot(position, int(found[1]), ending=found[2])
    if held is not param and isinstance(held, int) and held >= FIRST_NUMBER:
        return Slot(position, held - FIRST_NUMBER, json=param)
    if as_text and param.isdecimal() and int(param) >= FIRST_NUMBER:
        return Slot(position, int(param) - FIRST_NUMBER, as_text=True)
    if as_text:
        with suppress(ValueError):
            param = date.fromisoformat(param)
    if isinstance(param, date) and param.year >= FIRST_CENTURY:
        index = (param.year - FIRST_CENTURY) // 100
        later = param.toordinal() - StandInDay.at(index).toordinal()
        return Slot(position, index, timedelta(days=later), as_text)
    if isinstance(param, int) and param >= FIRST_NUMBER:
        return Slot(position, param - FIRST_NUMBER)
    return None
