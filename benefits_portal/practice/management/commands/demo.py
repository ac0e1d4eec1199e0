"""Make the practice world and serve the portal."""

import os
import socket
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from benefits_portal import clock
from benefits_portal.commands import PortalCommand
from benefits_portal.practice.models import Room
from benefits_portal.practice.personas import personas
from benefits_portal.practice.world import (
    PASSWORD,
    HandmadeInTheWay,
    NotAPracticeDatabase,
    check_database,
    give_passwords,
    make_for_classes,
    make_world,
    reset_world,
)

HOST = "127.0.0.1"
NEW_HERE = "New here? Begin with the first exercise."
FOR_TRAINERS = "Open accounts for trainers next: docs/classroom.md."
AFTERWARDS = (
    "Ctrl+C stops the portal. What you did is kept: run the same command to go on.",
    "--reset starts over: it undoes what was done at the practice partners and signs everyone out.",
    "It keeps what staff made in the back office; --reset --everything deletes that too.",
)


class Command(PortalCommand):
    help = (
        "Make the practice world unless it is there, say who can sign in, and serve it. "
        "Running it again keeps what people did."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where to serve (8000)")
        parser.add_argument("--no-serve", action="store_true", help="make the world and stop")
        parser.add_argument(
            "--reset",
            action="store_true",
            help=(
                "start over: what people did at the practice partners is lost; "
                "what staff made in the back office stays"
            ),
        )
        parser.add_argument(
            "--everything",
            action="store_true",
            help="with --reset: delete what staff made in the back office too",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError(
                "DEMO is off. The demo's open doors are for practice only: set DEMO=on, or "
                "leave it out."
            )
        if settings.CLASSES_ONLY:
            self.prepare_for_classes(reset=options["reset"])
            return
        if options["everything"] and not options["reset"]:
            raise CommandError("--everything goes with --reset. Nothing was changed.")
        serving = not options["no_serve"]
        if serving:
            check_port(options["port"])
        self.prepare(reset=options["reset"], everything=options["everything"])
        self.introduce(f"http://{HOST}:{options['port']}/" if serving else "")
        if serving:
            log_problems_only()
            # `introduce` has said that this is for practice
            os.environ["DJANGO_RUNSERVER_HIDE_WARNING"] = "true"
            call_command("runserver", f"{HOST}:{options['port']}", use_reloader=False)

    def prepare_for_classes(self, *, reset: bool) -> None:
        """Make the database ready for classes; a production server then serves it."""
        if reset:
            raise CommandError("There is no shared world to reset: DEMO is classes.")
        try:
            check_database()
            call_command("migrate", verbosity=0, interactive=False)
            made = make_for_classes(clock.today())
        except NotAPracticeDatabase as problem:
            raise CommandError(str(problem)) from problem
        there = "is ready" if made else "was ready already"
        self.stdout.write(f"The database {there} for classes. {FOR_TRAINERS}")

    def prepare(self, *, reset: bool, everything: bool = False) -> None:
        """Make or reset the practice world. Raises CommandError if the database has other rows."""
        try:
            check_database()
            call_command("migrate", verbosity=0, interactive=False)
            made = make_world(clock.today())
            if Room.objects.shared() is None:
                raise CommandError("This database was made for classes: run it with DEMO=classes.")
            if reset and not made:
                reset_world(clock.today(), keep_handmade=not everything)
        except (NotAPracticeDatabase, HandmadeInTheWay) as problem:
            raise CommandError(str(problem)) from problem
        give_passwords()

    def introduce(self, url: str) -> None:
        """Print the URLs, who can sign in, and how to stop or reset."""
        lines = [
            "Benefits Portal, for practice: independent of Microsoft; its keys work nowhere else.",
            "",
        ]
        if url:
            first = f"{url}practice/exercises/"
            lines += [f"  {first}  {NEW_HERE}"]
            lines += [f"  {url:<{len(first)}}  Or sign in with one click.", ""]
        lines += [f"Or sign in with an email address and the password: {PASSWORD}", ""]
        for persona in personas(Room.objects.shared()):
            where = f"{persona.role}, {persona.partner}" if persona.partner else persona.role
            lines.append(
                f"  {persona.slug:<16} {persona.name:<16} {persona.email:<40} {where}".rstrip()
            )
        self.stdout.write("\n".join([*lines, "", *AFTERWARDS]))
        self.stdout.flush()  # before the server runs, even if the output is no terminal


def log_problems_only() -> None:
    """Log no successful requests, so that the introduction stays on the screen.

    Changes the setting, since `runserver` configures logging again.
    """
    settings.LOGGING["loggers"]["benefits_portal.requests"]["level"] = "WARNING"


def check_port(port: int) -> None:
    """Raise CommandError if `port` is taken or invalid."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except (OSError, OverflowError) as problem:
            raise CommandError(
                f"Port {port} cannot be used: is it taken? "
                "Choose another, as in: manage.py demo --port 8001"
            ) from problem
