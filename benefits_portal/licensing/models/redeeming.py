"""What redeeming a key would do, and redeeming it, step by step (K2, K7, S8).

The verbs of `Subscription` call this module. Several keys at once are redeemed by `order.py`.
"""

from datetime import date
from typing import TYPE_CHECKING

from django.db import models, transaction

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.prepared import writes_planned_once
from benefits_portal.tenants.audit.record import refused_while_moving
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record, Tenant

from .redemption import Redemption, RedemptionAction

if TYPE_CHECKING:
    from .subscription import Subscription


def quote_redemption(
    way: RedemptionKind,
    key: ProductKey,
    tenant: Tenant,
    subscription: "Subscription | None",
    on: date,
) -> Quote:
    """What redeeming `key` on day `on` would do; `subscription` is None for a new one.

    Raises what `Subscription.term_after` raises.
    """
    if (way is RedemptionKind.NEW) != (subscription is None):
        raise ValueError("Only a new subscription has none before it.")
    if subscription is None:
        after = end_dates.activated(key.licenses, on)
        return Quote(way, key.pk, tenant.pk, None, on, None, after)
    before, after = subscription.term, subscription.term_after(way, key, on)
    return Quote(way, key.pk, tenant.pk, subscription.pk, on, before, after)


@refused_while_moving()
def redeem_key(
    way: RedemptionKind,
    key: ProductKey,
    tenant: Tenant,
    subscription: "Subscription | None",
    *,
    by: Actor,
    on: date,
    quote: Quote | None = None,
) -> Redemption:
    """Redeem `key` in `tenant`, for `subscription` or, if that is None, for a new one.

    With the `quote` that was shown, it does exactly that or raises ChangedMeanwhile (S8).
    Submitting the same quote again returns the redemption of the first time (K2). Other Refusals
    are raised in the order of K7. A refusal is recorded, after the rollback.
    """
    try:
        with transaction.atomic():
            return carry_out(way, key, tenant, subscription, by=by, on=on, shown=quote)
    except Refusal as refusal:
        if quote and (done := already_carried_out(key, quote)):
            return done
        put_refusal_on_record(way, key, tenant, subscription or key.benefit, refusal, by=by)
        raise


def carry_out(
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
    from .subscription import Subscription  # its verbs call this module

    with writes_planned_once():
        key = ProductKey.objects.claim(key, tenant=tenant, by=by, on=on)
        locked = Subscription.objects.lock(tenant, subscription)
    quote = quote_redemption(way, key, tenant, locked, on).confirm_unchanged(shown)
    started_on, since = (locked.starts_on, locked.since) if locked else (None, None)
    with writes_planned_once():
        if locked:
            changed = apply(quote, locked, key)
        else:
            changed = Subscription.objects.begin(quote, key, tenant)
        redemption = Redemption.objects.write(
            key, changed, quote, started_on=started_on, since=since, by=by
        )
        redemption.put_on_record(by=by)
    return redemption


def apply(quote: Quote, subscription: "Subscription", key: ProductKey) -> "Subscription":
    """Save the term that `quote` promises on the locked `subscription`."""
    subscription.set_term(quote.after)
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
