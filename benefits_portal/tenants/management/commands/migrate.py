"""`migrate` as Django has it, without a limit on how long a statement takes."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections


class Command(migrate.Command):
    """Writing a new column on a hundred thousand rows takes longer than any page may; LOCK_TIMEOUT still holds."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout TO 0")
        patience, connection.patience = connection.patience, None  # type: ignore[attr-defined]
        try:
            super().handle(*args, **options)
        finally:
            connection.patience = patience  # type: ignore[attr-defined]
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
