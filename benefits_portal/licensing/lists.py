"""Your products as a list: what can be asked of it, and all of it as a spreadsheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.models.subscription_queryset import SubscriptionQuerySet
from benefits_portal.listing import Column, Filter, Listing

FILTERS = {
    "show": Filter(
        _("Which products"),
        {"": pgettext_lazy("subscriptions", "Active"), "all": _("All")},
        tabs=True,
    )
}


@dataclass
class SubscriptionListing(Listing[Subscription]):
    """A tenant's subscriptions.

    A status follows from the end date, but what was withdrawn is Deleted at once (K8).
    """

    columns = {
        "product": Column(_("Product"), ("product_sort_name", "ends_on")),
        "licenses": Column(_("Licenses"), ("licenses", "product_sort_name"), numeric=True),
        "status": Column(_("Status"), ("is_kept", "ends_on", "product_sort_name")),
        "ends": Column(_("Ends on"), ("ends_on", "product_sort_name")),
        "source": Column(_("Source"), ("source_sort_name", "product_sort_name")),
    }

    on: date = date.min

    def filter_queryset(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        """`rows` are all of the tenant's."""
        rows = rows if self.chosen.get("show") == "all" else rows.active(self.on)
        return rows.of_products_named(self.search_query) if self.search_query else rows

    def spreadsheet(self, subscriptions: SubscriptionQuerySet) -> Iterator[list[object]]:
        """The header row, then all that was asked for, however much it is.

        Days as a spreadsheet sorts them.
        """
        yield self.column_labels()
        for batch in self.batches(subscriptions):
            for subscription in batch:
                days = subscription.status(self.on).label, subscription.ends_on.isoformat()
                yield [
                    subscription.product_name,
                    subscription.licenses,
                    *days,
                    subscription.source_name,
                ]
