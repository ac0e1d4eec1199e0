"""Since when a pool has more people than licenses, worked out from the ledger (L8)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from django.db.models import Count

from benefits_portal.tenants.models import Tenant

from . import as_of
from .license_assignment import LicenseAssignment
from .license_outlook import DAY, LicenseOutlook
from .redemption import Redemption
from .subscription import Subscription
from .subscription_queryset import EXPIRED_DAYS


class Life(NamedTuple):
    """A subscription and all that was redeemed for it, in order."""

    subscription: Subscription
    ledger: Sequence[Redemption]

    def entitled(self, day: date) -> int:
        """The same as `Subscription.entitled_as_of`, of a ledger at hand."""
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


def over_since(
    tenant: Tenant, outlooks: Mapping[int, LicenseOutlook], on: date, *, then: bool = False
) -> dict[int, date]:
    """The first day of the stretch in which each product of `outlooks` has too few licenses.

    By its primary key; those that have enough are left out. Three queries however many there are,
    none if there is none. `then`: what came after the day `on` is not known yet (H1).
    """
    over = {pk: outlook for pk, outlook in outlooks.items() if outlook.count.over}
    if not over:
        return {}
    lives, changes = lives_of(tenant, over), changes_of(tenant, over)
    if then:
        changes = {pk: until(on, days) for pk, days in changes.items()}
    return {
        pk: first_day_over(lives[pk], changes.get(pk, {}), outlook.given, on)
        for pk, outlook in over.items()
    }


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


def lives_of(tenant: Tenant, products: Collection[int]) -> dict[int, list[Life]]:
    """All subscriptions of `products` in `tenant` with their ledgers: two queries."""
    theirs = Subscription.objects.for_partner(tenant.partner).in_tenant(tenant)
    subscriptions = list(theirs.filter(product__in=products).order_by("pk"))
    redemptions = Redemption.objects.filter(subscription__in=subscriptions)
    in_order = redemptions.select_related("reversal").order_by(
        "subscription_id", "redeemed_at", "pk"
    )
    ledgers = {pk: list(rows) for pk, rows in groupby(in_order, lambda each: each.subscription_id)}
    found: dict[int, list[Life]] = defaultdict(list)
    for subscription in subscriptions:
        found[subscription.product_id].append(Life(subscription, ledgers.get(subscription.pk, [])))
    return found


def changes_of(tenant: Tenant, products: Collection[int]) -> dict[int, dict[date, int]]:
    """By how many people a product had more, or fewer, than the day before: one query."""
    rows = LicenseAssignment.objects.in_tenant(tenant).filter(product__in=products).order_by()
    given = rows.values_list("product", "given_on").annotate(count=Count("pk"))
    ended = rows.ended().values_list("product", "ended_on").annotate(count=0 - Count("pk"))
    found: dict[int, dict[date, int]] = defaultdict(lambda: defaultdict(int))
    for product, day, count in given.union(ended, all=True).order_by():
        found[product][day] += count
    return found
