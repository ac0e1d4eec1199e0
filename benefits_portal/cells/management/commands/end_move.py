"""End the move of a partner: it is in the other portal now, or it stays."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError, CommandParser
from django.core.validators import MaxLengthValidator, URLValidator

from benefits_portal.commands import PortalCommand
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.management.reasons import add_reason
from benefits_portal.tenants.models import Actor, Partner

STAYS = (
    "{partner} is open here again. Delete each file of it that was exported before: it lacks what "
    "happens from now on, and the other portal cannot tell."
)


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
            if options["stays"]:
                partner.stay(by=by)
            else:
                check_url(url)
                partner.settle(url, by=by)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            STAYS.format(partner=partner) if options["stays"] else f"{partner} is in {url} now."
        )


def check_url(url: str) -> None:
    """Raise CommandError if `url` is not the URL of a portal."""
    most = Partner._meta.get_field("moved_to").max_length
    try:
        URLValidator(["https"])(url)
        MaxLengthValidator(most)(url)
    except ValidationError as error:
        raise CommandError(
            f"Write the whole URL, as in https://two.example.org/, in {most} characters at most."
        ) from error
