"""Send the reminders that are due. Safe to run at any time, and on several machines at once."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from benefits_portal.commands import PortalCommand
from benefits_portal.fields import validate_day
from benefits_portal.reminders.running import preview, run
from benefits_portal.typed_text import read_day


class Command(PortalCommand):
    help = (
        "Send the reminders that are due. It may be missed, killed, run again and run twice at "
        "once: each is sent once, and none is lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say how many would be told, and send nothing"
        )
        parser.add_argument(
            "--at",
            metavar="MOMENT",
            help="with --dry-run: another moment, such as 2027-01-31T07:10+01:00",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["at"] and not options["dry_run"]:
            raise CommandError("--at goes with --dry-run: an email cannot be taken back.")
        if options["dry_run"]:
            self.stdout.write(preview(moment(options["at"])))
            return
        self.stdout.write(str(run()))


def moment(text: str | None) -> datetime | None:
    """Parse a moment as in the help text, its day in the one way of writing days (W4).

    Raises CommandError if it is invalid, has no time zone, or is not from 2000 to 2999.
    """
    if not text:
        return None
    try:
        validate_day(read_day(text[:10]))
        at = datetime.fromisoformat(text)
    except (ValueError, ValidationError):
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(
            f"{text} is no moment from 2000 to 2999. Write it with its time zone, such as "
            "2027-01-31T07:10+01:00."
        )
    return at
