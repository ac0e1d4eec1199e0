"""What may take longer than a page: migrations, and checks of everything there is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction


@contextmanager
def without_time_limit(connection: Any) -> Iterator[None]:
    """Within the block a statement on `connection` takes as long as it takes.

    LOCK_TIMEOUT still holds.
    """
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout TO 0")
    patience, connection.patience = connection.patience, None
    try:
        yield
    finally:
        connection.patience = patience
        with connection.cursor() as cursor:
            cursor.execute("RESET statement_timeout")


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
