"""What a subscription ran for at the end of any day, read off the ledger (H1).

In Python and, the same, in SQL.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Case, Exists, F, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term

from .redemption import Redemption

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

    from .subscription import Subscription

STARTING = (RedemptionKind.NEW, RedemptionKind.REACTIVATE)
COLUMNS = ("licenses", "ends_on", "carried_license_days")


class Run(NamedTuple):
    """What ran, and since which day."""

    term: Term
    starts_on: date


def run_on(subscription: "Subscription", ledger: Sequence[Redemption], day: date) -> Run | None:
    """What `subscription` ran for at the end of `day`; None before it began or once withdrawn.

    `ledger` is all that was redeemed for it, in order, each with its reversal.
    """
    for redemption in reversed(ledger):
        if redemption.counts_on(day):
            return Run(redemption.after, start_after(redemption))
    run = opening(subscription, ledger, day)
    return run if run and run.starts_on <= day else None


def start_after(redemption: Redemption) -> date:
    """The first day of what runs since `redemption`: extending and adding leave it as it was."""
    if redemption.way in STARTING or redemption.before_starts_on is None:
        return redemption.redeemed_on
    return redemption.before_starts_on


def opening(subscription: "Subscription", ledger: Sequence[Redemption], day: date) -> Run | None:
    """What ran before the first redemption, where a subscription did not begin with one."""
    if not ledger:
        is_there = subscription.withdrawn_on is None or subscription.withdrawn_on > day
        return Run(subscription.term, subscription.starts_on) if is_there else None
    first = ledger[0]
    if first.before is None or first.before_starts_on is None:
        return None
    return Run(first.before, first.before_starts_on)


def annotated_run(row: Any) -> Run:
    """What ran, of a row of `SubscriptionQuerySet.as_they_were`."""
    term = Term(row.licenses_then, row.ends_on_then, row.carried_license_days_then)
    return Run(term, row.starts_on_then)


# Django takes longer to put these together than a database to answer them
@lru_cache(maxsize=64)
def columns_on(day: date) -> Mapping[str, "Combinable"]:
    """Expressions for `licenses_then`, `ends_on_then` … of a row of subscriptions; NULL for None.

    The same as `run_on`.
    """
    theirs = Redemption.objects.filter(subscription=OuterRef("pk"))
    latest = theirs.standing_on(day).order_by("-redeemed_at", "-pk")
    first = theirs.order_by("redeemed_at", "pk")
    is_there = Q(withdrawn_on=None) | Q(withdrawn_on__gt=day)
    is_imported = ~Exists(theirs) & Q(starts_on__lte=day) & is_there

    def then(after: "Combinable", before: str, own: str) -> Coalesce:
        opened = Case(When(before_starts_on__lte=day, then=F(before)))
        return Coalesce(
            Subquery(latest.values(then=after)[:1]),
            Subquery(first.values(then=opened)[:1]),
            Case(When(is_imported, then=F(own))),
        )

    starts_on = Case(When(way__in=STARTING, then=F("redeemed_on")), default=F("before_starts_on"))
    return {
        f"{name}_then": then(F(f"after_{name}"), f"before_{name}", name) for name in COLUMNS
    } | {"starts_on_then": then(starts_on, "before_starts_on", "starts_on")}
