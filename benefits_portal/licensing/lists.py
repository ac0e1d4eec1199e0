"""*Your products*: the list of a tenant's subscriptions, and the same as a spreadsheet."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from benefits_portal.licensing.models import LicenseCount, Subscription
from benefits_portal.licensing.models.as_of import source_on
from benefits_portal.licensing.models.subscription_queryset import SubscriptionQuerySet
from benefits_portal.listing import Column, Filter, Listing, Page
from benefits_portal.listing.keyset import Cursor
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.models import Tenant

FILTERS = {
    "show": Filter(
        _("Which products"),
        {"": pgettext_lazy("subscriptions", "Active"), "all": _("All")},
        tabs=True,
    )
}


@dataclass
class SubscriptionListing(Listing[Subscription]):
    """The subscriptions of a tenant.

    Sorting by status sorts by `is_kept`, then by end date: a withdrawn one is Deleted at once (K8).
    """

    columns = {
        "product": Column(_("Product"), ("product_sort_name", "ends_on")),
        "licenses": Column(_("Licenses"), ("licenses", "product_sort_name"), numeric=True),
        "status": Column(_("Status"), ("is_kept", "ends_on", "product_sort_name")),
        "ends": Column(_("End date"), ("ends_on", "product_sort_name")),
        "source": Column(_("Latest key from"), ("source_sort_name", "product_sort_name")),
    }

    on: date = date.min
    tenant_pk: int = 0  # the tenant, if `rows` are all of its own; then the first page is prepared

    @classmethod
    def of(cls, query: QueryDict, any_day: AnyDay, tenant: Tenant) -> "SubscriptionListing":
        """The list for today or for the day that `any_day` names."""
        kind = SubscriptionListingThen if any_day.as_of else cls
        return kind(query, FILTERS, on=any_day.day, kept=any_day.kept, tenant_pk=tenant.pk)

    def fetch(
        self, rows: SubscriptionQuerySet, cursor: Cursor | None, limit: int, **how: bool
    ) -> list[Subscription]:
        if cursor is not None or self.search_query or not self.tenant_pk:
            return super().fetch(rows, cursor, limit, **how)
        values: list[int | date] = [self.tenant_pk, *([self.on] if self.depends_on_day else [])]
        return first_rows.rows(
            *values,
            then=isinstance(self, SubscriptionListingThen),
            show=self.chosen.get("show", ""),
            sort=self.query.sort,
            limit=limit,
            how=tuple(how.items()),
        )

    @property
    def depends_on_day(self) -> bool:
        """Whether the day decides which rows there are."""
        return self.chosen.get("show") != "all"

    def filter_queryset(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        """`rows` are those of one tenant."""
        rows = self.all(rows) if self.chosen.get("show") == "all" else self.active(rows)
        return rows.of_products_named(self.search_query) if self.search_query else rows

    def all(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        return rows

    def active(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        return rows.active(self.on)

    def spreadsheet(
        self, subscriptions: SubscriptionQuerySet, pools: Mapping[int, LicenseCount]
    ) -> Iterator[list[object]]:
        """The header row, then a row for each subscription; days in ISO 8601.

        `pools` are the counts of licenses by the product's primary key: the last two columns show
        them, empty for a product without any (L6).
        """
        yield [*self.column_labels(), _("Assigned"), _("Available")]
        for batch in self.batches(subscriptions):
            for each in batch:
                pool = pools.get(each.product_id)
                counts = (pool.given, pool.free) if pool else ("", "")
                yield [*self.cells(each), *counts]

    def cells(self, subscription: Subscription) -> list[object]:
        """A row of the spreadsheet."""
        return [
            subscription.product_name,
            subscription.licenses,
            subscription.status(self.on).label,
            subscription.ends_on.isoformat(),
            subscription.source_name,
        ]


@dataclass
class SubscriptionListingThen(SubscriptionListing):
    """The list at the end of the day `on`, read from the ledger (H1).

    No index serves its order. Names of products are today's.
    """

    depends_on_day = True

    columns = {
        "product": Column(_("Product"), ("product_sort_name", "ends_on_then")),
        "licenses": Column(_("Licenses"), ("licenses_then", "product_sort_name"), numeric=True),
        "status": Column(_("Status"), ("is_kept_then", "ends_on_then", "product_sort_name")),
        "ends": Column(_("End date"), ("ends_on_then", "product_sort_name")),
        "source": Column(_("Latest key from"), ("source_sort_name_then", "product_sort_name")),
    }

    def all(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        return rows.there_on(self.on)

    def active(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        return rows.active_as_of(self.on)

    def annotate_for_list(self, rows: SubscriptionQuerySet) -> SubscriptionQuerySet:
        """Annotate the sort key of the source only if it is needed: it comes from five tables."""
        if self.query.column != "source":
            return rows
        return rows.annotate(source_sort_name_then=source_on(self.on, "sort_name"))

    def page(self, rows: SubscriptionQuerySet) -> Page[Subscription]:
        page = super().page(rows)
        return replace(page, rows=self._then(page.rows))

    def batches(self, rows: SubscriptionQuerySet) -> Iterator[list[Subscription]]:
        yield from map(self._then, super().batches(rows))

    def _then(self, rows: Iterable[Any]) -> list[Subscription]:
        """The `rows` with their values of that day, to be shown and never saved."""
        then = []
        for row in rows:
            row.licenses, row.ends_on = row.licenses_then, row.ends_on_then
            row.source_name = row.source_name_then
            if row.since > self.on:
                row.withdrawn_on = None
            then.append(row)
        return then

    def column_labels(self) -> list[object]:
        return [_("Day"), *super().column_labels()]

    def cells(self, subscription: Subscription) -> list[object]:
        return [self.on.isoformat(), *super().cells(subscription)]


@PreparedQuery
def first_rows(
    tenant: int,
    *day: date,
    then: bool,
    show: str,
    sort: str,
    limit: int,
    how: tuple[tuple[str, bool], ...],
) -> SubscriptionQuerySet:
    """The rows of the first page; `day` is given if the list `depends_on_day`."""
    query = QueryDict(mutable=True)
    query.update({"show": show, "sort": sort})
    kind = SubscriptionListingThen if then else SubscriptionListing
    listing = kind(query, FILTERS, on=day[0] if day else date.min)
    theirs = Subscription.objects.filter(tenant=tenant)
    found: SubscriptionQuerySet = listing.asked(theirs, None, limit, **dict(how))
    return found
