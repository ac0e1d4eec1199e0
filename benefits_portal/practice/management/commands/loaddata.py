"""Django's `loaddata`, limited to empty demo databases: a fixture overwrites rows with its keys."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import loaddata
from django.core.serializers.base import DeserializationError
from django.db import DatabaseError, connections, transaction
from django.db.migrations.executor import MigrationExecutor

from benefits_portal.commands import PortalCommand
from benefits_portal.licensing.models import LicenseTally
from benefits_portal.practice.world import holds_rows


class Command(PortalCommand, loaddata.Command):
    """Refuses unless DEMO is on and the database is migrated and empty; loads all or nothing."""

    def handle(self, *labels: str, **options: Any) -> None:
        check_demo()
        check_migrated(options["database"])
        try:
            with transaction.atomic(using=options["database"]):
                check_empty(options["database"])
                super().handle(*labels, **options)
                # Triggers have counted the assignments, in addition to the tallies in a dump
                LicenseTally.objects.recount()
        except (DatabaseError, DeserializationError, ValueError) as error:
            raise CommandError(
                f"This fixture does not fit, so nothing was loaded: {error}"
            ) from error


def check_demo() -> None:
    if not settings.DEMO:
        raise CommandError(
            "Fixtures are for a demo, and DEMO is off, so nothing was loaded. "
            "For a demo put DEMO=on before the command, with a DATABASE_URL of its own."
        )


def check_migrated(alias: str) -> None:
    try:
        executor = MigrationExecutor(connections[alias])
        pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError as error:
        raise CommandError(
            f"The database cannot be asked, so nothing was loaded: {error}"
        ) from error
    if pending:
        raise CommandError(
            "This database is not migrated, so nothing was done. Run `manage.py migrate` with "
            "the same DATABASE_URL first."
        )


def check_empty(alias: str) -> None:
    if holds_rows(alias):
        raise CommandError(
            "This database holds rows that a fixture would overwrite, so nothing was loaded. "
            "Point DATABASE_URL at an empty database and migrate it first."
        )
