"""Rebuild the tallies of licenses from the assignments."""

from typing import Any

from django.db import connection

from benefits_portal.commands import PortalCommand
from benefits_portal.licensing.models import LicenseTally
from benefits_portal.postgresql.limits import without_time_limit


class Command(PortalCommand):
    help = (
        "Count again how many licenses were given and ended by day, for a database in which rows "
        "were written while its triggers were off. Whoever gives a license meanwhile waits. Can be "
        "run again at any time."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        with without_time_limit(connection):
            LicenseTally.objects.recount()
        self.stdout.write(f"{LicenseTally.objects.count():,} tallies written.")
