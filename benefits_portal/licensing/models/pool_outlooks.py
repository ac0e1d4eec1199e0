"""The outlook of many pools at once, at any partners: home, reminders and calendars ask for it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db.models import (
    DateField,
    Exists,
    F,
    Func,
    IntegerField,
    JSONField,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    Window,
)
from django.db.models.functions import Coalesce, JSONObject

from benefits_portal.prepared import PlannedQuery

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
    of days after `ahead` does not count. It knows when there are too few first, and no other step.
    """
    if len(partners) == 1:
        rows: Iterable[Any] = near_pools_of.tuples(partners[0], on, on + ahead)
    else:
        rows = near_pools(partners, on, on + ahead)
    for *names, people, turn in rows:
        yield Pool(*names), LicenseOutlook(on, people, tuple(stretches_around(turn)))


def stretches_around(turn: Mapping[str, Any] | None) -> Iterator[Stretch]:
    """What ends on the day after which too few are left, and what is left then for good.

    All that there is, where there are too few now.
    """
    if turn and "day" in turn:
        yield Stretch(date.fromisoformat(turn["day"]), turn["going"])
        yield Stretch(date.max, turn["left"] - turn["going"])
    elif turn:
        yield Stretch(date.max, turn["left"])


@PlannedQuery
def near_pools_of(partner: int, on: date, until: date) -> QuerySet[Any, Any]:
    """Each pool is asked by itself, in one way whatever a partner has: one plan is best for all."""
    return near_pools([partner], on, until)


def near_pools(partners: Sequence[int], on: date, until: date) -> QuerySet[Any, Any]:
    """The pools with their people, and what `stretches_around` is told."""
    tallies = LicenseTally.objects.filter(partner__in=partners).ever()
    pools = tallies.filter(become_fewer(on, until), given__gt=F("ended")).order_by()
    turn = Coalesce(turns(on), enough(on))
    return pools.annotate(people=PEOPLE, turn=turn).values_list(*KEY, *NAMES, "people", "turn")


class Turn(Subquery):
    """The columns of one row together: as an object made of that row alone, not of all before."""

    template = (
        "(SELECT %(function)s('day', day, 'left', \"left\", 'going', going) "
        "FROM (%(subquery)s) turn)"
    )
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_BUILD_OBJECT", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_OBJECT", **context)


class Running(Func):
    """A sum of sums, over a window: Django's own `Sum` holds no other."""

    function = "SUM"
    window_compatible = True
    output_field = IntegerField()


def turns(on: date) -> Subquery:
    """Of a pool the day after which too few licenses are left, what ends then, and what is left.

    Counted from the latest end until there are enough, so that few subscriptions are read; NULL
    where all are too few.
    """
    theirs = in_same_pool(Subscription.objects.entitling(on)).order_by().values("ends_on")
    by_day = theirs.annotate(going=Sum("licenses"))
    left = Window(Running(Sum("licenses")), order_by=F("ends_on").desc())
    has_enough = by_day.annotate(left=left).filter(left__gte=OuterRef("people"))
    return Turn(has_enough.order_by("-ends_on").values("left", "going", day=F("ends_on"))[:1])


def enough(on: date) -> Subquery:
    """All licenses of a pool, in the same form."""
    theirs = in_same_pool(Subscription.objects.entitling(on)).order_by().values("product")
    sums = theirs.annotate(turn=JSONObject(left=Sum("licenses")))
    return Subquery(sums.values("turn"), output_field=JSONField())


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


def become_fewer(on: date, until: date) -> Q:
    """Of a pool: its licenses go, by a day that passes, a reversal or a smaller key.

    By a day first, which is found off an index; the others are asked where that finds nothing.
    """
    since, theirs = on - SETTLE_DAYS, in_same_pool(Subscription.objects.order_by())
    by_day = theirs.filter(
        withdrawn_on=None,
        ends_on__gte=since - EXPIRED_DAYS,
        ends_on__lt=until - EXPIRED_DAYS,
    )
    reversals = Reversal.objects.filter(subscription=OuterRef("pk"), reversed_on__gte=since)
    smaller = Redemption.objects.filter(
        subscription=OuterRef("pk"),
        redeemed_on__gte=since,
        after_licenses__lt=F("before_licenses"),
    )
    otherwise = Q(withdrawn_on__gte=since) | Exists(reversals) | Exists(smaller)
    return Q(Exists(by_day)) | Q(Exists(theirs.filter(otherwise)))


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
) -> QuerySet[Any, Any]:
    """Of each pool how many people are in it, without a day, and how many licenses end on a day.

    `firsts` are one for each pool, `subscriptions` all of them.
    """
    people = Subquery(in_same_pool(LicenseTally.objects.ever()).values_list(PEOPLE))
    nobody = Value(None, DateField())
    given = firsts.annotate(day=nobody, total=people).values_list(*KEY, "day", "total", *NAMES)
    ending = subscriptions.entitling(on).order_by().values_list(*KEY)
    unnamed = {f"no_{name}": Value("") for name in NAMES}
    licenses = ending.annotate(day=F("ends_on"), total=Sum("licenses"), **unnamed)
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
