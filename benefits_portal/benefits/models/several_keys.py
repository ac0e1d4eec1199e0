"""Several keys spent at once: locked in one order, then claimed, all or none (O12, K2)."""

from collections.abc import Collection
from datetime import date

from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.tenants.models import Actor, Tenant

from .benefit import Benefit
from .product_key import ProductKey
from .product_key_queryset import spending


def lock_together(pks: Collection[int]) -> dict[int, ProductKey]:
    """Those keys as they are now, by primary key, until the transaction ends.

    Each with its benefit, which is locked too. Whoever locks several takes them in this order, so
    nobody waits in a circle.
    """
    locked = ProductKey.objects.select_for_update(of=("self",), no_key=True)
    keys = locked.select_related("product", "partner").filter(pk__in=pks).order_by("pk")
    found = {key.pk: key for key in keys}
    benefits = Benefit.objects.select_for_update(of=("self",), no_key=True)
    theirs = {key.benefit_id for key in found.values()}
    by_pk = {benefit.pk: benefit for benefit in benefits.filter(pk__in=theirs).order_by("pk")}
    for key in found.values():
        key.benefit = by_pk[key.benefit_id]
    return found


def claim_together(keys: Collection[ProductKey], *, tenant: Tenant, by: Actor, on: date) -> None:
    """Spend all of `keys`, which `lock_together` returned and which are redeemable.

    The one update must hit every one of them (K2). Raises KeyAlreadyRedeemed if it does not.
    """
    pks = [key.pk for key in keys]
    claimed = ProductKey.objects.filter(pk__in=pks, revoked_at=None).update(
        **spending(tenant=tenant, by=by, on=on)
    )
    if claimed != len(pks):
        there = ProductKey.objects.for_display().filter(pk__in=pks).order_by("pk")
        raise KeyAlreadyRedeemed(next(key for key in there if key.is_redeemed))
    Benefit.objects.filter(pk__in=[key.benefit_id for key in keys]).update(is_used=True)
