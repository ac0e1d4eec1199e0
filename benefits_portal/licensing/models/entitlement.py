"""How many licenses of a product the people of a tenant can have on a day (L6, L7)."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Sum

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.terms import EXPIRED_DAYS
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner, Tenant

from .redemption import Redemption
from .reversal import Reversal
from .subscription import Subscription

# A primary key, several of them `in_one_text`, or None for all
type Products = int | str | None


def of_products[Rows: QuerySet[Any]](rows: Rows, products: Products, path: str = "product") -> Rows:
    """The `rows` of these products; `path` leads from a row to its product."""
    if products is None:
        return rows
    lookup = f"{path}__one_of" if isinstance(products, str) else path
    return rows.filter(**{lookup: products})


def entitled(tenant: Tenant, product: Product, on: date) -> int:
    """The licenses of all subscriptions of `product` in `tenant` that are Active or Expired.

    By their terms at the end of day `on`. One query.
    """
    found = sums_of_pool.tuples(tenant.partner_id, tenant.pk, product.pk, on)
    return sum(number for _product, number in found)


@PreparedQuery
def sums_of_pool(
    partner: int, tenant: int, product: int, on: date
) -> QuerySet[Any, tuple[int, int]]:
    """The rows that `entitled` adds up."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    parts = entitling_of(its, on, product, then=True)
    return all_together(rows.values_list("product").annotate(Sum("number")) for rows in parts)


def entitling_of(
    tenant: Tenant, on: date, products: Products, *, then: bool
) -> Iterator[QuerySet[Any, Any]]:
    """The licenses that people of `tenant` can have on that day, as parts of a union (L7).

    Rows have a `product`, an `end` date and a `number` of licenses. Of all products if `products`
    is None. `then` is for another day than today: one part for subscriptions that have not changed
    since, and those of `ended_since` (H1).
    """
    here = {"partner": tenant.partner_id, "tenant": tenant}
    rows = of_products(Subscription.objects.filter(**here), products).entitling(on)
    if then:
        rows = rows.unchanged_since(on)
    yield rows.order_by().annotate(end=F("ends_on"), number=F("licenses"))
    if then:
        yield from ended_since(on, here, products)


def all_together(parts: Iterable[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    first, *others = parts
    union: QuerySet[Any, Any] = first.union(*others, all=True)
    return union.order_by()


def ended_since(on: date, here: dict[str, Any], products: Products) -> Iterator[QuerySet[Any, Any]]:
    """The terms at the end of `on` that a later redemption or reversal ended, in the same form."""
    earliest = on - EXPIRED_DAYS
    redeemed = Redemption.objects.filter(
        **here, before_since__lte=on, redeemed_on__gt=on, before_ends_on__gte=earliest
    )
    undone = Reversal.objects.filter(
        **here, before_since__lte=on, reversed_on__gt=on, redemption__after_ends_on__gte=earliest
    )
    for rows, end, number in (
        (redeemed, "before_ends_on", "before_licenses"),
        (undone, "redemption__after_ends_on", "redemption__after_licenses"),
    ):
        rows = of_products(rows, products, "subscription__product")
        product = F("subscription__product")
        yield rows.order_by().annotate(product=product, end=F(end), number=F(number))
