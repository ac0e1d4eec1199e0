"""The names that stand on benefits follow those of the catalogue, whichever door they are changed through.

Before the catalogue's own row is written, and so inside the caller's transaction: whoever redeems a key locks its benefit,
then the product and the subscription, and locks are taken in one order.
"""

from django.db.models.signals import pre_save
from django.dispatch import receiver

from .benefit import Benefit
from .catalogue import Offer, Product


@receiver(pre_save, sender=Product)
def carry_product_name(instance: Product, raw: bool, **_kwargs: object) -> None:
    if instance.pk and not raw:
        Benefit.objects.filter(product=instance).exclude(product_name=instance.name).update(product_name=instance.name)


@receiver(pre_save, sender=Offer)
def carry_offer_name(instance: Offer, raw: bool, **_kwargs: object) -> None:
    if instance.pk and not raw:
        Benefit.objects.filter(package_line__offer=instance).exclude(offer_name=instance.name).update(offer_name=instance.name)
