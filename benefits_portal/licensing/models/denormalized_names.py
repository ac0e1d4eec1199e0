"""Copy renamed products and offers to subscriptions.

By signals, because the catalog is in a lower app, which must not import this one.
"""

from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.signals import post_save
from django.dispatch import receiver

from benefits_portal.batch_updates import update_first, update_in_batches
from benefits_portal.benefits.models import CARRIED_AT_ONCE, Offer, Product

from .redemption import Redemption
from .subscription import Subscription
from .subscription_queryset import SubscriptionQuerySet


@receiver(post_save, sender=Product)
def carry_product_name(instance: Product, created: bool, raw: bool, **_kwargs: object) -> None:
    if not created and not raw and instance.is_name_pending:
        update_first(
            Subscription.objects.filter(product=instance).misnamed(), renamed, CARRIED_AT_ONCE
        )


@receiver(post_save, sender=Offer)
def carry_offer_name(instance: Offer, created: bool, raw: bool, **_kwargs: object) -> None:
    if not created and not raw and instance.is_name_pending:
        update_first(fed_by(instance).misnamed(), renamed, CARRIED_AT_ONCE)


def fed_by(offer: Offer) -> SubscriptionQuerySet:
    """The subscriptions that a key of `offer` was redeemed for."""
    its_keys = Redemption.objects.filter(
        subscription=OuterRef("pk"), key__benefit__membership__offer=offer
    )
    return Subscription.objects.filter(Exists(its_keys))


def carry_to_subscriptions(subscriptions: SubscriptionQuerySet) -> int:
    """Write the present names on `subscriptions` that have others. Returns how many rows."""
    return update_in_batches(subscriptions.misnamed(), renamed)


def renamed(subscriptions: QuerySet[Subscription]) -> int:
    return Subscription.objects.filter(pk__in=subscriptions.values("pk")).carry_names()
