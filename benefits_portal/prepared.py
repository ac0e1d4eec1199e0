"""A query that Django puts together once for each process; only one value differs each time.

Django takes longer to put a query together than PostgreSQL to answer it. Only for what nearly every
request asks, since its form cannot depend on anything.
"""

from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

STAND_IN = -77_777_777_777  # nothing else in a query is this


class PreparedQuery:
    """The rows of `question`, which makes a `values_list` of a number, as tuples."""

    def __init__(self, question: Callable[[int], QuerySet[Any, Any]]) -> None:
        self._question = question

    def rows(self, value: int) -> list[tuple[Any, ...]]:
        sql, params, converters = self._parts
        with connection.cursor() as cursor:
            cursor.execute(sql, [value if each == STAND_IN else each for each in params])
            rows: list[tuple[Any, ...]] = cursor.fetchall()
        if not converters:
            return rows
        return [tuple(row) for row in self._compiler().apply_converters(rows, converters)]

    def _compiler(self) -> SQLCompiler:
        compiler: SQLCompiler = self._query.get_compiler(connection=connection)
        return compiler

    @cached_property
    def _query(self) -> Any:
        return self._question(STAND_IN).query

    @cached_property
    def _parts(self) -> tuple[str, tuple[Any, ...], dict[int, Any]]:
        compiler = self._compiler()
        sql, params = compiler.as_sql()
        selected = [expression for expression, _sql, _alias in compiler.select]
        return sql, params, compiler.get_converters(selected)
