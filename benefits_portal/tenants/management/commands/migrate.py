"""`migrate` as Django has it, without a limit on how long a statement takes."""

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from benefits_portal.commands import PortalCommand
from benefits_portal.postgresql.limits import without_time_limit


class Command(PortalCommand, migrate.Command):
    """Has no time limit but LOCK_TIMEOUT, which still holds.

    Writing a new column on a hundred thousand rows takes longer than any page may.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        with without_time_limit(connections[options["database"]]):
            super().handle(*args, **options)
