"""A subscription at the end of another day than today, for the pages of that day (H1, H2)."""

from collections.abc import Sequence
from copy import copy
from datetime import date

from .as_of import Run, ledger_of, run_on
from .redemption import Redemption
from .subscription import Subscription


def as_it_was(
    subscription: Subscription, day: date, ledger: Sequence[Redemption] | None = None
) -> Subscription | None:
    """A copy as it was at the end of `day`, withdrawn or not; None before it began.

    A future day has today's term. One query, or none if its `ledger` is given.
    `SubscriptionQuerySet.as_they_were` does the same for many rows.
    """
    redemptions = ledger_of.rows(subscription.pk) if ledger is None else ledger
    if run := run_on(subscription, redemptions, day):
        return copy_with(subscription, run, day)
    return subscription if subscription.since <= day else None


def copy_with(subscription: Subscription, run: Run, day: date) -> Subscription:
    """A copy with its `run` at the end of `day`, to be shown and never saved."""
    then = copy(subscription)
    then.set_term(run.term)
    then.starts_on = run.starts_on
    if then.since > day:
        then.withdrawn_on = None
    return then


def began_on(subscription: Subscription) -> date:
    """The first day of its first term. One query."""
    ledger = ledger_of.rows(subscription.pk)
    if not ledger:
        return subscription.starts_on
    first: Redemption = ledger[0]
    return first.before_starts_on or first.redeemed_on


def could_come_back(subscription: Subscription, day: date) -> bool:
    """The answer of `Subscription.can_come_back` at the end of `day` (S3). One query."""
    same = Subscription.objects.of_product_in(subscription.tenant, subscription.product)
    return subscription == same.reactivatable_as_of(day).first()
