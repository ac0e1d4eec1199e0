"""Write one partner with all its rows to a file."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, connection

from benefits_portal import clock
from benefits_portal.cells.exporting import export
from benefits_portal.cells.transfer_file import listed
from benefits_portal.commands import PortalCommand, whole_number
from benefits_portal.database_errors import Reason, reason
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.management.reasons import add_reason
from benefits_portal.tenants.models import Actor, Partner

NEXT = (
    "{partner} is closed here. Import the file in the other portal, then say where it is: "
    "end_move {mpn_id} --moved-to https://… Or open it again: end_move {mpn_id} --stays."
)

CLOSED = "{partner} is closed here. Run this again, or open the partner: end_move {mpn_id} --stays."


class Command(PortalCommand):
    help = (
        "Write one partner with all its rows to a file: for another portal (--cell), for which it "
        "is closed here first, or as a copy to read (--copy), which holds no product key and no "
        "password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="its MPN ID")
        parser.add_argument("file", type=Path, help="a new file, which only its owner can read")
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument(
            "--cell", type=whole_number(0, 999), help="the CELL of the portal that it is for"
        )
        whom.add_argument("--copy", action="store_true", help="for the partner itself")
        parser.add_argument(
            "--minutes",
            type=whole_number(1, 24 * 60),
            default=15,
            help="how long its people read that it takes (15)",
        )
        add_reason(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(mpn_id=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner “{options['partner']}”.")
        check_possible(partner, options["cell"])
        by = Actor(reason=options["reason"])
        closing = None if options["copy"] else partial(close, partner, options["minutes"], by=by)
        with errors_of(partner, options["file"]):
            totals = export(partner, options["file"], options["cell"], first=closing)
        self.stdout.write(listed(totals))
        if not options["copy"]:
            self.stdout.write(NEXT.format(partner=partner, mpn_id=partner.mpn_id))


@contextmanager
def errors_of(partner: Partner, path: Path) -> Iterator[None]:
    """Turn errors into CommandError; they say if the partner is closed already."""
    try:
        yield
    except CommandError:
        raise
    except FileExistsError as error:
        raise CommandError(f"{path} is there already.") from error
    except BaseException as error:
        if not (partner.is_closed or isinstance(error, OSError)):
            raise
        closed = CLOSED.format(partner=partner, mpn_id=partner.mpn_id) if partner.is_closed else ""
        why = " ".join(str(error).split()) or type(error).__name__
        raise CommandError(f"{path} was not written: {why}. {closed}".strip()) from error


def close(partner: Partner, minutes: int, *, by: Actor) -> None:
    """Close the partner for its move. Raises CommandError if a transaction keeps writing there."""
    try:
        partner.close(clock.now() + timedelta(minutes=minutes), by=by)
    except Refusal as refusal:
        raise CommandError(str(refusal)) from refusal
    except DatabaseError as error:
        if reason(error) is not Reason.BUSY:
            raise
        raise CommandError(
            "Somebody is still writing there. Nobody can begin anything new. "
            + CLOSED.format(partner=partner, mpn_id=partner.mpn_id)
        ) from error


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
