"""The steps of redeeming a key, behind `Subscription.redeem` (K2, K7, S8)."""

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
    """Redeem `key` in one transaction. A refusal is raised, and recorded after the rollback.

    Submitting the same quote `shown` again returns the redemption of the first time.
    """
    try:
        with transaction.atomic():
            return carry_out(
                subscriptions, way, key, tenant, subscription, by=by, on=on, shown=shown
            )
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
    *,
    by: Actor,
    on: date,
    shown: Quote | None,
) -> Redemption:
    """Claim the key, lock and quote the subscription, apply the quote; in this order (K2, S8)."""
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
    """Save the term that `quote` promises on the locked `subscription`."""
    subscription.run_for(quote.after)
    # Today may be before the latest change, if a practice calendar was moved back (W10)
    subscription.since = max(quote.on, subscription.since)
    subscription.source_name = key.benefit.offer_name
    if quote.way is RedemptionKind.REACTIVATE:
        subscription.starts_on = quote.on
    names = ["since", "source_name", "source_sort_name", "starts_on"]
    subscription.save(update_fields=[*quote.after.columns, *names])
    return subscription


def already_carried_out(key: ProductKey, quote: Quote) -> Redemption | None:
    """The redemption of an earlier request with the same submission, or None (K2)."""
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
    """Record a refused attempt, after its transaction was rolled back (A1, K3)."""
    Record.objects.log(
        RedemptionAction[way.name],
        by=by,
        partner=key.partner,
        tenant=tenant,
        subject=subject,
        after={"key": key.pk},
        refusal=refusal,
    )
