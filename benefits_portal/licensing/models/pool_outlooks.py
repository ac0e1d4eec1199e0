"""The outlook of many pools at once, at any partners: home, reminders and calendars ask for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    DateField,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import Least

from benefits_portal.prepared import prepared

from .license_history import PoolKey, first_days_over, in_pools
from .license_outlook import SETTLE_DAYS, LicenseOutlook, Stretch
from .license_tally import PEOPLE, LicenseTally
from .redemption import Redemption
from .reversal import Reversal
from .subscription import Subscription
from .subscription_queryset import EXPIRED_DAYS, SubscriptionQuerySet

AHEAD = timedelta(days=90)  # for which people are told of what comes
MAX_PRODUCTS = 2**24
KEY, NAMES = ("partner", "tenant", "product"), ("tenant__name", "tenant__domain", "product__name")


class Pool(NamedTuple):
    """A product in a tenant, by its primary keys and names."""

    partner: int
    tenant: int
    product: int
    tenant_name: str
    domain: str
    product_name: str

    @property
    def key(self) -> PoolKey:
        return self.tenant, self.product

    @property
    def number(self) -> int:
        """One number for both, which fits 63 bits: a pool has no row of its own."""
        return self.tenant * MAX_PRODUCTS + self.product


def key_of(number: int) -> PoolKey:
    """The tenant and the product of `Pool.number`."""
    return divmod(number, MAX_PRODUCTS)


def near_outlooks(
    partners: Sequence[int], on: date, ahead: timedelta = AHEAD
) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """Of each pool that people are in and whose licenses become fewer about now: one query.

    Within `ahead`, or in the 90 days before that are named to settle it (L8). What an outlook says
    of days after `ahead` does not count.
    """
    if len(partners) == 1:
        return outlooks_in(near_pools_of(partners[0], on, ahead), on)
    return outlooks_in(near_pools(partners, on, ahead), on)


@prepared
def near_pools_of(partner: int, on: date, ahead: timedelta) -> QuerySet[Any, Any]:
    return near_pools([partner], on, ahead)


def near_pools(partners: Sequence[int], on: date, ahead: timedelta) -> QuerySet[Any, Any]:
    subscriptions = Subscription.objects.filter(partner__in=partners)
    fewer = in_same_pool(subscriptions.filter(becomes_fewer(on, ahead)))
    # Asked of each pool, not of each subscription
    near = first_of_pools(subscriptions).filter(Exists(fewer))
    near_ones = subscriptions.filter(Exists(in_same_pool(near)))
    return people_and_licenses(near, near_ones, on, until=on + ahead)


def outlooks_of(
    pools: Collection[PoolKey], earliest: date
) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """Of those of `pools` that people are in, as of a day or any later one: one query."""
    subscriptions = Subscription.objects.filter(in_pools(pools))
    rows = people_and_licenses(first_of_pools(subscriptions), subscriptions, earliest)
    return outlooks_in(rows, earliest)


def days_over(
    partners: Collection[int], outlooks: Iterable[tuple[Pool, LicenseOutlook]]
) -> dict[tuple[PoolKey, date], date]:
    """Since when each that has too few licenses has, by it and its day: three queries or none."""
    subscriptions = Subscription.objects.filter(partner__in=partners)
    tallies = LicenseTally.objects.filter(partner__in=partners)
    return first_days_over(subscriptions, tallies, [(pool.key, each) for pool, each in outlooks])


def becomes_fewer(on: date, ahead: timedelta) -> Q:
    """Of a subscription: its licenses go, by a day that passes, a reversal or a smaller key."""
    since = on - SETTLE_DAYS
    by_day = Q(
        withdrawn_on=None,
        ends_on__gte=since - EXPIRED_DAYS,
        ends_on__lt=on + ahead - EXPIRED_DAYS,
    )
    reversals = Reversal.objects.filter(subscription=OuterRef("pk"), reversed_on__gte=since)
    smaller = Redemption.objects.filter(
        subscription=OuterRef("pk"),
        redeemed_on__gte=since,
        after_licenses__lt=F("before_licenses"),
    )
    return by_day | Q(withdrawn_on__gte=since) | Exists(reversals) | Exists(smaller)


def in_same_pool[Rows: QuerySet[Any]](rows: Rows) -> Rows:
    """Those of the pool of the row that is asked about."""
    here = {name: OuterRef(name) for name in ("partner", "tenant", "product")}
    return rows.filter(**here)


def first_of_pools(subscriptions: SubscriptionQuerySet) -> SubscriptionQuerySet:
    """One of `subscriptions` for each pool."""
    pools = subscriptions.order_by().values("tenant", "product").annotate(first=Min("pk"))
    return Subscription.objects.filter(pk__in=pools.values("first")).order_by()


def people_and_licenses(
    firsts: SubscriptionQuerySet,
    subscriptions: SubscriptionQuerySet,
    on: date,
    *,
    until: date = date.max,
) -> QuerySet[Any, Any]:
    """Of each pool how many people are in it, without a day, and how many licenses end on a day.

    What ends later than `until` is one number: that they are there still is all that counts.

    `firsts` are one for each pool, `subscriptions` all of them.
    """
    people = Subquery(in_same_pool(LicenseTally.objects.ever()).values_list(PEOPLE))
    nobody = Value(None, DateField())
    given = firsts.annotate(day=nobody, total=people).values_list(*KEY, "day", "total", *NAMES)
    ending = subscriptions.entitling(on).order_by().values_list(*KEY)
    unnamed = {f"no_{name}": Value("") for name in NAMES}
    day = Least("ends_on", Value(until, DateField()))
    licenses = ending.annotate(day=day, total=Sum("licenses"), **unnamed)
    return licenses.union(given, all=True).order_by()


def outlooks_in(rows: Iterable[tuple[Any, ...]], on: date) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """The outlook of each pool that people are in, from `people_and_licenses`."""
    stretches: dict[PoolKey, list[Stretch]] = defaultdict(list)
    holders: dict[Pool, int] = {}
    for partner, tenant, product, day, total, *names in rows:
        if day:
            stretches[tenant, product].append(Stretch(day, total))
        elif total:
            holders[Pool(partner, tenant, product, *names)] = total
    for known, count in holders.items():
        yield known, LicenseOutlook(on, count, tuple(stretches[known.key]))
