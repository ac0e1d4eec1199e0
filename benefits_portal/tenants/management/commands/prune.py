"""Delete old rows that are not part of the record.

Ended sessions, wrong keys, attempts, emails and others.
"""

from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management.base import CommandParser
from django.db import models

from benefits_portal import clock
from benefits_portal.commands import PortalCommand
from benefits_portal.retention import FOR_EVER
from benefits_portal.tenants.pruning import PRUNERS

BATCH = 1_000  # rows per transaction

# The column from which a row's age counts, by table. It has an index, or is in the order of the
# primary key.
AGES = {
    "django_session": "expire_date",
    "tenants_keyattempt": "at",
    "tenants_attempt": "at",
    "tenants_mail": "queued_at",
    "reminders_digest": "made_at",
    "reminders_run": "started_at",
    "django_admin_log": "action_time",
}
INDEXED = {"django_session", "tenants_keyattempt", "tenants_attempt", "tenants_mail"}


class Command(PortalCommand):
    help = (
        "Delete ended sessions, wrong keys, attempts and mails that are older than settings "
        "allow; never what is on record. "
        "It may be stopped, run again and run twice at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        models_by_table = {model._meta.db_table: model for model in apps.get_models()}
        for table, days in settings.DAYS_KEPT.items():
            name = models_by_table[table]._meta.verbose_name_plural
            if days == FOR_EVER:
                self.stdout.write(f"{name}: kept for ever.")
                continue
            before = clock.now() - timedelta(days=days)
            pruned = self.count if options["dry_run"] else self.delete
            done = "would be deleted" if options["dry_run"] else "deleted"
            count = pruned(models_by_table[table], before)
            self.stdout.write(f"{name}: {count:,} {done}, older than {days} days.")

        for pruner in PRUNERS:
            before = clock.now() - timedelta(days=pruner.days)
            count = (pruner.count if options["dry_run"] else pruner.delete)(before)
            done = "would be deleted" if options["dry_run"] else "deleted"
            self.stdout.write(f"{pruner.name}: {count:,} {done}, older than {pruner.days} days.")

    def count(self, model: type[models.Model], before: datetime) -> int:
        return model._default_manager.filter(
            **{f"{AGES[model._meta.db_table]}__lt": before}
        ).count()

    def delete(self, model: type[models.Model], before: datetime) -> int:
        """Delete rows, oldest first, until a batch contains a younger one.

        So the remaining rows are not read.
        """
        age = AGES[model._meta.db_table]
        oldest = model._default_manager.order_by(age if model._meta.db_table in INDEXED else "pk")
        deleted = 0
        while True:
            rows = list(oldest.values_list("pk", age)[:BATCH])
            old = [pk for pk, aged_at in rows if aged_at < before]
            model._default_manager.filter(pk__in=old).delete()
            deleted += len(old)
            if len(old) < BATCH:
                return deleted
