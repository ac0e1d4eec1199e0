"""The outlooks of many pools at once, at any partners: for home, reminders and calendars (L11)."""

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

from benefits_portal.licensing.terms import EXPIRED_DAYS
from benefits_portal.prepared import PlannedQuery

from .license_outlook import SETTLE_DAYS, LicenseOutlook, Stretch
from .license_shortage import PoolKey, first_days_over, in_pools
from .license_tally import PEOPLE, LicenseTally
from .redemption import Redemption
from .reversal import Reversal
from .subscription import Subscription
from .subscription_queryset import SubscriptionQuerySet

AHEAD = timedelta(days=90)  # how early people are told of a shortage
MAX_PRODUCTS = 2**24  # so that `Pool.number` fits 63 bits
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
        """One number for tenant and product, because a pool has no row of its own."""
        return self.tenant * MAX_PRODUCTS + self.product


def key_of(number: int) -> PoolKey:
    """The tenant and the product of `Pool.number`."""
    return divmod(number, MAX_PRODUCTS)


def near_outlooks(
    partners: Sequence[int], on: date, ahead: timedelta = AHEAD
) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """The outlook of each pool whose people may have, or soon have, too few licenses. One query.

    Its licenses become fewer within `ahead`, or did so in the 90 days that a partner has to settle
    a shortage (L8). Each outlook is right about the first day with too few licenses only, and only
    within `ahead`.
    """
    if len(partners) == 1:
        rows: Iterable[Any] = near_pools_of.tuples(partners[0], on, on + ahead)
    else:
        rows = near_pools(partners, on, on + ahead)
    for *names, people, turn in rows:
        yield Pool(*names), LicenseOutlook(on, people, tuple(stretches_from(turn)))


def stretches_from(turn: Mapping[str, Any] | None) -> Iterator[Stretch]:
    """The licenses that end with the `turning_point`, and those that end later, as if never.

    All licenses as if they never ended, if there are too few now. None without licenses.
    """
    if turn and "day" in turn:
        yield Stretch(date.fromisoformat(turn["day"]), turn["going"])
        yield Stretch(date.max, turn["left"] - turn["going"])
    elif turn:
        yield Stretch(date.max, turn["left"])


@PlannedQuery
def near_pools_of(partner: int, on: date, until: date) -> QuerySet[Any, Any]:
    """`near_pools` of one partner; its plan is kept, because one plan is best for every partner."""
    return near_pools([partner], on, until)


def near_pools(partners: Sequence[int], on: date, until: date) -> QuerySet[Any, Any]:
    """Rows for `near_outlooks`: a pool, its people, and the JSON that `stretches_from` reads."""
    tallies = LicenseTally.objects.filter(partner__in=partners).ever()
    pools = tallies.filter(become_fewer(on, until), given__gt=F("ended")).order_by()
    turn = Coalesce(turning_point(on), all_licenses(on))
    return pools.annotate(people=PEOPLE, turn=turn).values_list(*KEY, *NAMES, "people", "turn")


class TurningPoint(Subquery):
    """The three columns of one row as a JSON object, which is built for that row alone.

    With `JSONObject` in the inner query, the database would build one for each row that it reads.
    """

    template = (
        "(SELECT %(function)s('day', day, 'left', \"left\", 'going', going) "
        "FROM (%(subquery)s) turn)"
    )
    output_field = JSONField()

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSONB_BUILD_OBJECT", **context)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="JSON_OBJECT", **context)


class SumOfSums(Func):
    """A window's sum of sums, because Django's `Sum` must not contain another aggregate."""

    function = "SUM"
    window_compatible = True
    output_field = IntegerField()


