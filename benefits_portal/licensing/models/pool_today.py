"""A product in a tenant as it is on a day, and what changes next: for most pages (L6 to L8).

Licenses that end later than those that end next are one number, however many days they end on.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from benefits_portal.benefits.models import Product
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner, Tenant

from .entitlement import all_together, ended_since
from .license_outlook import LicenseOutlook, Stretch
from .license_tally import PEOPLE, LicenseTally, LicenseTallyQuerySet
from .subscription import Subscription
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


def outlooks_then(
    tenant: Tenant, on: date, also: Collection[int] = ()
) -> dict[Product, LicenseOutlook]:
    """Of all that people of `tenant` had or could have at the end of another day, by name (H1).

    And of the products `also`. Two queries: what has run for the same since, and the rest.
    """
    ended: dict[int, list[Stretch]] = defaultdict(list)
    for product, *stretch in ended_since_then.rows(tenant.partner_id, tenant.pk, on):
        ended[product].append(Stretch(*stretch))
    found = {}
    for product in products_then.rows(tenant.partner_id, tenant.pk, on):
        unchanged = outlook_today(product, on)
        stretches = (*unchanged.stretches, *ended[product.pk])
        if stretches or product.people or product.pk in also:
            found[product] = LicenseOutlook(on, product.people, stretches)
    return found


@PreparedQuery
def products_then(partner: int, tenant: int, on: date) -> QuerySet[Any, Any]:
    """The whole catalog, with what of it has run for the same since that day."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    tallies = LicenseTally.objects.in_tenant(its).filter(product=OuterRef("pk")).order_by()
    now = Coalesce(Subquery(tallies.ever().values_list(PEOPLE)), 0)
    come = Coalesce(total(PEOPLE, tallies.after(on)), 0)
    products = Product.objects.order_by("sort_name", "pk").annotate(people=now - come)
    return with_licenses(products, entitling_to(its, on).unchanged_since(on))


@PreparedQuery
def ended_since_then(partner: int, tenant: int, on: date) -> QuerySet[Any, Any]:
    """By product and day how many licenses ended then, of what was changed since that day."""
    here = {"partner": partner, "tenant": tenant}
    return all_together(
        rows.values_list("product", "end").annotate(total=Sum("number"))
        for rows in ended_since(on, here, None)
    )


def with_today(products: QuerySet[Product], tenant: Tenant, on: date) -> QuerySet[Any, Any]:
    people = Coalesce(Subquery(with_license(tenant).values_list(PEOPLE)), 0)
    return with_licenses(products.annotate(people=people), entitling_to(tenant, on))


def with_licenses(
    products: QuerySet[Product], entitling: SubscriptionQuerySet
) -> QuerySet[Any, Any]:
    standing = products.annotate(
        licenses=total("licenses", entitling),
        next_end=Subquery(entitling.order_by("ends_on").values("ends_on")[:1]),
    )
    return standing.annotate(
        ending_next=total("licenses", entitling.filter(ends_on=OuterRef("next_end")))
    )


def with_license(tenant: Tenant) -> LicenseTallyQuerySet:
    """The tally of a product whose people have licenses."""
    tallies = LicenseTally.objects.in_tenant(tenant).ever().filter(product=OuterRef("pk"))
    return tallies.filter(given__gt=F("ended")).order_by()


def entitling_to(tenant: Tenant, on: date) -> SubscriptionQuerySet:
    """The subscriptions of a product."""
    theirs = Subscription.objects.for_partner(tenant.partner).in_tenant(tenant)
    return theirs.entitling(on).filter(product=OuterRef("pk")).order_by()


def total(number: Combinable | str, rows: QuerySet[Any]) -> Subquery:
    """What `number` adds up to in rows of one product; NULL where there are none."""
    return Subquery(rows.values("product").annotate(total=Sum(number)).values("total"))


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
