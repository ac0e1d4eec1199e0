"""Enroll one partner."""

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser

from benefits_portal.benefits.models import Membership, Offer
from benefits_portal.commands import PortalCommand
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.management.reasons import add_reason
from benefits_portal.tenants.models import Actor, Partner
from benefits_portal.typed_text import read_day


def day(text: str) -> date:
    try:
        return read_day(text)
    except ValidationError as error:
        raise ArgumentTypeError(error.message) from error


class Command(PortalCommand):
    help = (
        "Enroll a partner in an offer, with benefits and product keys. Doing it twice makes "
        "nothing twice."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="its MPN ID")
        parser.add_argument("offer", help="its name")
        parser.add_argument(
            "--starts-on", type=day, help="first day, as in 2027-01-31 (today, at the partner's)"
        )
        add_reason(parser)
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would be made, and make nothing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        partner, offer = (
            Partner.objects.filter(mpn_id=options["partner"]).first(),
            Offer.objects.filter(name=options["offer"]).first(),
        )
        if partner is None or offer is None:
            missing = "offer" if partner else "partner"
            raise CommandError(f"There is no {missing} “{options[missing]}”.")
        membership = Membership(
            partner=partner, offer=offer, starts_on=options["starts_on"] or partner.today()
        )
        try:
            membership.full_clean(exclude=["ends_on", "benefits_expire_on"])
            plan = membership.plan()
            if not options["dry_run"]:
                by = Actor(reason=options["reason"])
                Membership.enroll(
                    partner, offer, membership.starts_on, by=by, shown=plan.fingerprint
                )
        except (Refusal, ValidationError) as error:
            raise CommandError(
                " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            ) from error
        left_out = "".join(f", without {line.product} (discontinued)" for line in plan.left_out)
        done = "Would be made" if options["dry_run"] else "Made"
        self.stdout.write(
            f"{membership}. {done}: benefits {len(plan.benefits)}, "
            f"product keys {plan.key_count}{left_out}."
        )
