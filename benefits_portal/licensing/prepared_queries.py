"""The queries of pages about one benefit, key, product, subscription or receipt, prepared."""

from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery

from benefits_portal.benefits.models import Assignment, Benefit, Product, ProductKey
from benefits_portal.benefits.models.product_key import had_another_before
from benefits_portal.licensing.models import LicenseAssignment, Redemption, Subscription
from benefits_portal.listing.excerpt import Excerpt, PageQuery, with_total
from benefits_portal.listing.page import MAX_COUNT_BESIDE, CappedCount
from benefits_portal.prepared import PlannedQuery, PreparedQuery
from benefits_portal.tenants.models import Partner

MAX_COMPARED = 3  # subscriptions of one product in one tenant; *Your products* has all

# Of benefits


@PlannedQuery
def benefit(partner: int, pk: int) -> QuerySet[Benefit]:
    """A benefit with the names of the offers that exclude its credit."""
    its = Benefit.objects.filter(partner=partner, pk=pk)
    return its.for_display().with_excluding_offers()


@PlannedQuery
def license_benefit(partner: int, pk: int) -> QuerySet[Benefit]:
    return Benefit.objects.filter(partner=partner, pk=pk).license_based().for_display()


@PlannedQuery
def holders(benefit: int, *, is_chain: bool, most: int) -> QuerySet[Assignment]:
    """Present holders of credit, then former ones, with their count; each has `running_count`.

    In a chain of transfers, the latest come first (U3).
    """
    theirs = Assignment.objects.filter(benefit=benefit)
    kept = theirs.kept().order_by().values("benefit").values(count=Count("pk"))
    in_order = theirs.latest_first() if is_chain else theirs.in_order()
    shown = in_order.annotate(running_count=Subquery(kept)).with_language()
    joined = shown.select_related(
        "directory_user", "assigned_by", "transferred_from__directory_user"
    )
    return with_total(joined, most, counted=theirs)


@PlannedQuery
def redeemed_for(benefit: int) -> QuerySet[Redemption]:
    """The latest standing redemption of a benefit's keys."""
    standing = Redemption.objects.standing().filter(key__benefit=benefit)
    return standing.select_related("subscription__tenant", "replacement")[:1]


@PreparedQuery
def redeemed_in(tenant: int) -> QuerySet[Any, Any]:
    """The primary key of any redemption in a tenant."""
    return Redemption.objects.filter(tenant=tenant).order_by().values_list("pk")[:1]


@PreparedQuery
def not_deleted(
    partner: int, tenant: int, product: int, on: date, *, most: int
) -> QuerySet[Subscription]:
    """Subscriptions of a product in a tenant that are not Deleted; the last to end comes first."""
    theirs = Subscription.objects.of_pool(partner, tenant, product).not_deleted(on)
    return with_total(theirs.select_related("tenant").order_by("-ends_on", "-pk"), most)


@PreparedQuery
def compared(partner: int, tenant: int, product: int, on: date) -> QuerySet[Subscription]:
    """Subscriptions that a key can change: Active ones that end last, and one that can come back.

    Each has `active_count`, at most MAX_COUNT_BESIDE + 1.
    """
    same = Subscription.objects.of_pool(partner, tenant, product)
    last_to_end = same.active(on).order_by("-ends_on", "-pk").values("pk")[:MAX_COMPARED]
    can_come_back = same.reactivatable(on).values("pk")[:1]
    found = same.filter(Q(pk__in=last_to_end) | Q(pk__in=can_come_back))
    counted = found.annotate(active_count=CappedCount(same.active(on), MAX_COUNT_BESIDE))
    return counted.order_by("ends_on", "pk")


# Of keys


@PlannedQuery
def key(partner: int, pk: int) -> QuerySet[ProductKey]:
    """A key with `is_second`: whether its benefit had another key before it."""
    its = ProductKey.objects.filter(partner=partner, pk=pk)
    return its.for_use().annotate(is_second=had_another_before())


@PreparedQuery
def waiting_keys(partner: int, product: int, on: date, *, most: int) -> QuerySet[ProductKey]:
    """The partner's keys of a product that can be redeemed, with their count, by expiration."""
    waiting = ProductKey.objects.waiting(Partner(pk=partner), on, Product(pk=product))
    return with_total(waiting, most, count_to=MAX_COUNT_BESIDE)


# Of products


@PreparedQuery
def product_in(partner: int, tenant: int, pk: int) -> QuerySet[Product]:
    """The product, if it ever ran in the tenant, or people there have or had a license of it."""
    here = {"partner": partner, "tenant": tenant, "product": OuterRef("pk")}
    ran, held = Subscription.objects.filter(**here), LicenseAssignment.objects.filter(**here)
    # Two conditions, because running and ended assignments have an index each
    is_here = Exists(ran) | Exists(held.running()) | Exists(held.ended())
    return Product.objects.filter(is_here, pk=pk).order_by()


# Of subscriptions


@PlannedQuery
def subscription(partner: int, pk: int) -> QuerySet[Subscription]:
    return Subscription.objects.filter(partner=partner, pk=pk).select_related("product")


@PlannedQuery
def with_fitting_keys(partner: int, pk: int, on: date) -> QuerySet[Subscription]:
    """A subscription with the fitting key that expires first, and the number of fitting keys."""
    its = Subscription.objects.filter(partner=partner, pk=pk).select_related("product")
    return its.with_fitting_key(on).with_fitting_keys_count(on)


@PlannedQuery
def latest_redemptions(subscription: int, *, most: int) -> QuerySet[Redemption]:
    """The latest redemptions of a subscription, with their count; each has `is_key_second`."""
    theirs = Redemption.objects.filter(subscription=subscription)
    shown = theirs.for_timeline().annotate(is_key_second=had_another_before("key", "key__benefit"))
    return with_total(shown, most, counted=theirs)


@PlannedQuery
def redemptions_until(subscription: int, day: date, *, most: int) -> QuerySet[Redemption]:
    """The latest redemptions of a subscription by the end of `day`, with their count."""
    theirs = Redemption.objects.filter(subscription=subscription).until(day)
    return with_total(theirs.for_timeline(), most, counted=theirs)


@PlannedQuery
def receipt(partner: int, pk: int) -> QuerySet[Redemption]:
    """A redemption with all that its receipt shows, and `is_key_second`."""
    its = Redemption.objects.filter(partner=partner, pk=pk)
    return its.for_display().annotate(is_key_second=had_another_before("key", "key__benefit"))


def redemptions_of(subscription: Subscription, asked: PageQuery, most: int) -> Excerpt[Redemption]:
    """The redemptions that a subscription's page shows."""
    found: Excerpt[Redemption] = asked.prepared(
        "timeline",
        most,
        lambda most: latest_redemptions.rows(subscription.pk, most=most),
        is_latest=True,
    )
    for redemption in found:
        with_key_known(redemption)
    return found


def with_key_known(redemption: Any) -> Redemption:
    """Set `follows_another` on the key, from the annotation of `redemption`."""
    redemption.key.follows_another = redemption.is_key_second
    known: Redemption = redemption
    return known
