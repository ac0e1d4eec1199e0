"""Send the reminders that are due. Safe to run at any time, and on several machines at once."""

from datetime import datetime
from typing import Any

from django.core.management.base import CommandError, CommandParser

from benefits_portal.commands import PortalCommand
from benefits_portal.reminders.running import preview, run


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
    """Parse an ISO 8601 moment. Raises CommandError if it is invalid or has no time zone."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise CommandError(
            f"{text} is no moment. Write it with its time zone, such as 2027-01-31T07:10+01:00."
        )
    return at
