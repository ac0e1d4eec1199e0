"""The names that stand on subscriptions follow those of the catalogue, which is in a lower room and knows nothing of them."""

from django.db.models.signals import post_save
from django.dispatch import receiver

from benefits_portal.benefits.models import Offer, Product

from .subscription import Subscription


@receiver(post_save, sender=Product)
def carry_product_name(instance: Product, created: bool, raw: bool, **_kwargs: object) -> None:
    if not created and not raw:
        Subscription.objects.filter(product=instance).exclude(product_name=instance.name).carry_names()


@receiver(post_save, sender=Offer)
def carry_offer_name(instance: Offer, created: bool, raw: bool, **_kwargs: object) -> None:
    if not created and not raw:
        Subscription.objects.filter(redemptions__key__benefit__membership__offer=instance).carry_names()
