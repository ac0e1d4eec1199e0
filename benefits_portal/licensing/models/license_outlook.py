"""How many licenses a pool has on a day and later, and how many people have one (L6 to L8, L11).

An outlook shows what follows if nobody redeems a key, gives a license or takes one: subscriptions
end, and their licenses are gone 30 days after that.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import chain
from typing import Any, NamedTuple

from django.db.models import DateField, QuerySet, Sum, Value

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.terms import EXPIRED_DAYS
from benefits_portal.prepared import PlannedQuery, PreparedQuery, in_one_text
from benefits_portal.tenants.models import Partner, Tenant

from .entitlement import Products, all_together, entitling_of, of_products
from .license_pool import LicenseCount
from .license_tally import PEOPLE, LicenseTally

DAY = timedelta(days=1)
SETTLE_DAYS = timedelta(days=90)  # the time that a partner has to settle a shortage (L8)


def settle_until(since: date) -> date:
    """The last day to settle a shortage that began on the day `since` (L8)."""
    return since + SETTLE_DAYS - DAY


def day_after(ends_on: date) -> date:
    """The first day without the licenses of a subscription that ends on `ends_on` (L7)."""
    return ends_on + EXPIRED_DAYS + DAY


class Step(NamedTuple):
    """The number of licenses that a pool has from `day` on, until the next step."""

    day: date
    licenses: int


class Stretch(NamedTuple):
    """The licenses of subscriptions that end on `ends_on`.

    People can have them for 30 days after that (L7).
    """

    ends_on: date
    licenses: int


# A row of `people_and_stretches`: a product's primary key, a day, a number. With a day, so many
# licenses end on it. With None, so many people have a license; several such rows add up
type PeopleOrStretch = tuple[int, date | None, int]


@dataclass(frozen=True)
class LicenseOutlook:
    """The licenses of one pool on day `on` and later; `given` people have one.

    `stretches` are the licenses that people can have on that day.
    """

    on: date
    given: int
    stretches: tuple[Stretch, ...] = ()

    @cached_property
    def count(self) -> LicenseCount:
        return LicenseCount(self.licenses_on(self.on), self.given)

    def licenses_on(self, day: date) -> int:
        earliest = day - EXPIRED_DAYS
        return sum(each.licenses for each in self.stretches if each.ends_on >= earliest)

    def steps(self) -> Iterator[Step]:
        """Each later day from which there are fewer licenses, in order."""
        left = self.count.licenses
        for ends_on, licenses in self._endings():
            left -= licenses
            yield Step(day_after(ends_on), left)

    def _endings(self) -> list[tuple[date, int]]:
        """Each day on which licenses end that count on day `on`, and how many, in order."""
        earliest, going = self.on - EXPIRED_DAYS, defaultdict[date, int](int)
        for ends_on, licenses in self.stretches:
            if ends_on >= earliest:
                going[ends_on] += licenses
        return sorted(ending for ending in going.items() if ending[1])

    @property
    def next_step(self) -> Step | None:
        return next(self.steps(), None)

    @property
    def steps_over(self) -> list[Step]:
        """The steps with fewer licenses than people; the first one may be day `on` itself."""
        steps = [Step(self.on, self.count.licenses), *self.steps()]
        return [step for step in steps if step.licenses < self.given]

    @property
    def first_over(self) -> Step | None:
        """The first of `steps_over`; None if nobody has a license.

        Searched from the last end backwards: there, a few stretches usually hold enough licenses.
        """
        if not self.given:
            return None
        left = 0
        for ends_on, licenses in reversed(self._endings()):
            if left + licenses >= self.given:
                return Step(day_after(ends_on), left)
            left += licenses
        return Step(self.on, left)

    def over(self, step: Step) -> int:
        """How many more people than licenses there are from `step` on."""
        return max(0, self.given - step.licenses)

    def replacing(self, before: Stretch | None, after: Stretch | None) -> "LicenseOutlook":
        """This outlook with `before`, of one subscription, replaced by `after` (L11)."""
        kept = list(self.stretches)
        if before and before.ends_on + EXPIRED_DAYS >= self.on:
            kept.append(Stretch(before.ends_on, -before.licenses))
        if after:
            kept.append(after)
        return LicenseOutlook(self.on, self.given, tuple(kept))


def outlooks(tenant: Tenant, on: date, *, then: bool = False) -> dict[int, LicenseOutlook]:
    """The outlook of each product that people of `tenant` have or can have, by primary key.

    One query. `then` is for another day than today: what was given, taken or redeemed after it does
    not count (H1).
    """
    return by_product(of_all_pools.rows(tenant.partner_id, tenant.pk, on, then=then), on)


def outlook_of(tenant: Tenant, product: Product, on: date, *, then: bool = False) -> LicenseOutlook:
    """The outlook of one product. One query."""
    found = of_one_pool.rows(tenant.partner_id, tenant.pk, product.pk, on, then=then)
    return by_product(found, on).get(product.pk, LicenseOutlook(on, 0))


@PlannedQuery
def of_one_pool(
    partner: int, tenant: int, product: int, on: date, *, then: bool
) -> QuerySet[Any, PeopleOrStretch]:
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    return people_and_stretches(its, on, product, then=then)


@PreparedQuery
def of_all_pools(
    partner: int, tenant: int, on: date, *, then: bool
) -> QuerySet[Any, PeopleOrStretch]:
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    return people_and_stretches(its, on, None, then=then)


def by_product(rows: Iterable[PeopleOrStretch], on: date) -> dict[int, LicenseOutlook]:
    """The outlooks that `rows` of `people_and_stretches` make, by the product's primary key."""
    stretches: dict[int, list[Stretch]] = defaultdict(list)
    people: dict[int, int] = defaultdict(int)
    for product, day, total in rows:
        if day:
            stretches[product].append(Stretch(day, total))
        else:
            people[product] += total
    had = {product for product, count in people.items() if count}
    return {
        product: LicenseOutlook(on, people.get(product, 0), tuple(stretches[product]))
        for product in {*stretches, *had}
    }


