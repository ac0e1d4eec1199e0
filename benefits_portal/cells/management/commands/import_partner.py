"""Import a partner that another portal has exported."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from benefits_portal.cells.importing import import_file
from benefits_portal.cells.transfer_file import Unfit, compared
from benefits_portal.commands import PortalCommand


class Command(PortalCommand):
    help = (
        "Bring a partner in from a file of export_partner: all of it or nothing. What arrived is "
        "compared with what was sent, table by table."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql" or not settings.TRANSFER_SECRET:
            raise CommandError(
                "A partner is moved to a portal on PostgreSQL, with the TRANSFER_SECRET of the "
                "portal that it comes from."
            )
        try:
            arrival = import_file(options["file"])
        except Unfit as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(compared(arrival.sent, arrival.arrived))
        if arrival.known:
            self.stdout.write(f"{arrival.known} accounts were here already and stay as they are.")
        self.stdout.write(f"{arrival.partner} (MPN ID {arrival.partner.mpn_id}) is here now.")
