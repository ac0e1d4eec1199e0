"""Renew many memberships."""

from argparse import ArgumentTypeError
from collections.abc import Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from benefits_portal import clock
from benefits_portal.benefits.exceptions import AlreadyEnrolled
from benefits_portal.benefits.models import Membership, Offer
from benefits_portal.commands import PortalCommand
from benefits_portal.formats import as_day
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.management.reasons import add_reason
from benefits_portal.tenants.models import Actor, Partner

BATCH, MAX_DAYS = 500, 3_650  # memberships in memory; days ahead


def days_ahead(text: str) -> int:
    """A number of days. Raises ArgumentTypeError if it is beyond the calendar."""
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MAX_DAYS):
        raise ArgumentTypeError(f"write a number of days up to {MAX_DAYS:,}")
    return int(text)


class Command(PortalCommand):
    help = (
        "Renew the memberships that end soon, each for the year that follows. Doing it "
        "twice makes nothing twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--ending-within",
            type=days_ahead,
            default=30,
            metavar="DAYS",
            help="how soon they end (30)",
        )
        parser.add_argument("--offer", help="its name; all offers unless told")
        add_reason(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be made, and make nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Renew each membership by itself, without those that were ended early.

        Raises CommandError at the end if one was refused.
        """
        if options["offer"] and not Offer.objects.filter(name=options["offer"]).exists():
            raise CommandError(f"There is no offer called {options['offer']}.")
        refused = 0
        for membership, on in self.ending(options["ending_within"], options["offer"]):
            try:
                outcome = self.renew(
                    membership, Actor(reason=options["reason"]), on, dry_run=options["dry_run"]
                )
            except AlreadyEnrolled:
                outcome = "was renewed already."
            except (Refusal, ValidationError) as error:
                refused += 1
                why = " ".join(error.messages) if isinstance(error, ValidationError) else error
                outcome = f"refused. {why}"
            self.stdout.write(f"{membership}: {outcome}")
        if refused:
            raise CommandError(f"{refused} could not be renewed; the others were.")

    def ending(self, days: int, offer: str | None) -> Iterator[tuple[Membership, date]]:
        """Memberships that end within `days` of their partner's today, each with that day.

        Read in batches.
        """
        calendars = (
            Partner.objects.order_by("time_zone", "days_ahead")
            .values_list("time_zone", "days_ahead")
            .distinct()
        )
        for time_zone, days_ahead in calendars:
            on, latest = clock.today(time_zone, days_ahead), 0
            ending = Membership.objects.ending_within(days, on).filter(
                partner__time_zone=time_zone, partner__days_ahead=days_ahead
            )
            ending = ending.filter(offer__name=offer) if offer else ending
            ending = ending.select_related("partner", "offer").order_by("pk")
            while batch := list(ending.filter(pk__gt=latest)[:BATCH]):
                yield from ((membership, on) for membership in batch)
                latest = batch[-1].pk

    def renew(self, membership: Membership, by: Actor, on: date, *, dry_run: bool) -> str:
        if membership.was_ended_early:
            return "was ended early, so it is not renewed."
        if dry_run:
            membership.check_renewable(on)
            renewal = membership.renewal()
            if Membership.objects.filter(
                partner=renewal.partner, offer=renewal.offer, starts_on=renewal.starts_on
            ).exists():
                raise AlreadyEnrolled(renewal)
            plan = renewal.plan()
            return (
                f"would be renewed from {as_day(renewal.starts_on)} on: "
                f"benefits {len(plan.benefits)}, product keys {plan.key_count}."
            )
        renewed = membership.renew(by=by, on=on)
        return f"renewed from {as_day(renewed.starts_on)} on: benefits {renewed.benefits.count()}."
