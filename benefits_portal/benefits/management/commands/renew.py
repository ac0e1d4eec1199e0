"""Renews many memberships from the command line."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from benefits_portal import clock
from benefits_portal.benefits.exceptions import AlreadyEnrolled
from benefits_portal.benefits.models import Membership
from benefits_portal.tenants.exceptions import Refusal
from benefits_portal.tenants.models import Actor


class Command(BaseCommand):
    help = "Renew the memberships that end soon, each for the year that follows. Doing it twice makes nothing twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ending-within", type=int, default=30, metavar="DAYS", help="how soon they end (30)")
        parser.add_argument("--offer", help="its name; all offers unless told")
        parser.add_argument("--reason", default="", help="goes on record")
        parser.add_argument("--dry-run", action="store_true", help="say what would be made, and make nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Each for itself; one that was ended early was meant to end. Ends with an error if one was refused."""
        ending = Membership.objects.ending_within(options["ending_within"], clock.today()).select_related("partner", "offer")
        ending = ending.filter(offer__name=options["offer"]) if options["offer"] else ending
        refused = 0
        for membership in ending.order_by("pk"):
            try:
                told = self.renew(membership, Actor(reason=options["reason"]), dry_run=options["dry_run"])
            except AlreadyEnrolled:
                told = "was renewed already."
            except (Refusal, ValidationError) as error:
                refused += 1
                told = f"refused. {' '.join(error.messages) if isinstance(error, ValidationError) else error}"
            self.stdout.write(f"{membership}: {told}")
        if refused:
            raise CommandError(f"{refused} could not be renewed; the others were.")

    def renew(self, membership: Membership, by: Actor, *, dry_run: bool) -> str:
        on = membership.partner.today()
        if membership.was_ended_early:
            return "was ended early, so it is not renewed."
        if dry_run:
            membership.check_renewable(on)
            renewal = membership.renewal()
            if Membership.objects.filter(partner=renewal.partner, offer=renewal.offer, starts_on=renewal.starts_on).exists():
                raise AlreadyEnrolled(renewal)
            plan = renewal.plan()
            return f"would be renewed from {renewal.starts_on} on: benefits {len(plan.benefits)}, product keys {plan.key_count}."
        renewed = membership.renew(by=by, on=on)
        return f"renewed from {renewed.starts_on} on: benefits {renewed.benefits.count()}."
