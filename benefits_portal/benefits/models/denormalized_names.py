"""Copy renamed products and offers to benefits, however the catalog is changed.

A request updates the first CARRIED_AT_ONCE rows and leaves the rest to `manage.py carry_names`: for
a million rows, one transaction would block everybody who redeems. `is_name_pending` in the catalog
marks what is left.

The rows are written before the catalog's own row, within the caller's transaction, because locks
are taken in one order: the benefit, then the product, then the subscription.
"""

from typing import Any

from django.db import models
from django.db.models.signals import pre_save
from django.dispatch import receiver

from benefits_portal.batch_updates import update_first, update_in_batches
from benefits_portal.derived_fields import with_sort_key

from .benefit import Benefit
from .catalog import Offer, Product

CARRIED_AT_ONCE = 1_000  # rows of a kind, by the page that renames


def mark_renamed(instance: Product | Offer) -> bool:
    """Whether `instance` is about to get another name.

    If so, set `is_name_pending` until every row has the name.
    """
    model: Any = type(instance)
    if (
        not model.objects.filter(pk=instance.pk)
        .exclude(name=instance.name)
        .update(is_name_pending=True)
    ):
        return False
    instance.is_name_pending = True
    return True


@receiver(pre_save, sender=Product)
def carry_product_name(instance: Product, raw: bool, **_kwargs: object) -> None:
    if instance.pk and not raw and mark_renamed(instance):
        name = with_sort_key(Benefit, "product_name", instance.name)
        its = Benefit.objects.filter(product=instance).exclude(**name)
        update_first(its, lambda first: first.update(**name), CARRIED_AT_ONCE)


@receiver(pre_save, sender=Offer)
def carry_offer_name(instance: Offer, raw: bool, **_kwargs: object) -> None:
    if instance.pk and not raw and mark_renamed(instance):
        name = with_sort_key(Benefit, "offer_name", instance.name)
        its = Benefit.objects.filter(package_line__offer=instance).exclude(**name)
        update_first(its, lambda first: first.update(**name), CARRIED_AT_ONCE)


def carry_to_benefits(benefits: models.QuerySet[Benefit], name: dict[str, str]) -> int:
    """Write `name`, which is by column, on `benefits` that have another. Returns how many rows."""
    return update_in_batches(benefits.exclude(**name), lambda batch: batch.update(**name))
