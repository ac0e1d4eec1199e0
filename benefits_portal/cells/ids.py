"""Ranges of primary keys: rows of different portals never have the same key.

Each portal has 10¹² numbers. Those of the first portal, CELL=0, begin at 1.
"""

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import BigAutoField, Model

SIZE = 10**12


def first_id(cell: int) -> int:
    return cell * SIZE + 1


def cell_of(pk: int) -> int:
    """The portal that made the row with this primary key."""
    return (pk - 1) // SIZE


def numbered_models() -> list[type[Model]]:
    """The project's models whose primary keys the database generates."""
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if isinstance(model._meta.pk, BigAutoField)
        and model.__module__.startswith("benefits_portal.")
    ]


def counters() -> Iterator[tuple[type[Model], str]]:
    """Each model with the sequence of its primary keys."""
    with connection.cursor() as cursor:
        for model in numbered_models():
            cursor.execute(
                "SELECT pg_get_serial_sequence(%s, 'id')",
                [connection.ops.quote_name(model._meta.db_table)],
            )
            if found := cursor.fetchone()[0]:
                yield model, found


def keep_to_range(**_sent: Any) -> None:
    """After `migrate`, move the sequences of new tables into the range of CELL."""
    if connection.vendor != "postgresql" or settings.CELL == 0:
        return
    first = first_id(settings.CELL)
    for _model, name in counters():
        if cell_of(next_id(name)) != settings.CELL:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"ALTER SEQUENCE {name} MAXVALUE {first + SIZE - 1} RESTART WITH {first}"
                )


def next_ids() -> dict[str, int]:
    """The primary key of the next row of each table, by the model's label."""
    return {model._meta.label: next_id(name) for model, name in counters()}


def next_id(name: str) -> int:
    with connection.cursor() as cursor:
        # The database's own name
        cursor.execute(f"SELECT last_value + is_called::int FROM {name}")  # noqa: S608
        return int(cursor.fetchone()[0])
