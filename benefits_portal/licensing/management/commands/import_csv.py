"""Import a CSV file of any length."""

from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError

from benefits_portal.backoffice.csv_reading import Unreadable, decoded
from benefits_portal.backoffice.importing import Import, Outcome, counts_text
from benefits_portal.benefits.amount_imports import AmountImport
from benefits_portal.benefits.importing import MembershipImport
from benefits_portal.commands import PortalCommand
from benefits_portal.key_format import without_keys
from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.tenants import importing
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.directory_imports import PartnerImport, PersonImport
from benefits_portal.tenants.importing import carry_out_in_batches
from benefits_portal.tenants.management.reasons import add_reason
from benefits_portal.tenants.models import Actor, How
from benefits_portal.tenants.role_imports import RoleImport
from benefits_portal.tenants.tenant_imports import TenantImport


class Command(PortalCommand):
    help = (
        "Import partners, tenants, people, roles, memberships, amounts of credit or licenses of "
        "people from CSV: all lines or none. The columns are those of the back office's import "
        "pages."
    )
    kinds: ClassVar[dict[str, type[Import]]] = {
        "partners": PartnerImport,
        "tenants": TenantImport,
        "people": PersonImport,
        "roles": RoleImport,
        "memberships": MembershipImport,
        "amounts": AmountImport,
        "licenses": LicenseImport,
    }

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=self.kinds)
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what each line would do, and change nothing"
        )
        add_reason(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.file: Path = options["file"]
        try:
            text = decoded(self.file.read_bytes())
            counts = self.counts(
                text, options["dry_run"], self.kinds[options["kind"]], options["reason"]
            )
        except OSError as error:
            raise CommandError(f"{self.file} cannot be read: {error.strerror}.") from error
        except Unreadable as error:
            raise CommandError(f"{error} Nothing was changed.") from error
        if counts[Outcome.REFUSED]:
            raise CommandError(f"{counts_text(counts)}. Nothing was changed.")
        ending = "Nothing was changed: a dry run." if options["dry_run"] else "Done."
        self.stdout.write(f"{counts_text(counts)}. {ending}")

    def counts(self, text: str, dry_run: bool, kind: type[Import], reason: str) -> Counter[Outcome]:
        """Import the file, and count what was done.

        Raises CommandError if somebody did the same at that moment: nothing was imported, and the
        command must be run again.
        """
        by = Actor(None, How.COMMAND, reason)
        self.done = 0
        try:
            return carry_out_in_batches(kind, text, by=by, on_batch=self.progress, dry_run=dry_run)
        except (Refusal, ValidationError, IntegrityError) as error:
            raise CommandError(
                "Something changed at the same moment. Nothing was changed; run it again."
            ) from error

    def progress(self, batch: Import) -> None:
        for line in batch.refused:
            self.stderr.write(
                without_keys(f"{self.file.name}:{line.line_number}: {line.text}: {line.reason}")
            )
        self.done += len(batch.lines)
        if len(batch.lines) == importing.BATCH:
            self.stdout.write(f"{self.done} …")
            self.stdout.flush()
