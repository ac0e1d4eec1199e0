"""Spending several keys at once: locked in one order, then claimed, all or none (O12, K2)."""

from collections.abc import Collection
from datetime import date

from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.tenants.models import Actor, Tenant

from .benefit import Benefit
from .product_key import ProductKey
from .product_key_queryset import spending


def lock_together(pks: Collection[int], partners: Collection[int]) -> dict[int, ProductKey]:
    """Lock keys of `partners` in order of primary keys; return them as they are now.

    Their benefits are locked too. Everything that locks several keys uses this order, so there are
    no deadlocks.
    """
    locked = ProductKey.objects.select_for_update(of=("self",), no_key=True)
    keys = locked.select_related("product", "partner").filter(pk__in=pks, partner__in=partners)
    found = {key.pk: key for key in keys.order_by("pk")}
    benefits = Benefit.objects.select_for_update(of=("self",), no_key=True)
    theirs = {key.benefit_id for key in found.values()}
    needed = benefits.filter(pk__in=theirs, partner__in=partners).order_by("pk")
    by_pk = {benefit.pk: benefit for benefit in needed}
    for key in found.values():
        key.benefit = by_pk[key.benefit_id]
    return found


def claim_together(keys: Collection[ProductKey], *, tenant: Tenant, by: Actor, on: date) -> None:
    """Spend all of `keys`, which come from `lock_together` and are redeemable.

    One update must hit every one of them (K2). Raises KeyAlreadyRedeemed if it does not.
    """
    pks, partner = [key.pk for key in keys], tenant.partner_id
    unspent = ProductKey.objects.filter(pk__in=pks, partner=partner, revoked_at=None)
    claimed = unspent.update(**spending(tenant=tenant, by=by, on=on))
    if claimed != len(pks):
        there = ProductKey.objects.for_display().filter(pk__in=pks).order_by("pk")
        raise KeyAlreadyRedeemed(next(key for key in there if key.is_redeemed))
    theirs = [key.benefit_id for key in keys]
    Benefit.objects.filter(pk__in=theirs, partner=partner).update(is_used=True)
