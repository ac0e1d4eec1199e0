"""Django's `migrate` without a limit on the duration of statements."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from benefits_portal.commands import PortalCommand
from benefits_portal.postgresql.limits import session_without_time_limit


class Command(PortalCommand, migrate.Command):
    """Lifts `statement_timeout`, since filling a new column takes longer than any page may.

    `lock_timeout` still applies.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check_unapplied"] or options["plan"]:  # read-only
            super().handle(*args, **options)
            return
        if settings.PGBOUNCER:
            raise CommandError(
                "PGBOUNCER is on, and its sessions are everybody's. Nothing was changed. Migrate "
                "past it: `portal DATABASE_URL=… PGBOUNCER=off migrate` (docs/operations.md)."
            )
        with session_without_time_limit(connections[options["database"]]):
            super().handle(*args, **options)
