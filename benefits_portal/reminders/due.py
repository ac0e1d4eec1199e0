"""The dates that are due at many partners, by the same rules as on the home page (R1).

Each source is one query for any number of partners, and reads only a few columns. Emails need all
dates of many partners; a page needs the nearest dates of one partner.

Rows have no model instances: a due date comes with its partner's primary key.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from benefits_portal.benefits.models import Assignment, Benefit, Membership, Product
from benefits_portal.dates import month_end
from benefits_portal.licensing.models import LicenseOutlook, Replacement, Subscription
from benefits_portal.licensing.models.license_outlook import DAY
from benefits_portal.licensing.models.pool_outlooks import days_over, near_outlooks
from benefits_portal.licensing.terms import EXPIRED_DAYS
from benefits_portal.listing.excerpt import first_of
from benefits_portal.prepared import planned, prepared
from benefits_portal.tenants.models import TenantRequest

from .topics import MAX_DAYS_AFTER, Due, Occasion

type Rows = Iterable[Any]
type Days = tuple[tuple[Occasion, date], ...]
STATUS = Subscription.Status
# Sorted by the column itself, PostgreSQL would read all partners' rows through its index
SORTED_BY_PK = F("pk") + 0
ROWS_AT_A_TIME = 2_000  # rows of a source in memory
NEAREST = 200  # rows of a source that a page looks at
CACHED = 4_096  # results; many things have the same days


@dataclass(frozen=True)
class Source:
    """A kind of thing that becomes due.

    `query(partners, on, horizon)` finds its rows, the nearest day first; `dues(rows, on, horizon)`
    turns rows into due dates, each with its partner. `horizon` is in days after `on`. If the
    nearest day comes first only within some parts of the rows, `parts(on)` are their conditions.
    """

    query: Callable[[Sequence[int], date, int], QuerySet[Any, Any]]
    dues: Callable[[Rows, date, int], Iterable[tuple[int, Due]]]
    parts: Callable[[date], Sequence[Q]] = lambda _on: ()
    is_planned_once: bool = False  # for rows that one plan finds best at any partner

    def all_at(self, partners: Sequence[int], on: date, horizon: int) -> Iterable[tuple[int, Due]]:
        """All due dates, in the order of the things' primary keys, read in batches."""
        found = self.query(partners, on, horizon).order_by(SORTED_BY_PK)
        return self.dues(found.iterator(chunk_size=ROWS_AT_A_TIME), on, horizon)

    def nearest(self, partner: int, on: date, horizon: int) -> tuple[list[Due], bool]:
        """The due dates of the NEAREST rows of one partner, and whether there are more rows."""
        rows = self.nearest_rows(partner, on, horizon)
        of_rows = [[due for _, due in self.dues([row], on, horizon)] for row in rows]
        if self.parts(on):
            of_rows.sort(key=lambda dues: nearest_day(dues, on))
        return list(chain.from_iterable(of_rows[:NEAREST])), len(rows) > NEAREST

    @cached_property
    def nearest_rows(self) -> Callable[[int, date, int], list[Any]]:
        """The query for one more than the NEAREST rows of a partner, from each of `parts`."""

        @(planned if self.is_planned_once else prepared)
        def rows(partner: int, on: date, horizon: int) -> QuerySet[Any, Any]:
            found = self.query([partner], on, horizon)
            parts = [found.filter(condition) for condition in self.parts(on)]
            if not parts:
                return found[: NEAREST + 1]
            one, *more = (first_of(part, NEAREST + 1, of=found) for part in parts)
            return one.union(*more, all=True).order_by()

        return rows


def nearest_day(dues: Sequence[Due], on: date) -> date:
    """The nearest day of a row from `on` on; `date.max` if it has none."""
    return min((due.due_on for due in dues if due.due_on >= on), default=date.max)


class Nearest(NamedTuple):
    """The nearest due dates of one partner, and whether any kind of thing has more."""

    dues: list[Due]
    has_more: bool


def due_at(partners: Sequence[int], on: date, horizon: int) -> Iterator[tuple[int, Due]]:
    """The due dates of `partners` from a few days ago to `horizon` days after `on`."""
    for source in SOURCES:
        yield from source.all_at(partners, on, horizon)
    yield from licenses(partners, on, horizon)


def nearest_due_at(partner: int, on: date, horizon: int) -> Nearest:
    """The same for one partner, limited to the nearest of each kind; shortages are not limited."""
    found, has_more = [due for _, due in licenses([partner], on, horizon)], False
    for source in SOURCES:
        nearest, are_more = source.nearest(partner, on, horizon)
        has_more |= are_more
        found += nearest
    return Nearest(found, has_more)


