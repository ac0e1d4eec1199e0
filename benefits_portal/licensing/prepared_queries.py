"""What pages of subscriptions ask about one of them; put together once for each process."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.listing.excerpt import Asked, Excerpt, with_total
from benefits_portal.prepared import PreparedQuery


@PreparedQuery
def with_fitting_keys(partner: int, pk: int, on: date) -> QuerySet[Subscription]:
    """A subscription with the key that fits and expires first, and how many fit."""
    its = Subscription.objects.filter(partner=partner, pk=pk).select_related("product")
    return its.with_fitting_key(on).with_fitting_keys_count(on)


@PreparedQuery
def latest_redemptions(subscription: int, *, most: int) -> QuerySet[Redemption]:
    """The latest of a subscription, counted, each with whether its key had one before it."""
    theirs = Redemption.objects.filter(subscription=subscription)
    earlier = ProductKey.objects.filter(
        benefit=OuterRef("key__benefit"), pk__lt=OuterRef("key")
    ).order_by()
    shown = theirs.for_timeline().annotate(is_key_second=Exists(earlier))
    return with_total(shown, most, counted=theirs)


def redemptions_of(subscription: Subscription, asked: Asked, most: int) -> Excerpt[Redemption]:
    """What a subscription's page shows of its ledger."""
    found: Excerpt[Redemption] = asked.prepared(
        "timeline",
        most,
        lambda most: latest_redemptions.rows(subscription.pk, most=most),
        is_latest=True,
    )
    for redemption in found:
        redemption.key.follows_another = redemption.is_key_second  # type: ignore[attr-defined]
    return found
