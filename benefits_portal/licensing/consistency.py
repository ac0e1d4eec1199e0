"""Checks that subscriptions, orders and licenses agree with the ledger (S1 to S7, K2, K8)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from django.db.models import Exists, F, OuterRef, Q

from benefits_portal.benefits.consistency import CHECKS as BENEFITS
from benefits_portal.benefits.consistency import NAMES
from benefits_portal.benefits.models import ProductKey
from benefits_portal.consistency import LEDGER, Check, at_fault, differing, in_batches, rows
from benefits_portal.licensing import end_dates
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.consistency import CHECKS as TENANTS
from benefits_portal.tenants.consistency import not_folded
from benefits_portal.tenants.models import Partner

from .models import (
    LicenseAssignment,
    LicenseTally,
    Order,
    Redemption,
    Replacement,
    Reversal,
    Subscription,
    Term,
)
from .models.subscription_queryset import source
from .order_quotes import MAX_KEYS, MIN_KEYS
from .quotes import RedemptionKind

STARTING = {RedemptionKind.NEW, RedemptionKind.REACTIVATE}


def subscriptions_that_do_not_follow() -> Iterator[int]:
    """Subscriptions that differ from what their redemptions and reversals make."""
    columns = ("starts_on", "licenses", "ends_on", "carried_license_days", "withdrawn_on", "since")
    for batch in in_batches(rows(Subscription), *columns):
        ledgers = defaultdict(list)
        theirs = Redemption.objects.filter(subscription__in=[pk for pk, *_columns in batch])
        for redemption in theirs.select_related("reversal").order_by("redeemed_at", "pk"):
            ledgers[redemption.subscription_id].append(redemption)
        for pk, starts_on, *term, withdrawn_on, since in batch:
            standing = [each for each in ledgers[pk] if not each.is_reversed]
            is_kept = withdrawn_on is None
            if not (
                follows(standing, starts_on, Term(*term), is_kept=is_kept)
                and days_follow(ledgers[pk], since)
            ):
                yield pk


def follows(ledger: Sequence[Redemption], starts_on: date, term: Term, *, is_kept: bool) -> bool:
    """Whether `ledger` starts with a new subscription and leads step by step to `term`.

    `ledger` has the standing redemptions in order; without any, the subscription is withdrawn.
    """
    if not ledger:
        return not is_kept
    is_chain = ledger[0].way == RedemptionKind.NEW and all(
        later.before == earlier.after for earlier, later in pairwise(ledger)
    )
    starts = [redemption.redeemed_on for redemption in ledger if redemption.way in STARTING]
    return (
        is_kept
        and is_chain
        and all(map(adds_up, ledger))
        and (starts[-1], ledger[-1].after) == (starts_on, term)
    )


def days_follow(ledger: Sequence[Redemption], since: date) -> bool:
    """Whether each change names the day of the one before it, and `since` is that of the last."""
    known: date | None = None
    for before_since, day in changes(ledger):
        if before_since != known:
            return False
        known = max(day, known or day)
    return known == since


def changes(ledger: Sequence[Redemption]) -> Iterator[tuple[date | None, date]]:
    """For each redemption and reversal in order: since when the term before it ran, and its day.

    A redemption is reversed before the next one is made, unless that one is reversed first.
    """
    standing: list[Redemption] = []
    for redemption in (*ledger, None):
        while standing and is_reversed_before(standing[-1], redemption):
            reversal = standing.pop().reversal
            yield reversal.before_since, reversal.reversed_on
        if redemption:
            yield redemption.before_since, redemption.redeemed_on
            standing.append(redemption)


def is_reversed_before(earlier: Redemption, later: Redemption | None) -> bool:
    """Whether `earlier` was reversed before `later` was redeemed; None stands for never."""
    if not earlier.is_reversed:
        return False
    if later is None or not later.is_reversed:
        return True
    first, second = ((each.reversed_at, each.pk) for each in (earlier.reversal, later.reversal))
    return first < second


def adds_up(redemption: Redemption) -> bool:
    """Whether the rules turn its term `before` into its term `after`."""
    key_licenses, on, before = redemption.key_licenses, redemption.redeemed_on, redemption.before
    way = RedemptionKind(redemption.way)
    try:
        return redemption.after == end_dates.redeemed(way, before, key_licenses, on)
    except Refusal:
        return False


def orders_with_gaps() -> Iterator[int]:
    """Orders whose steps have a gap, or do not lead from one to the next (O9, O13)."""
    for batch in in_batches(rows(Order), "pk"):
        steps = defaultdict(list)
        theirs = Redemption.objects.filter(order__in=[pk for pk, *_columns in batch])
        for redemption in theirs.order_by("position"):
            steps[redemption.order_id].append(redemption)
        yield from (pk for pk, *_columns in batch if not is_whole(steps[pk]))


def is_whole(steps: Sequence[Redemption]) -> bool:
    """Whether `steps` are all steps of an order, each from the term that the one before it made."""
    positions = [step.position for step in steps]
    return (
        MIN_KEYS <= len(steps) <= MAX_KEYS
        and positions == list(range(len(steps)))
        and all(later.before == earlier.after for earlier, later in pairwise(steps))
    )


def subscriptions_called_otherwise() -> Iterator[int]:
    """Subscriptions whose source is not the offer of the last key that stands."""
    for batch in in_batches(rows(Subscription).annotate(source=source()), "source_name", "source"):
        yield from (pk for pk, name, source_name in batch if name != source_name)


is_redeemed = Exists(Redemption.objects.filter(key=OuterRef("pk")))

CHECKS = [
    *TENANTS,
    *BENEFITS,
    *differing(Subscription, "partner_id", "tenant__partner_id"),
    *differing(Subscription, "product_name", "product__name", remedy=NAMES),
    *differing(Subscription, "product_sort_name", "product__sort_name", remedy=NAMES),
    not_folded(Subscription),
    Check(
        Subscription,
        "named after another offer than their last key's",
        NAMES,
        subscriptions_called_otherwise,
    ),
    Check(
        Subscription,
        "that do not follow from their redemptions",
        LEDGER,
        subscriptions_that_do_not_follow,
    ),
    *differing(
        Redemption,
        "partner_id",
        "key__partner_id",
        "tenant__partner_id",
        "subscription__partner_id",
    ),
    *differing(Redemption, "tenant_id", "key__redeemed_in_id", "subscription__tenant_id"),
    *differing(Redemption, "key_licenses", "key__licenses", remedy=LEDGER),
    *differing(Redemption, "redeemed_on", "key__redeemed_on", remedy=LEDGER),
    at_fault(
        Redemption,
        "of another product than their subscription",
        LEDGER,
        ~Q(key__product=F("subscription__product")),
    ),
    at_fault(Redemption, "of keys that are not redeemed", LEDGER, Q(key__redeemed_at=None)),
    at_fault(
        ProductKey,
        "redeemed without a redemption",
        LEDGER,
        Q(redeemed_at__isnull=False) & ~Q(is_redeemed),
    ),
    *differing(Order, "partner_id", "tenant__partner_id", "subscription__partner_id"),
    *differing(Order, "tenant_id", "subscription__tenant_id"),
    *differing(Order, "product_id", "subscription__product_id"),
    *differing(Redemption, "subscription_id", "order__subscription_id", remedy=LEDGER),
    *differing(Redemption, "redeemed_on", "order__redeemed_on", remedy=LEDGER),
    Check(Order, "whose steps have a gap", LEDGER, orders_with_gaps),
    *differing(Reversal, "partner_id", "redemption__partner_id"),
    *differing(Reversal, "tenant_id", "redemption__tenant_id"),
    *differing(Reversal, "subscription_id", "redemption__subscription_id", remedy=LEDGER),
    at_fault(Reversal, "of keys that are not revoked", LEDGER, Q(redemption__key__revoked_at=None)),
    *differing(Replacement, "partner_id", "redemption__partner_id", "key__partner_id"),
    *differing(Replacement, "tenant_id", "redemption__tenant_id"),
    *differing(Replacement, "order_id", "redemption__order_id"),
    Check(
        Partner,
        "whose tallies of licenses are not what the assignments make",
        "Run manage.py recount_licenses.",
        LicenseTally.objects.miscounted,
    ),
    *differing(LicenseAssignment, "partner_id", "tenant__partner_id"),
    *differing(LicenseAssignment, "tenant_id", "directory_user__tenant_id"),
]