BENEFIT = ("partner_id", "pk", "product__kind", "expires_on")


def losable(partners: Sequence[int], on: date, horizon: int) -> QuerySet[Any, Any]:
    """Keys not redeemed and credit not assigned (B3, B5)."""
    last = on + timedelta(days=horizon)
    is_soon = Q(expires_on__lte=last) | Q(product__kind=Product.Kind.MONTHLY_CREDIT)
    rows = Benefit.objects.filter(partner__in=partners).losable(on).filter(is_soon)
    return rows.order_by("expires_on", "pk").values_list(*BENEFIT)


def by_month_or_not(_on: date) -> list[Q]:
    """Monthly credit, and the rest: its months are lost long before the benefit expires (B3)."""
    is_monthly = Q(product__kind=Product.Kind.MONTHLY_CREDIT)
    return [is_monthly, ~is_monthly]


def lapsed(partners: Sequence[int], on: date, _horizon: int) -> QuerySet[Any, Any]:
    """Keys and credit that expired unused within the last MAX_DAYS_AFTER days."""
    rows = Benefit.objects.filter(partner__in=partners).lapsed_within(MAX_DAYS_AFTER, on)
    return rows.order_by("-expires_on", "-pk").values_list(*BENEFIT)


def days_of_benefits(rows: Rows, on: date, horizon: int) -> Iterator[tuple[int, Due]]:
    last = on + timedelta(days=horizon)
    for partner, pk, kind, expires_on in rows:
        for occasion, day in days_of_benefit(kind, expires_on, on, last):
            yield partner, Due(occasion, pk, day)


def due_of_benefit(pk: int, kind: str, expires_on: date, on: date) -> list[Due]:
    days = days_of_benefit(kind, expires_on, on, date.max)
    return [Due(occasion, pk, day) for occasion, day in days]


@lru_cache(CACHED)
def days_of_benefit(kind: str, expires_on: date, on: date, last: date) -> Days:
    """The days until `last` on which a benefit, or this month's part of it, is lost (B3)."""
    has_key, days = kind == Product.Kind.LICENSES, []
    if expires_on <= last:
        days.append((Occasion.KEY_EXPIRES if has_key else Occasion.CREDIT_EXPIRES, expires_on))
    if kind == Product.Kind.MONTHLY_CREDIT and month_end(on) < expires_on:
        days.append((Occasion.CREDIT_MONTH_ENDS, month_end(on)))
    return tuple(days)


def changing(partners: Sequence[int], on: date, horizon: int) -> QuerySet[Any, Any]:
    rows = Subscription.objects.filter(partner__in=partners).changing_within(horizon, on)
    return rows.order_by("ends_on", "pk").values_list("partner_id", "pk", "ends_on")


def by_status(on: date) -> list[Q]:
    """One part for each status: changes come in the order of `ends_on` only within it (S2)."""
    ended, disabled = Q(ends_on__lt=on), Q(ends_on__lt=on - EXPIRED_DAYS)
    return [~ended, ended & ~disabled, disabled]


def days_of_subscriptions(rows: Rows, on: date, _horizon: int) -> Iterator[tuple[int, Due]]:
    for partner, pk, ends_on in rows:
        for occasion, day in days_of_subscription(ends_on, on):
            yield partner, Due(occasion, pk, day)


NEXT = {
    STATUS.ACTIVE: Occasion.SUBSCRIPTION_ENDS,
    STATUS.EXPIRED: Occasion.SUBSCRIPTION_DISABLED,
    STATUS.DISABLED: Occasion.SUBSCRIPTION_DELETED,
}


def due_of_subscription(subscription: Subscription, on: date) -> list[Due]:
    """The due dates of a subscription that is not withdrawn."""
    days = days_of_subscription(subscription.ends_on, on)
    return [Due(occasion, subscription.pk, day) for occasion, day in days]


@lru_cache(CACHED)
def days_of_subscription(ends_on: date, on: date) -> Days:
    """The last day of the status on day `on`; also the day after which it was disabled (S2)."""
    ending, days = Subscription(ends_on=ends_on), []
    status = ending.status(on)
    if occasion := NEXT.get(status):
        days.append((occasion, ending.last_day_of_status(on)))
    if status is STATUS.DISABLED:
        days.append((Occasion.SUBSCRIPTION_DISABLED, ending.expired_until))
    return tuple(days)


