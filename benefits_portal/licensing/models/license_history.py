"""Since when a pool has more people than licenses, worked out from the ledger (L8)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.db.models import Q

from benefits_portal.tenants.models import Tenant

from . import as_of
from .license_outlook import DAY, LicenseOutlook
from .license_tally import PEOPLE, LicenseTally, LicenseTallyQuerySet
from .redemption import Redemption
from .subscription import Subscription
from .subscription_queryset import EXPIRED_DAYS, SubscriptionQuerySet


class Life(NamedTuple):
    """A subscription and all that was redeemed for it, in order."""

    subscription: Subscription
    ledger: Sequence[Redemption]

    def entitled(self, day: date) -> int:
        """The number of its licenses that people could have at the end of `day` (L7)."""
        run = as_of.run_on(self.subscription, self.ledger, day)
        return run.term.licenses if run and day <= run.term.ends_on + EXPIRED_DAYS else 0

    def days(self) -> Iterator[date]:
        """The days on which its licenses may have become fewer."""
        if self.subscription.withdrawn_on:
            yield self.subscription.withdrawn_on
        yield self.subscription.ends_on + EXPIRED_DAYS + DAY
        for redemption in self.ledger:
            yield redemption.redeemed_on
            for term in filter(None, (redemption.before, redemption.after)):
                yield term.ends_on + EXPIRED_DAYS + DAY
            if redemption.is_reversed:
                yield redemption.reversal.reversed_on


type DaysOfPeople = Mapping[date, int]  # how many more people than the day before
type PoolKey = tuple[int, int]  # a tenant and a product, by their primary keys


def over_since(
    tenant: Tenant, outlooks: Mapping[int, LicenseOutlook], on: date, *, then: bool = False
) -> dict[int, date]:
    """The first day of the stretch in which each product of `outlooks` has too few licenses.

    By its primary key; those that have enough are left out. Three queries however many there are,
    none if there is none. `then`: what came after the day `on` is not known yet (H1).
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
    """The same of any pools, by the pool and the day of the outlook; three queries or none."""
    over = [(key, outlook) for key, outlook in outlooks if outlook.count.over]
    if not over:
        return {}
    pools = {key for key, _outlook in over}
    lives, changes = lives_of(subscriptions, pools), changes_of(tallies, pools)
    found = {}
    for key, outlook in over:
        days = changes.get(key, {})
        known = until(outlook.on, days) if then else days
        first = first_day_over(lives.get(key, []), known, outlook.given, outlook.on)
        found[key, outlook.on] = first
    return found


def until(on: date, changes: DaysOfPeople) -> dict[date, int]:
    return {day: change for day, change in changes.items() if day <= on}


def first_day_over(lives: Sequence[Life], changes: DaysOfPeople, given: int, on: date) -> date:
    """`given` people have a license on day `on`, and there are fewer licenses.

    Nobody is given one while that is so: it began on a day on which licenses became fewer.
    """
    days = sorted({day for life in lives for day in life.days() if day <= on}, reverse=True)
    for day in days:
        eve = day - DAY
        people = given - sum(change for changed, change in changes.items() if changed > eve)
        if people <= sum(life.entitled(eve) for life in lives):
            return day
    return days[-1] if days else on


def in_pools(pools: Collection[PoolKey]) -> Q:
    """Rows of those tenants and products, and perhaps of more pools that these make together."""
    tenants, products = ({key[part] for key in pools} for part in (0, 1))
    return Q(tenant__in=tenants, product__in=products)


def lives_of(
    subscriptions: SubscriptionQuerySet, pools: Collection[PoolKey]
) -> dict[PoolKey, list[Life]]:
    """All of `subscriptions` in each of `pools` with their ledgers: two queries."""
    theirs = list(subscriptions.filter(in_pools(pools)).order_by("pk"))
    redemptions = Redemption.objects.filter(subscription__in=theirs)
    in_order = redemptions.select_related("reversal").order_by(
        "subscription_id", "redeemed_at", "pk"
    )
    ledgers = {pk: list(rows) for pk, rows in groupby(in_order, lambda each: each.subscription_id)}
    found: dict[PoolKey, list[Life]] = defaultdict(list)
    for subscription in theirs:
        key = subscription.tenant_id, subscription.product_id
        found[key].append(Life(subscription, ledgers.get(subscription.pk, [])))
    return found


def changes_of(
    tallies: LicenseTallyQuerySet, pools: Collection[PoolKey]
) -> dict[PoolKey, dict[date, int]]:
    """By how many people each of `pools` had more, or fewer, than the day before: one query."""
    rows = tallies.by_day().filter(in_pools(pools)).order_by()
    found: dict[PoolKey, dict[date, int]] = defaultdict(dict)
    for tenant, product, day, more in rows.values_list("tenant", "product", "day", PEOPLE):
        found[tenant, product][day] = more
    return found
