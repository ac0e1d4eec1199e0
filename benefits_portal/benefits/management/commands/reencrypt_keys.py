"""Encrypt every key again with the first of PRODUCT_KEY_SECRETS.

Afterwards, older secrets can be removed from the setting.
"""

from typing import Any

from cryptography.fernet import InvalidToken
from django.core.management.base import CommandError, CommandParser

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import ProductKey
from benefits_portal.commands import PortalCommand

BATCH = 500
MISSING = (
    "Product key {} is under none of PRODUCT_KEY_SECRETS. If one was taken out too early, put "
    "it back behind the first and run "
    "this again; what was moved stays moved. If all are there, check_consistency says what to do."
)


class Command(PortalCommand):
    help = (
        "Keep every product key under the first of PRODUCT_KEY_SECRETS. It may be stopped "
        "and run again at any time."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        seen = moved = 0
        latest = 0
        while batch := list(ProductKey.objects.filter(pk__gt=latest).order_by("pk")[:BATCH]):
            moved += sum(self.move(key, dry_run=options["dry_run"]) for key in batch)
            seen, latest = seen + len(batch), batch[-1].pk
            self.stdout.write(
                f"{seen} looked at, {moved} {'to move' if options['dry_run'] else 'moved'}."
            )
        self.stdout.write(
            "Nothing was changed."
            if options["dry_run"]
            else "All keys are under the current secret."
        )

    def move(self, key: ProductKey, *, dry_run: bool) -> bool:
        """Encrypt `key` again. Returns whether an older secret had been used.

        One update per key, so none is left half done.
        """
        try:
            text = key_encryption.decrypted(key.ciphertext)
        except InvalidToken:
            raise CommandError(MISSING.format(key.pk)) from None
        if key.digest == key_encryption.digests(text)[0]:
            return False
        if not dry_run:
            same = ProductKey.objects.filter(pk=key.pk, partner=key.partner_id)
            same.encrypt_again(text)
        return True
