"""How many licenses of a product the people of a tenant can have on a day (L6, L7)."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any

from django.db.models import F, QuerySet, Sum

from benefits_portal.benefits.models import Product
from benefits_portal.tenants.models import Tenant

from .redemption import Redemption
from .reversal import Reversal
from .subscription import Subscription
from .subscription_queryset import EXPIRED_DAYS


def entitled(tenant: Tenant, product: Product, on: date) -> int:
    """The licenses of all subscriptions of `product` in `tenant` together: one query.

    Of those that are Active or Expired on that day, by what each ran for at its end.
    """
    parts = entitling_of(tenant, on, [product.pk], then=True)
    sums = (rows.values_list("product").annotate(Sum("number")) for rows in parts)
    return sum(number for _product, number in all_together(sums))


def entitling_of(
    tenant: Tenant, on: date, products: Collection[int] | None, *, then: bool
) -> Iterator[QuerySet[Any, Any]]:
    """What people of `tenant` can have on that day, for a union: each `number` ends on `end` (L7).

    `then`, at the end of another day than today: what has run for the same since, what a key was
    redeemed for since, and what was reversed since (H1).
    """
    here = {"partner": tenant.partner_id, "tenant": tenant}
    theirs = Subscription.objects.filter(**here)
    if products is not None:
        theirs = theirs.filter(product__in=products)
    rows = theirs.entitling(on)
    if then:
        rows = rows.unchanged_since(on)
    yield rows.order_by().annotate(end=F("ends_on"), number=F("licenses"))
    if then:
        yield from ended_since(on, here, products)


def all_together(parts: Iterable[QuerySet[Any, Any]]) -> QuerySet[Any, Any]:
    first, *others = parts
    union: QuerySet[Any, Any] = first.union(*others, all=True)
    return union.order_by()


def ended_since(
    on: date, here: dict[str, Any], products: Collection[int] | None
) -> Iterator[QuerySet[Any, Any]]:
    """What ran at the end of `on` and has been changed since."""
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
        if products is not None:
            rows = rows.filter(subscription__product__in=products)
        product = F("subscription__product")
        yield rows.order_by().annotate(product=product, end=F(end), number=F(number))
