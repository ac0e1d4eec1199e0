"""Send waiting emails: once, or for as long as the command runs."""

import logging
import time
from typing import Any

from django.core.management.base import CommandParser
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from benefits_portal.commands import PortalCommand, whole_number
from benefits_portal.tenants import outbox

_log = logging.getLogger("benefits_portal.tenants.outbox")


class Command(PortalCommand):
    help = (
        "Send the mails that wait. It may be killed, run again, and run by several machines "
        "at once."
    )
    requires_system_checks = []  # they ask the database, which may be away when the service starts

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--every",
            type=whole_number(1, 3_600),
            metavar="SECONDS",
            help="go on, and look again after so many seconds",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["every"]:
            self.stdout.write(f"{outbox.send_due()} sent.")
            return
        while True:
            self.look()
            time.sleep(options["every"])

    def look(self) -> None:
        """Send what is due. If the database is away, the next look tries again."""
        try:
            close_old_connections()
            outbox.send_due()
        except (DatabaseError, InterfaceError):
            _log.exception("The database did not answer")
            connection.close()
