"""Redeeming a key, in whichever way: the steps behind `Subscription.redeem` (K2, K7, S8)."""

from datetime import date
from typing import TYPE_CHECKING

from django.db import models, transaction

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.prepared import writes_planned_once
from benefits_portal.tenants.audit.record import refused_while_moving
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record, Tenant

from .redemption import Redemption, RedemptionAction

if TYPE_CHECKING:
    from .subscription import Subscription


@refused_while_moving()
def redeem(
    subscriptions: type["Subscription"],
    way: RedemptionKind,
    key: ProductKey,
    tenant: Tenant,
    subscription: "Subscription | None",
    *,
    by: Actor,
    on: date,
    shown: Quote | None,
) -> Redemption:
    """Redeem `key` whole or not at all; a refusal is raised and put on record.

    The same quote `shown` a second time returns the first time's redemption.
    """
    try:
        with transaction.atomic():
            return carry_out(subscriptions, way, key, tenant, subscription, by, on, shown)
    except Refusal as refusal:
        if shown and (done := already_carried_out(key, shown)):
            return done
        put_refusal_on_record(way, key, tenant, subscription or key.benefit, refusal, by=by)
        raise


def carry_out(
    subscriptions: type["Subscription"],
    way: RedemptionKind,
    key: ProductKey,
    tenant: Tenant,
    subscription: "Subscription | None",
    by: Actor,
    on: date,
    shown: Quote | None,
) -> Redemption:
    """Claim, lock, quote, confirm unchanged, apply, ledger, record.

    Locks are taken in one order: the key, then the subscription.
    """
    with writes_planned_once():
        key = ProductKey.objects.claim(key, tenant=tenant, by=by, on=on)
        locked = subscriptions.objects.locked(tenant, subscription)
    quote = subscriptions.quote(way, key, tenant, locked, on)
    quote = quote.confirm_unchanged(shown)
    started_on, since = (locked.starts_on, locked.since) if locked else (None, None)
    with writes_planned_once():
        if locked:
            changed = apply(quote, locked, key)
        else:
            changed = subscriptions.objects.begin(quote, key, tenant)
        redemption = Redemption.objects.write(
            key, changed, quote, started_on=started_on, since=since, by=by
        )
        redemption.put_on_record(by=by)
    return redemption


def apply(quote: Quote, subscription: "Subscription", key: ProductKey) -> "Subscription":
    """Let the `subscription`, whose row is locked, run for what `quote` says from now on."""
    subscription.run_for(quote.after)
    # Today may be an earlier day than it was then (W10)
    subscription.since = max(quote.on, subscription.since)
    subscription.source_name = key.benefit.offer_name
    if quote.way is RedemptionKind.REACTIVATE:
        subscription.starts_on = quote.on
    names = ["since", "source_name", "source_sort_name", "starts_on"]
    subscription.save(update_fields=[*quote.after.columns, *names])
    return subscription


def already_carried_out(key: ProductKey, quote: Quote) -> Redemption | None:
    """What the very submission of `quote` has led to before, if it has (K2)."""
    done: Redemption | None = getattr(key, "redemption", None)
    return done if done and done.submission == quote.submission else None


def put_refusal_on_record(
    way: RedemptionKind,
    key: ProductKey,
    tenant: Tenant,
    subject: models.Model,
    refusal: Refusal,
    *,
    by: Actor,
) -> None:
    """Note an attempt that was refused, after it was rolled back (A1, K3)."""
    Record.objects.log(
        RedemptionAction[way.name],
        by=by,
        partner=key.partner,
        tenant=tenant,
        subject=subject,
        after={"key": key.pk},
        refusal=refusal,
    )
