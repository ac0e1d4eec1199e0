"""Since when a pool has had more people than licenses, from its ledgers and tallies (L8)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q

from benefits_portal.licensing.terms import EXPIRED_DAYS
from benefits_portal.tenants.models import Tenant

from . import as_of
from .license_outlook import DAY, LicenseOutlook
from .license_tally import PEOPLE, LicenseTally, LicenseTallyQuerySet
from .redemption import Redemption
from .subscription import Subscription
from .subscription_queryset import SubscriptionQuerySet


class SubscriptionWithLedger(NamedTuple):
    """A subscription and its redemptions in order, each with its reversal."""

    subscription: Subscription
    ledger: Sequence[Redemption]

    def entitled(self, day: date) -> int:
        """The number of its licenses that people could have at the end of `day` (L7)."""
        run = as_of.run_on(self.subscription, self.ledger, day)
        return run.term.licenses if run and day <= run.term.ends_on + EXPIRED_DAYS else 0

    def days(self) -> Iterator[date]:
        """All days on which its licenses may have become fewer, and perhaps others."""
        if self.subscription.withdrawn_on:
            yield self.subscription.withdrawn_on
        yield self.subscription.ends_on + EXPIRED_DAYS + DAY
        for redemption in self.ledger:
            yield redemption.redeemed_on
            for term in filter(None, (redemption.before, redemption.after)):
                yield term.ends_on + EXPIRED_DAYS + DAY
            if redemption.is_reversed:
                yield redemption.reversal.reversed_on


type PeopleChanges = Mapping[date, int]  # how many more people than at the end of the day before
type PoolKey = tuple[int, int]  # the primary keys of a tenant and a product


def over_since(
    tenant: Tenant, outlooks: Mapping[int, LicenseOutlook], on: date, *, then: bool = False
) -> dict[int, date]:
    """The first day of the present shortage of each product of `outlooks` that has one.

    By the product's primary key. Three queries, or none without a shortage. `then`: what came after
    day `on` does not count (H1).
    """
    over = {product: each for product, each in outlooks.items() if each.count.over}
    if not over:
        return {}
    theirs = Subscription.objects.for_partner(tenant.partner).in_tenant(tenant)
    tallies = LicenseTally.objects.in_tenant(tenant)
    asked = [((tenant.pk, product), outlook) for product, outlook in over.items()]
    found = first_days_over(theirs, tallies, asked, then=then)
    return {product: day for ((_tenant, product), _on), day in found.items()}


def first_days_over(
    subscriptions: SubscriptionQuerySet,
    tallies: LicenseTallyQuerySet,
    outlooks: Iterable[tuple[PoolKey, LicenseOutlook]],
    *,
    then: bool = False,
) -> dict[tuple[PoolKey, date], date]:
    """The same for pools of any tenants, by the pool and the day of its outlook.

    `subscriptions` and `tallies` include all of these pools. Three queries or none.
    """
    over = [(key, outlook) for key, outlook in outlooks if outlook.count.over]
    if not over:
        return {}
    pools = {key for key, _outlook in over}
    ledgers, changes = ledgers_of(subscriptions, pools), people_changes(tallies, pools)
    found = {}
    for key, outlook in over:
        days = changes.get(key, {})
        if then:
            days = {day: change for day, change in days.items() if day <= outlook.on}
        first = first_day_over(ledgers.get(key, []), days, outlook.given, outlook.on)
        found[key, outlook.on] = first
    return found


def first_day_over(
    pool: Sequence[SubscriptionWithLedger], changes: PeopleChanges, given: int, on: date
) -> date:
    """The first day of the shortage that a `pool` has on day `on`, when `given` people have one.

    Nobody is given a license during a shortage, so it began on a day with fewer licenses than the
    day before.
    """
    days = sorted({day for each in pool for day in each.days() if day <= on}, reverse=True)
    for day in days:
        eve = day - DAY
        people = given - sum(change for changed, change in changes.items() if changed > eve)
        if people <= sum(each.entitled(eve) for each in pool):
            return day
    return days[-1] if days else on


def in_pools(pools: Collection[PoolKey]) -> Q:
    """Rows of these tenants and of these products: all of `pools`, and perhaps of others."""
    tenants, products = ({key[part] for key in pools} for part in (0, 1))
    return Q(tenant__in=tenants, product__in=products)


def ledgers_of(
    subscriptions: SubscriptionQuerySet, pools: Collection[PoolKey]
) -> dict[PoolKey, list[SubscriptionWithLedger]]:
    """Those of `subscriptions` in each of `pools`, with their ledgers. Two queries."""
    theirs = list(subscriptions.filter(in_pools(pools)).order_by("pk"))
    redemptions = Redemption.objects.filter(subscription__in=theirs)
    in_order = redemptions.select_related("reversal").order_by(
        "subscription_id", "redeemed_at", "pk"
    )
    ledgers = {pk: list(rows) for pk, rows in groupby(in_order, lambda each: each.subscription_id)}
    found: dict[PoolKey, list[SubscriptionWithLedger]] = defaultdict(list)
    for subscription in theirs:
        key = subscription.tenant_id, subscription.product_id
        found[key].append(SubscriptionWithLedger(subscription, ledgers.get(subscription.pk, [])))
    return found


def people_changes(
    tallies: LicenseTallyQuerySet, pools: Collection[PoolKey]
) -> dict[PoolKey, PeopleChanges]:
    """How many more people each of `pools` had than the day before, by day. One query."""
    rows = tallies.by_day().filter(in_pools(pools)).order_by()
    found: dict[PoolKey, dict[date, int]] = defaultdict(dict)
    for tenant, product, day, more in rows.values_list("tenant", "product", "day", PEOPLE):
        found[tenant, product][day] = more
    return dict(found)
