"""Many people at once: threads with database connections of their own, let go at one instant."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from django.db import connection, connections

IS_POSTGRES = connection.vendor == "postgresql"


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every task at one instant.

    What each returned, or the exception it raised, in the order of the tasks.
    """
    outcomes: list[Any] = [None] * len(tasks)
    start = threading.Barrier(len(tasks))

    def run(number: int, task: Callable[[], Any]) -> None:
        try:
            connection.ensure_connection()
            start.wait(timeout=60)
            outcomes[number] = task()
        except Exception as error:
            outcomes[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class Rendezvous:
    """Where `size` threads wait for each other, so that a race happens for certain.

    They wait briefly, if a lock keeps one away.
    """

    def __init__(self, size: int) -> None:
        self.barrier = threading.Barrier(size)

    def wait(self) -> None:
        with suppress(threading.BrokenBarrierError):
            self.barrier.wait(timeout=0.5)


@contextmanager
def without_unique(model: Any, name: str, replacement: Any) -> Iterator[None]:
    """Within the block the database lets `model` hold the same value of field `name` twice.

    Its rows are gone afterwards.
    """
    field = model._meta.get_field(name)
    replacement.set_attributes_from_name(name)
    replacement.model = model
    with connection.schema_editor() as editor:
        editor.alter_field(model, field, replacement)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            # The table's name is our own.
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        with connection.schema_editor() as editor:
            editor.alter_field(model, replacement, field)