def memberships(partners: Sequence[int], on: date, horizon: int) -> QuerySet[Any, Any]:
    """Memberships that end and are not renewed (B1)."""
    ours = Membership.objects.filter(partner__in=partners)
    rows = ours.ending_within(horizon, on).not_renewed()
    return rows.order_by("ends_on", "pk").values_list("partner_id", "pk", "ends_on")


def days_of_memberships(rows: Rows, _on: date, _horizon: int) -> Iterator[tuple[int, Due]]:
    for partner, pk, ends_on in rows:
        yield partner, Due(Occasion.MEMBERSHIP_ENDS, pk, ends_on)


def credit_of_disabled(partners: Sequence[int], on: date, horizon: int) -> QuerySet[Assignment]:
    """Credit assigned to disabled users."""
    last = on + timedelta(days=horizon)
    return (
        Assignment.objects.filter(partner__in=partners)
        .held_by_disabled(on)
        .filter(Q(benefit__expires_on__lte=last) | Q(benefit__membership__ends_on__lte=last))
        .select_related("benefit__product", "benefit__membership")
        .by_last_day_to_act(on)
    )


def days_of_credit(rows: Rows, on: date, _horizon: int) -> Iterator[tuple[int, Due]]:
    """Due on the last day to transfer or remove the credit."""
    for assignment in rows:
        last_on = assignment.last_day_to_act(on)
        yield assignment.partner_id, Due(Occasion.HELD_BY_DISABLED, assignment.pk, last_on)


def licenses(partners: Sequence[int], on: date, horizon: int) -> Iterator[tuple[int, Due]]:
    """Current and coming shortages of licenses (L8, L11); one query, four if any is current."""
    found = list(near_outlooks(partners, on, timedelta(days=horizon) + DAY))
    since = days_over(partners, found)
    for pool, outlook in found:
        due = due_of_pool(pool.number, outlook, since.get((pool.key, on)))
        if due and due.due_on <= on + timedelta(days=horizon):
            yield pool.partner, due


def due_of_pool(number: int, outlook: LicenseOutlook, since: date | None) -> Due | None:
    """Due on the last day with enough licenses; `since` is the first day of a current shortage."""
    step = outlook.first_over
    if step is None:
        return None
    occasion = Occasion.LICENSES_OVER_THEN if since is None else Occasion.LICENSES_OVER
    return Due(occasion, number, (since or step.day) - DAY)


SOURCES = [
    Source(losable, days_of_benefits, by_month_or_not),
    Source(lapsed, days_of_benefits),
    Source(changing, days_of_subscriptions, by_status),
    Source(memberships, days_of_memberships),
    Source(credit_of_disabled, days_of_credit, is_planned_once=True),
]


def due_of_staff(on: date, horizon: int) -> list[Due]:
    """The program team's due dates, at all partners, and open requests; four queries."""
    return [*ending_memberships(on, horizon), *expiring_keys(on, horizon), *requests(on)]


def ending_memberships(on: date, horizon: int) -> Iterator[Due]:
    rows = Membership.objects.ending_within(horizon, on).not_renewed()
    for pk, ends_on in rows.order_by().values_list("pk", "ends_on"):
        yield Due(Occasion.PARTNER_MEMBERSHIP_ENDS, pk, ends_on)


def expiring_keys(on: date, horizon: int) -> Iterator[Due]:
    """Memberships with unredeemed keys; all keys of a membership expire on one day (B1)."""
    unused = Benefit.objects.license_based().unused().filter(membership=OuterRef("pk"))
    rows = Membership.objects.filter(
        Exists(unused.filter(expires_on=OuterRef("benefits_expire_on"))),
        starts_on__lte=on,
        benefits_expire_on__gte=on - timedelta(days=MAX_DAYS_AFTER),
        benefits_expire_on__lte=on + timedelta(days=horizon),
    )
    for pk, expire_on in rows.order_by().values_list("pk", "benefits_expire_on"):
        yield Due(Occasion.PARTNER_KEYS_EXPIRE, pk, expire_on)


def requests(on: date) -> Iterator[Due]:
    """Open requests of partners, due on the day of the request in the project's time zone."""
    zone = ZoneInfo(settings.TIME_ZONE)
    tenants = TenantRequest.objects.undecided().annotate(subject=F("pk"))
    replacements = Replacement.objects.undecided().as_requests().annotate(subject=F("pk"))
    for occasion, rows in (
        (Occasion.TENANT_REQUESTED, tenants),
        (Occasion.REPLACEMENT_REQUESTED, replacements),
    ):
        for pk, asked_at in rows.order_by().values_list("pk", "asked_at"):
            yield Due(occasion, pk, asked_at.astimezone(zone).date())
