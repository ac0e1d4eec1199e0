"""Carry renamed products and offers to the rows of benefits and subscriptions."""

from typing import Any

from django.core.management.base import CommandParser
from django.db import connection

from benefits_portal.benefits.models import Benefit, Offer, Product, carry_to_benefits
from benefits_portal.commands import PortalCommand
from benefits_portal.derived_fields import with_sort_key
from benefits_portal.licensing.models import Subscription, carry_to_subscriptions, fed_by
from benefits_portal.postgresql.limits import without_time_limit


class Command(PortalCommand):
    help = (
        "Write the names of renamed products and offers on their benefits and subscriptions, a "
        "thousand rows at a time. "
        "It may be stopped, run again and run twice at once; it goes on where names still differ."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="look at every product and offer, renamed or not"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with without_time_limit(connection):
            for model in (Product, Offer):
                renamed = (
                    model.objects.all()
                    if options["all"]
                    else model.objects.filter(is_name_pending=True)
                )
                for row in renamed.order_by("pk"):
                    self.carry(row)

    def carry(self, renamed: Product | Offer) -> None:
        """Carry the names; benefits come first, because redeeming copies the offer from there."""
        if isinstance(renamed, Product):
            benefits, subscriptions = (
                Benefit.objects.filter(product=renamed),
                Subscription.objects.filter(product=renamed),
            )
            name = with_sort_key(Benefit, "product_name", renamed.name)
        else:
            benefits, subscriptions = (
                Benefit.objects.filter(package_line__offer=renamed),
                fed_by(renamed),
            )
            name = with_sort_key(Benefit, "offer_name", renamed.name)
        carried = carry_to_benefits(benefits, name), carry_to_subscriptions(subscriptions)
        self.stdout.write(f"{renamed}: benefits {carried[0]:,}, subscriptions {carried[1]:,}.")
        if benefits.exclude(**name).exists() or subscriptions.misnamed().exists():
            self.stdout.write("Some were being changed by others: run it again.")
            return
        type(renamed)._default_manager.filter(pk=renamed.pk, name=renamed.name).update(
            is_name_pending=False
        )
