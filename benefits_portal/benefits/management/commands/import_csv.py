"""Imports from CSV, as many lines as there are."""

from pathlib import Path
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError, CommandParser

from benefits_portal.benefits.importing import MembershipImport
from benefits_portal.tenants.admin.imports import PartnerImport, PersonImport, told_counts
from benefits_portal.tenants.importing import Import, Refused, Unreadable, carry_out, decoded
from benefits_portal.tenants.models import Actor, How

STEP = 1_000  # lines from one word of progress to the next


class Command(BaseCommand):
    help = "Import partners, people or memberships from CSV: all lines or none. The columns are those of the back office's export."
    kinds: ClassVar[dict[str, type[Import]]] = {"partners": PartnerImport, "people": PersonImport, "memberships": MembershipImport}

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=self.kinds)
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="say what each line would do, and change nothing")
        parser.add_argument("--reason", default="", help="goes on record with what was changed")

    def handle(self, *args: Any, **options: Any) -> None:
        kind, refused = self.kinds[options["kind"]], False
        try:
            text = decoded(options["file"].read_bytes())
            if options["dry_run"]:
                asked = kind(text)
            else:
                asked = carry_out(kind, text, by=Actor(None, How.COMMAND, options["reason"]), told=self.progress)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except Unreadable as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        except Refused as error:
            asked, refused = error.asked, True
        for line in asked.refused:
            self.stderr.write(f"{options['file'].name}:{line.number}: {line.text}: {line.reason}")
        if refused or asked.refused:
            raise CommandError(f"{told_counts(asked)}. Nothing was changed.")
        self.stdout.write(f"{told_counts(asked)}. {'Nothing was changed: a dry run.' if options['dry_run'] else 'Done.'}")

    def progress(self, done: int) -> None:
        if done % STEP == 0:
            self.stdout.write(f"{done} …")
            self.stdout.flush()
