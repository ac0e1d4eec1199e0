"""Writes one partner with all its rows to a file."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from benefits_portal.cells.exporting import export
from benefits_portal.cells.transfer_file import listed
from benefits_portal.commands import PortalCommand
from benefits_portal.tenants.models import Partner


class Command(PortalCommand):
    help = (
        "Write one partner with all its rows to a file: for another portal (--cell), or as a "
        "copy to read (--copy), which holds no product key and no password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="its MPN ID")
        parser.add_argument("file", type=Path, help="a new file, which only its owner can read")
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("--cell", type=int, help="the CELL of the portal that it is for")
        whom.add_argument("--copy", action="store_true", help="for the partner itself")

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(mpn_id=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner “{options['partner']}”.")
        check_possible(partner, options["cell"])
        try:
            totals = export(partner, options["file"], options["cell"])
        except FileExistsError as error:
            raise CommandError(f"{options['file']} is there already.") from error
        self.stdout.write(listed(totals))


def check_possible(partner: Partner, cell: int | None) -> None:
    """Raise CommandError if the partner cannot be exported, or not for that portal."""
    if connection.vendor != "postgresql":
        raise CommandError("Partners are exported from PostgreSQL; a demo has none to keep.")
    if partner.is_practice:
        raise CommandError("A practice partner is made again wherever it is wanted.")
    if cell == settings.CELL:
        raise CommandError(f"This portal is CELL={cell} itself.")
    if cell is not None and not settings.TRANSFER_SECRET:
        raise CommandError(
            "TRANSFER_SECRET is not set. Put what `openssl rand -hex 32` prints into the settings "
            "of both portals."
        )
