"""Write fixtures/demo.json from the story."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from benefits_portal.commands import PortalCommand
from benefits_portal.practice.management.commands.loaddata import check_migrated
from benefits_portal.practice.story_fixture import FIXTURE, outcome, steady
from benefits_portal.practice.world import NotAPracticeDatabase


class Command(PortalCommand):
    help = (
        "Write fixtures/demo.json: the story's outcome as of its reference day. The "
        "database stays as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="say whether it would be written, and write nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCT_KEY_SECRETS != [settings.PRACTICE_SECRET]:
            raise CommandError(
                "Only the demo's own secret may encrypt a fixture's keys: run this without "
                "PRODUCT_KEY_SECRETS."
            )
        check_migrated(DEFAULT_DB_ALIAS)
        try:
            text = outcome()
        except NotAPracticeDatabase as problem:
            raise CommandError(str(problem)) from problem
        if FIXTURE.exists() and steady(FIXTURE.read_text(encoding="utf-8")) == steady(text):
            self.stdout.write(f"{FIXTURE.name} is up to date.")
            return
        if options["dry_run"]:
            self.stdout.write(f"{FIXTURE.name} would be written.")
            return
        FIXTURE.write_text(text, encoding="utf-8")
        self.stdout.write(f"{FIXTURE.name} was written.")
