"""What may take longer than a page: migrations, and checks of everything there is.

A limit is lifted by SET LOCAL, in each transaction by itself: behind a pgbouncer the session is
somebody else's as soon as a transaction ends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def without_time_limit(connection: Any) -> Iterator[None]:
    """Within the block a statement on `connection` takes as long as it takes.

    LOCK_TIMEOUT still holds. Inside a transaction of the caller's it counts until that one ends.
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
    """The same for what no transaction can hold, such as an index that is made while in use.

    Only for a session of one's own: never behind a pgbouncer.
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
    """Within the block a server that does not answer is waited for, and any transaction lasts."""
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
    """Give a statement outside of a transaction one of its own."""
    connection = context["connection"]
    if connection.in_atomic_block:
        return execute(sql, params, many, context)
    with transaction.atomic(using=connection.alias):
        return execute(sql, params, many, context)


@contextmanager
def one_snapshot(connection: Any) -> Iterator[None]:
    """Within the block `connection` sees the database as it is at the first query; none writes."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
