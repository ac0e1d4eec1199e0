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
    """With the names of the offers that exclude its credit."""
    its = Benefit.objects.filter(partner=partner, pk=pk)
    return its.for_display().with_excluding_offers()


@PlannedQuery
def license_benefit(partner: int, pk: int) -> QuerySet[Benefit]:
    return Benefit.objects.filter(partner=partner, pk=pk).license_based().for_display()


@PlannedQuery
def holders(benefit: int, *, is_chain: bool, most: int) -> QuerySet[Assignment]:
    """Who holds credit and then who held it, counted, each with `running_count`.

    Of a chain (U3) the latest come first.
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
    """What counts of the uses of its keys, the latest first."""
    standing = Redemption.objects.standing().filter(key__benefit=benefit)
    return standing.select_related("subscription__tenant", "replacement")[:1]


@PreparedQuery
def redeemed_in(tenant: int) -> QuerySet[Any, Any]:
    """Any key that was redeemed in a tenant."""
    return Redemption.objects.filter(tenant=tenant).order_by().values_list("pk")[:1]


@PreparedQuery
def not_deleted(
    partner: int, tenant: int, product: int, on: date, *, most: int
) -> QuerySet[Subscription]:
    """What runs of a product in a tenant, or can come back; what ends last comes first."""
    theirs = Subscription.objects.of_pool(partner, tenant, product).not_deleted(on)
    return with_total(theirs.select_related("tenant").order_by("-ends_on", "-pk"), most)


@PreparedQuery
def compared(partner: int, tenant: int, product: int, on: date) -> QuerySet[Subscription]:
    """What a key can do something for: what is Active and ends last, and what can come back.

    Each with `active_count`, no more than MAX_COUNT_BESIDE and one.
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
    """With `is_second`: whether its benefit had one before it."""
    its = ProductKey.objects.filter(partner=partner, pk=pk)
    return its.for_use().annotate(is_second=had_another_before())


@PreparedQuery
def waiting_keys(partner: int, product: int, on: date, *, most: int) -> QuerySet[ProductKey]:
    """A partner's own of a product, counted; what expires first comes first."""
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


@PreparedQuery
def with_fitting_keys(partner: int, pk: int, on: date) -> QuerySet[Subscription]:
    """A subscription with the key that fits and expires first, and how many fit."""
    its = Subscription.objects.filter(partner=partner, pk=pk).select_related("product")
    return its.with_fitting_key(on).with_fitting_keys_count(on)


@PlannedQuery
def latest_redemptions(subscription: int, *, most: int) -> QuerySet[Redemption]:
    """The latest of a subscription, counted, each with `is_key_second`."""
    theirs = Redemption.objects.filter(subscription=subscription)
    shown = theirs.for_timeline().annotate(is_key_second=had_another_before("key", "key__benefit"))
    return with_total(shown, most, counted=theirs)


@PlannedQuery
def redemptions_until(subscription: int, day: date, *, most: int) -> QuerySet[Redemption]:
    """The latest by the end of a day, counted."""
    theirs = Redemption.objects.filter(subscription=subscription).until(day)
    return with_total(theirs.for_timeline(), most, counted=theirs)


@PlannedQuery
def receipt(partner: int, pk: int) -> QuerySet[Redemption]:
    """A line of the ledger with all that its receipt says, and `is_key_second`."""
    its = Redemption.objects.filter(partner=partner, pk=pk)
    return its.for_display().annotate(is_key_second=had_another_before("key", "key__benefit"))


def redemptions_of(subscription: Subscription, asked: PageQuery, most: int) -> Excerpt[Redemption]:
    """What a subscription's page shows of its ledger."""
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
    """Let the key say what was found out about it with the `redemption`."""
    redemption.key.follows_another = redemption.is_key_second
    known: Redemption = redemption
    return known
