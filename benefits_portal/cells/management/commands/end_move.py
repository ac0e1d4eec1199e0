"""Ends the move of a partner: it is in the other portal now, or it stays."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import URLValidator

from benefits_portal.commands import PortalCommand
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.management.reasons import add_reason
from benefits_portal.tenants.models import Actor, Partner


class Command(PortalCommand):
    help = (
        "Say where a partner is that was exported and imported (--moved-to), which its people read "
        "when they sign in here, or open it again because it was not imported (--stays)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partner", help="its MPN ID")
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--moved-to", help="the other portal, as in https://two.example.org/")
        how.add_argument("--stays", action="store_true", help="it is open here again")
        add_reason(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        partner = Partner.objects.filter(mpn_id=options["partner"]).first()
        if partner is None:
            raise CommandError(f"There is no partner “{options['partner']}”.")
        by, url = Actor(reason=options["reason"]), options["moved_to"]
        try:
            if url:
                URLValidator(["https"])(url)
                partner.settle(url, by=by)
            else:
                partner.stay(by=by)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        except ValidationError as error:
            raise CommandError("Write the whole URL, as in https://two.example.org/.") from error
        self.stdout.write(
            f"{partner} is in {url} now." if url else f"{partner} is open here again."
        )