def counts(
    tenant: Tenant, on: date, products: Collection[int] | None = None, *, then: bool = False
) -> dict[int, LicenseCount]:
    """How many licenses of each product there are, and how many people have one, by primary key.

    One query; the same as `LicenseOutlook.count`. Of all products if `products` is None.
    """
    chosen = () if products is None else (in_one_text(sorted(products)),)
    asked = tenant.partner_id, tenant.pk, on, *chosen
    found: dict[int, dict[bool, int]] = defaultdict(lambda: {False: 0, True: 0})
    for product, is_people, total in sums_and_people.rows(*asked, then=then):
        found[product][is_people] += total
    return {
        pk: LicenseCount(each[False], each[True])
        for pk, each in found.items()
        if any(each.values())
    }


@PreparedQuery
def sums_and_people(
    partner: int, tenant: int, on: date, products: str | None = None, *, then: bool
) -> QuerySet[Any, tuple[int, bool, int]]:
    """The rows that `counts` adds up, of `products` in one text or, without it, of all."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    sums = (
        rows.values_list("product").annotate(is_people=Value(False), total=Sum("number"))
        for rows in entitling_of(its, on, products, then=then)
    )
    return all_together(chain(sums, people_by_product(its, on, products, Value(True), then=then)))


def people_by_product(
    tenant: Tenant, on: date, products: Products, beside: Value, *, then: bool
) -> Iterator[QuerySet[Any, Any]]:
    """How many people have a license of each product: rows that add up, for a union.

    Each row is a product, `beside` and a number: those who have one now and, `then`, minus how many
    more they have become since.
    """
    tallies = of_products(LicenseTally.objects.in_tenant(tenant).order_by(), products)
    yield tallies.ever().values_list("product", beside, PEOPLE)
    if then:
        since = tallies.after(on).values_list("product", beside)
        yield since.annotate(total=0 - Sum(PEOPLE))


def people_and_stretches(
    tenant: Tenant, on: date, products: Products, *, then: bool
) -> QuerySet[Any, PeopleOrStretch]:
    """The rows that `by_product` reads, as one union."""
    people = people_by_product(tenant, on, products, Value(None, DateField()), then=then)
    licenses = (
        rows.values_list("product", "end").annotate(total=Sum("number"))
        for rows in entitling_of(tenant, on, products, then=then)
    )
    return all_together(chain(licenses, people))