def turning_point(on: date) -> Subquery:
    """The end date after which a pool has too few licenses; NULL if it has too few already.

    With `going`, the licenses that end on that day, and `left`, those that end then or later.
    Licenses are added up from the latest end until they suffice, so few subscriptions are read.
    """
    theirs = in_same_pool(Subscription.objects.entitling(on)).order_by().values("ends_on")
    by_day = theirs.annotate(going=Sum("licenses"))
    left = Window(SumOfSums(Sum("licenses")), order_by=F("ends_on").desc())
    has_enough = by_day.annotate(left=left).filter(left__gte=OuterRef("people"))
    last = has_enough.order_by("-ends_on").values("left", "going", day=F("ends_on"))
    return TurningPoint(last[:1])


def all_licenses(on: date) -> Subquery:
    """The licenses of a pool in the same form: `left` alone; NULL without any."""
    theirs = in_same_pool(Subscription.objects.entitling(on)).order_by().values("product")
    sums = theirs.annotate(turn=JSONObject(left=Sum("licenses")))
    return Subquery(sums.values("turn"), output_field=JSONField())


def outlooks_of(
    pools: Collection[PoolKey], earliest: date
) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """The outlooks of those of `pools` in which people have licenses. One query.

    They are right about the day `earliest` and any later one.
    """
    subscriptions = Subscription.objects.filter(in_pools(pools))
    rows = people_and_licenses(first_of_pools(subscriptions), subscriptions, earliest)
    return outlooks_in(rows, earliest)


def days_over(
    partners: Collection[int], outlooks: Iterable[tuple[Pool, LicenseOutlook]]
) -> dict[tuple[PoolKey, date], date]:
    """The first day of each pool's shortage, by the pool and the day of its outlook.

    Three queries, or none without a shortage.
    """
    subscriptions = Subscription.objects.filter(partner__in=partners)
    tallies = LicenseTally.objects.filter(partner__in=partners)
    return first_days_over(subscriptions, tallies, [(pool.key, each) for pool, each in outlooks])


def become_fewer(on: date, until: date) -> Q:
    """Whether a pool's licenses become fewer by `until`, or did in the last 90 days (L8).

    Because a subscription ends, which an index finds; else because of a withdrawal, a reversal or a
    reactivation with a smaller key.
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
    """Those of the outer query's pool."""
    here = {name: OuterRef(name) for name in ("partner", "tenant", "product")}
    return rows.filter(**here)


def first_of_pools(subscriptions: SubscriptionQuerySet) -> SubscriptionQuerySet:
    """The first of `subscriptions` in each pool."""
    pools = subscriptions.order_by().values("tenant", "product").annotate(first=Min("pk"))
    return Subscription.objects.filter(pk__in=pools.values("first")).order_by()


def people_and_licenses(
    firsts: SubscriptionQuerySet,
    subscriptions: SubscriptionQuerySet,
    on: date,
) -> QuerySet[Any, Any]:
    """Rows of a pool, a day, a number and the names of tenant and product.

    With a day, so many licenses end on it, and the names are empty; without, so many people have a
    license. `firsts` has one subscription of each pool, `subscriptions`
    all of them.
    """
    people = Subquery(in_same_pool(LicenseTally.objects.ever()).values_list(PEOPLE))
    nobody = Value(None, DateField())
    given = firsts.annotate(day=nobody, total=people).values_list(*KEY, "day", "total", *NAMES)
    ending = subscriptions.entitling(on).order_by().values_list(*KEY)
    unnamed = {f"no_{name}": Value("") for name in NAMES}
    licenses = ending.annotate(day=F("ends_on"), total=Sum("licenses"), **unnamed)
    return licenses.union(given, all=True).order_by()


def outlooks_in(rows: Iterable[tuple[Any, ...]], on: date) -> Iterator[tuple[Pool, LicenseOutlook]]:
    """The outlook of each pool that has people, from rows of `people_and_licenses`."""
    stretches: dict[PoolKey, list[Stretch]] = defaultdict(list)
    holders: dict[Pool, int] = {}
    for partner, tenant, product, day, total, *names in rows:
        if day:
            stretches[tenant, product].append(Stretch(day, total))
        elif total:
            holders[Pool(partner, tenant, product, *names)] = total
    for known, count in holders.items():
        yield known, LicenseOutlook(on, count, tuple(stretches[known.key]))
