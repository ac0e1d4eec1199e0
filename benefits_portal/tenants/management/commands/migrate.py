"""`migrate` as Django has it, without a limit on how long a statement takes."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

NO_LIMIT = "-c statement_timeout=0"  # the last of two is what counts


class Command(migrate.Command):
    """Writing a new column on a hundred thousand rows takes longer than any page may; LOCK_TIMEOUT still holds."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor == "postgresql":
            given = connection.settings_dict["OPTIONS"]
            connection.settings_dict["OPTIONS"] = given | {"options": f"{given.get('options', '')} {NO_LIMIT}".strip()}
            connection.close()
        super().handle(*args, **options)
