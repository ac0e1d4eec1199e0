"""Queries that Django puts together once for each process; only one number differs each time.

Django takes longer to put a query together than PostgreSQL to answer it. Only for what nearly every
request asks, or a page asks many of: its form may depend on nothing but what it is prepared for.
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property, lru_cache, wraps
from typing import Any

from django.db import connections
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler

STAND_IN = -77_777_777_777  # nothing else in a query is this
KEPT = 8  # of a question, with what is asked beside the number: the days of partners, mostly


class PreparedQuery[Row]:
    """What the queryset that `question` makes of a number holds, whatever its rows are."""

    def __init__(self, question: Callable[[int], QuerySet[Any, Row]]) -> None:
        self._question = question

    def rows(self, value: int) -> list[Row]:
        queryset = self._queryset.all()

        def compiler(using: str | None = None, *_args: Any, **_kwargs: Any) -> SQLCompiler:
            return self._compiler(value, using or queryset.db)

        queryset.query.get_compiler = compiler  # type: ignore[method-assign]
        return list(queryset)

    def _compiler(self, value: int, using: str) -> SQLCompiler:
        """One that has put its SQL together, on the connection of this thread."""
        ready, (sql, params) = self._put_together
        compiler = copy(ready)
        compiler.connection = connections[using]
        answer = sql, tuple(value if each == STAND_IN else each for each in params)
        compiler.as_sql = lambda *_args, **_kwargs: answer  # type: ignore[method-assign]
        return compiler

    @cached_property
    def _queryset(self) -> QuerySet[Any, Row]:
        return self._question(STAND_IN)

    @cached_property
    def _put_together(self) -> tuple[SQLCompiler, tuple[str, tuple[Any, ...]]]:
        compiler = self._queryset.query.get_compiler(using=self._queryset.db)
        return compiler, compiler.as_sql()


def prepared[*Beside, Row](
    question: Callable[[int, *Beside], QuerySet[Any, Row]],
) -> Callable[[int, *Beside], list[Row]]:
    """The rows of `question`, which is put together once for all that it is asked beside a number.

    The number is the primary key of a partner, say; the rest are few values, such as its day.
    """

    @lru_cache(maxsize=KEPT)
    def query(*beside: *Beside) -> PreparedQuery[Row]:
        return PreparedQuery(lambda number: question(number, *beside))

    @wraps(question)
    def rows(number: int, *beside: *Beside) -> list[Row]:
        return query(*beside).rows(number)

    return rows
