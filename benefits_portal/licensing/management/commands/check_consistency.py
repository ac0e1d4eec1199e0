"""Check that every fact that is stored twice is the same in both places."""

import time
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from benefits_portal.commands import PortalCommand
from benefits_portal.licensing.consistency import CHECKS
from benefits_portal.postgresql.limits import one_snapshot, without_time_limit


class Command(PortalCommand):
    help = (
        "Look for copied facts that differ: partners, names, search words, keys at rest, the "
        "ledger. It only reads. Ends with "
        "an error if something is found, and says how many rows, the first of them, and what to do."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        began, faults = time.monotonic(), 0
        with without_time_limit(connection), one_snapshot(connection):
            for check in CHECKS:
                if finding := check.run():
                    faults += 1
                    self.stdout.write(check.describe(finding))
        if faults:
            raise CommandError(f"{faults} of {len(CHECKS)} checks found something.")
        self.stdout.write(f"Nothing found: {len(CHECKS)} checks, {time.monotonic() - began:.1f} s.")
