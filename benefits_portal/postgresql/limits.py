"""Lift time limits for work that takes longer than a page, such as migrations and checks.

Limits are lifted by SET LOCAL in each transaction: behind pgbouncer, the session belongs to another
client as soon as the transaction ends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def without_time_limit(connection: Any) -> Iterator[None]:
    """Lift `statement_timeout` within the block; inside a transaction, until that one ends.

    `lock_timeout` still applies.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with patient(connection), connection.execute_wrapper(in_a_transaction):
        connection.has_time_limit = False
        try:
            if connection.in_atomic_block:
                connection.lift_time_limit()
            yield
        finally:
            connection.has_time_limit = True


@contextmanager
def session_without_time_limit(connection: Any) -> Iterator[None]:
    """The same for statements outside of transactions, such as CREATE INDEX CONCURRENTLY.

    Changes the session, so never use it behind pgbouncer.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with patient(connection):
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout TO 0")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")


@contextmanager
def patient(connection: Any) -> Iterator[None]:
    """Within the block, wait for a silent server, and commit transactions of any duration."""
    connection.ensure_connection()
    patience, connection.patience = connection.patience, None
    longest, connection.longest = connection.longest, None
    try:
        yield
    finally:
        connection.patience, connection.longest = patience, longest


def in_a_transaction(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """An execute wrapper that runs each statement in a transaction."""
    connection = context["connection"]
    if connection.in_atomic_block:
        return execute(sql, params, many, context)
    with transaction.atomic(using=connection.alias):
        return execute(sql, params, many, context)


@contextmanager
def one_snapshot(connection: Any) -> Iterator[None]:
    """Within the block, read from one snapshot of the database; writes are refused."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
