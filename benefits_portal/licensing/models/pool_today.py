"""A product in a tenant as it is today, and what changes next: one query for most pages (L6 to L8).

Licenses that end later than those that end next are one number, however many days they end on.
"""

from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from benefits_portal.benefits.models import Product
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner, Tenant

from .license_outlook import LicenseOutlook, Stretch, entitling_of
from .license_tally import PEOPLE, LicenseTally, LicenseTallyQuerySet
from .subscription_queryset import SubscriptionQuerySet


@PreparedQuery
def product_today(partner: int, tenant: int, pk: int, on: date) -> QuerySet[Any, Any]:
    """The product, with what `outlook_today` is made of."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    return with_today(Product.objects.filter(pk=pk).order_by(), its, on)


@PreparedQuery
def products_today(partner: int, tenant: int, on: date) -> QuerySet[Any, Any]:
    """All that people of `tenant` have or can have, by name."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    is_there = Exists(with_license(its)) | Exists(entitling_to(its, on))
    return with_today(Product.objects.filter(is_there).order_by("sort_name", "pk"), its, on)


def with_today(products: QuerySet[Product], tenant: Tenant, on: date) -> QuerySet[Any, Any]:
    entitling = entitling_to(tenant, on)
    standing = products.annotate(
        people=Coalesce(Subquery(with_license(tenant).values_list(PEOPLE)), 0),
        licenses=total(entitling),
        next_end=Subquery(entitling.order_by("ends_on").values("ends_on")[:1]),
    )
    return standing.annotate(ending_next=total(entitling.filter(ends_on=OuterRef("next_end"))))


def with_license(tenant: Tenant) -> LicenseTallyQuerySet:
    """The tally of a product whose people have licenses."""
    tallies = LicenseTally.objects.in_tenant(tenant).ever().filter(product=OuterRef("pk"))
    return tallies.filter(given__gt=F("ended")).order_by()


def entitling_to(tenant: Tenant, on: date) -> SubscriptionQuerySet:
    """The subscriptions of a product."""
    its = entitling_of(tenant, on, None, then=False)
    return its.filter(product=OuterRef("pk")).order_by()


def total(subscriptions: SubscriptionQuerySet) -> Subquery:
    """How many licenses they have, of one product; NULL where there are none."""
    sums = subscriptions.values("product").annotate(total=Sum("licenses"))
    return Subquery(sums.values("total"))


def outlook_today(product: Any, on: date) -> LicenseOutlook:
    """What `outlook_of` says of the days until the next step; `product` is a `product_today`.

    What ends later ends on the last day that there is, which has no day after it.
    """
    if not product.licenses:
        return LicenseOutlook(on, product.people)
    later = Stretch(date.max, product.licenses - product.ending_next)
    return LicenseOutlook(
        on, product.people, (Stretch(product.next_end, product.ending_next), later)
    )
