"""The outlook of pools up to the next step only, which is all that most pages show (L6 to L8).

Licenses that end after the next ones are added up to one number, however many days they end on.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from benefits_portal.benefits.models import Product
from benefits_portal.prepared import PlannedQuery, PreparedQuery
from benefits_portal.tenants.models import Partner, Tenant

from .entitlement import all_together, ended_since
from .license_outlook import LicenseOutlook, Stretch
from .license_tally import PEOPLE, LicenseTally, LicenseTallyQuerySet
from .subscription import Subscription
from .subscription_queryset import SubscriptionQuerySet


@PlannedQuery
def product_today(partner: int, tenant: int, pk: int, on: date) -> QuerySet[Any, Any]:
    """The product, with the annotations that `outlook_today` reads."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    return with_today(Product.objects.filter(pk=pk).order_by(), its, on)


@PreparedQuery
def products_today(partner: int, tenant: int, on: date) -> QuerySet[Any, Any]:
    """The same of all products that people of `tenant` have or can have, by name."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    is_there = Exists(with_license(its)) | Exists(entitling_to(its, on))
    return with_today(Product.objects.filter(is_there).order_by("sort_name", "pk"), its, on)


def outlooks_then(
    tenant: Tenant, on: date, also: Collection[int] = ()
) -> dict[Product, LicenseOutlook]:
    """The outlooks of products that people of `tenant` had or could have at the end of day `on`.

    By name, with the products whose primary keys are in `also` (H1). Two queries: for subscriptions
    that have not changed since, and for the others.
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
    """The whole catalog, annotated from subscriptions that have not changed since that day."""
    its = Tenant(pk=tenant, partner=Partner(pk=partner))
    tallies = LicenseTally.objects.in_tenant(its).filter(product=OuterRef("pk")).order_by()
    now = Coalesce(Subquery(tallies.ever().values_list(PEOPLE)), 0)
    come = Coalesce(total(PEOPLE, tallies.after(on)), 0)
    products = Product.objects.order_by("sort_name", "pk").annotate(people=now - come)
    return with_licenses(products, entitling_to(its, on).unchanged_since(on))


@PreparedQuery
def ended_since_then(partner: int, tenant: int, on: date) -> QuerySet[Any, Any]:
    """The licenses that subscriptions had before they changed since that day.

    Rows of a product, the end date before the change, and a number.
    """
    here = {"partner": partner, "tenant": tenant}
    return all_together(
        rows.values_list("product", "end").annotate(total=Sum("number"))
        for rows in ended_since(on, here, None)
    )


def with_today(products: QuerySet[Product], tenant: Tenant, on: date) -> QuerySet[Any, Any]:
    """Annotate `people`, and what `with_licenses` does."""
    people = Coalesce(Subquery(with_license(tenant).values_list(PEOPLE)), 0)
    return with_licenses(products.annotate(people=people), entitling_to(tenant, on))


def with_licenses(
    products: QuerySet[Product], entitling: SubscriptionQuerySet
) -> QuerySet[Any, Any]:
    """Annotate `licenses`, `next_end` and `ending_next`: the licenses that end on that day."""
    standing = products.annotate(
        licenses=total("licenses", entitling),
        next_end=Subquery(entitling.order_by("ends_on").values("ends_on")[:1]),
    )
    return standing.annotate(
        ending_next=total("licenses", entitling.filter(ends_on=OuterRef("next_end")))
    )


def with_license(tenant: Tenant) -> LicenseTallyQuerySet:
    """The tally of the outer query's product, if any people of `tenant` have a license of it."""
    tallies = LicenseTally.objects.in_tenant(tenant).ever().filter(product=OuterRef("pk"))
    return tallies.filter(given__gt=F("ended")).order_by()


def entitling_to(tenant: Tenant, on: date) -> SubscriptionQuerySet:
    """The subscriptions of the outer query's product that people of `tenant` have licenses from."""
    theirs = Subscription.objects.for_partner(tenant.partner).in_tenant(tenant)
    return theirs.entitling(on).filter(product=OuterRef("pk")).order_by()


def total(number: Combinable | str, rows: QuerySet[Any]) -> Subquery:
    """The sum of `number` over rows of one product; NULL without rows."""
    return Subquery(rows.values("product").annotate(total=Sum(number)).values("total"))


def outlook_today(product: Any, on: date) -> LicenseOutlook:
    """The outlook up to the next step; `product` comes from `product_today` or `products_today`.

    Licenses that end later count as ending on `date.max`, so only one step can be asked for.
    """
    if not product.licenses:
        return LicenseOutlook(on, product.people)
    later = Stretch(date.max, product.licenses - product.ending_next)
    return LicenseOutlook(
        on, product.people, (Stretch(product.next_end, product.ending_next), later)
    )
