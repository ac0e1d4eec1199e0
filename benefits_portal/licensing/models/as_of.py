"""What a subscription ran for at the end of any day (H1), in Python and, the same, in SQL.

On its row stands what runs, and since when; what ran before, from which day until which, stands in
the redemption or the reversal that ended it. So that is one row, found by its days alone.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import DateField, Func, PositiveIntegerField, QuerySet, TextField

from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import Term
from benefits_portal.prepared import PlannedQuery

from .redemption import Redemption

if TYPE_CHECKING:
    from django.db.models.sql.compiler import SQLCompiler

    from .subscription import Subscription

STARTING = (RedemptionKind.NEW, RedemptionKind.REACTIVATE)
COLUMNS = {
    "licenses": PositiveIntegerField(),
    "ends_on": DateField(),
    "carried_license_days": PositiveIntegerField(),
}


class Run(NamedTuple):
    """What ran, and since which day."""

    term: Term
    starts_on: date


@PlannedQuery
def ledger_of(subscription: int) -> QuerySet[Redemption]:
    theirs = Redemption.objects.filter(subscription=subscription)
    return theirs.select_related("reversal").order_by("redeemed_at", "pk")


def run_on(subscription: "Subscription", ledger: Sequence[Redemption], day: date) -> Run | None:
    """What `subscription` ran for at the end of `day`; None before it began or once withdrawn.

    `ledger` is all that was redeemed for it, each with its reversal.
    """
    if subscription.since <= day:
        is_gone = subscription.withdrawn_on is not None
        return None if is_gone else Run(subscription.term, subscription.starts_on)
    return next(filter(None, (run_ended_by(redemption, day) for redemption in ledger)), None)


def run_ended_by(redemption: Redemption, day: date) -> Run | None:
    """What ran at the end of `day`, if `redemption` or its reversal ended that."""
    if redemption.before and redemption.before_starts_on and redemption.before_since:
        if redemption.before_since <= day < redemption.redeemed_on:
            return Run(redemption.before, redemption.before_starts_on)
    if redemption.is_reversed:
        reversal = redemption.reversal
        if reversal.before_since <= day < reversal.reversed_on:
            return Run(redemption.after, start_after(redemption))
    return None


def start_after(redemption: Redemption) -> date:
    """The first day of what runs since `redemption`: extending and adding leave it as it was."""
    if redemption.way in STARTING or redemption.before_starts_on is None:
        return redemption.redeemed_on
    return redemption.before_starts_on


def annotated_run(row: Any) -> Run:
    """What ran, of a row of `SubscriptionQuerySet.as_they_were`."""
    term = Term(row.licenses_then, row.ends_on_then, row.carried_license_days_then)
    return Run(term, row.starts_on_then)


# What ran on a day and was ended by a redemption since, or by a reversal: one row of both together
REDEEMED = """
    SELECT %(before)s FROM licensing_redemption r
    WHERE r.subscription_id = %(pk)s AND r.before_since <= %(day)s AND r.redeemed_on > %(day)s
    LIMIT 1
"""
REVERSED = """
    SELECT %(after)s FROM licensing_reversal v JOIN licensing_redemption r ON r.id = v.redemption_id
    WHERE v.subscription_id = %(pk)s AND v.before_since <= %(day)s AND v.reversed_on > %(day)s
    LIMIT 1
"""
# The offer behind the key that was redeemed last by then and counts
SOURCE = """
    SELECT %(after)s FROM licensing_redemption r
    JOIN benefits_productkey k ON k.id = r.key_id JOIN benefits_benefit b ON b.id = k.benefit_id
    JOIN benefits_membership m ON m.id = b.membership_id JOIN benefits_offer o ON o.id = m.offer_id
    WHERE r.subscription_id = %(pk)s AND r.redeemed_on <= %(day)s AND NOT EXISTS (
        SELECT 1 FROM licensing_reversal v
        WHERE v.redemption_id = r.id AND v.reversed_on <= %(day)s
    )
    ORDER BY r.redeemed_at DESC, r.id DESC LIMIT 1
"""


class Then(Func):
    """A column of what ran at the end of `day`, of a row of subscriptions; NULL before it began.

    Of what was changed since, it is looked up: joined, the whole ledger would be read for a page.
    As text: to put the querysets of all columns together takes Django longer than a database to
    answer.
    """

    looked_up = f"COALESCE(({REDEEMED}), ({REVERSED}))"

    def __init__(self, day: date, own: str, output_field: Any, **names: str) -> None:
        super().__init__("pk", "since", own, output_field=output_field, **names)
        self.day = day

    def as_sql(
        self, compiler: "SQLCompiler", connection: Any, *args: Any, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        names = ("pk", "since", "own")
        columns = [compiler.compile(each)[0] for each in self.source_expressions]
        given = {"day": "%s"} | self.extra | dict(zip(names, columns, strict=True))
        template = "CASE WHEN %(since)s <= %(day)s THEN %(own)s ELSE " + self.looked_up + " END"
        text = template % given
        return text, (connection.ops.adapt_datefield_value(self.day),) * text.count("%s")


class SourceThen(Then):
    """The same of the offer behind the key; of what did not begin with one, of the row itself."""

    looked_up = f"COALESCE(({SOURCE}), %(own)s)"


def columns_on(day: date) -> Mapping[str, Then]:
    """`licenses_then`, `ends_on_then` … of a row of subscriptions."""
    begun = ", ".join(f"'{way}'" for way in STARTING)
    start = f"CASE WHEN r.way IN ({begun}) THEN r.redeemed_on ELSE r.before_starts_on END"
    terms = {
        f"{name}_then": Then(day, name, field, before=f"r.before_{name}", after=f"r.after_{name}")
        for name, field in COLUMNS.items()
    }
    starts_on = Then(day, "starts_on", DateField(), before="r.before_starts_on", after=start)
    return terms | {"starts_on_then": starts_on}


def source_on(day: date, name: str) -> SourceThen:
    """What the offer was called behind the key that was redeemed last by then and counts."""
    return SourceThen(day, f"source_{name}", TextField(), after=f"o.{name}")
