"""The term of a subscription at the end of any day, in Python and, equally, in SQL (H1).

The subscription's row has the present term and the day since which it applies. An earlier term is
on the redemption or reversal that ended it, with its first and last day. So the term of a day is in
one row, which is found by its days alone.
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
    "starts_on": DateField(),
    "carried_license_days": PositiveIntegerField(),
}


class Run(NamedTuple):
    """A term, and the first day of service of the subscription that has it."""

    term: Term
    starts_on: date


@PlannedQuery
def ledger_of(subscription: int) -> QuerySet[Redemption]:
    theirs = Redemption.objects.filter(subscription=subscription)
    return theirs.select_related("reversal").order_by("redeemed_at", "pk")


def run_on(subscription: "Subscription", ledger: Sequence[Redemption], day: date) -> Run | None:
    """The run of `subscription` at the end of `day`; None before it began or once withdrawn.

    `ledger` is all its redemptions, each with its reversal.
    """
    if subscription.since <= day:
        is_gone = subscription.withdrawn_on is not None
        return None if is_gone else Run(subscription.term, subscription.starts_on)
    return next(filter(None, (run_ended_by(redemption, day) for redemption in ledger)), None)


def run_ended_by(redemption: Redemption, day: date) -> Run | None:
    """The run at the end of `day`, if `redemption` or its reversal ended that run."""
    if redemption.before and redemption.before_starts_on and redemption.before_since:
        if redemption.before_since <= day < redemption.redeemed_on:
            return Run(redemption.before, redemption.before_starts_on)
    if redemption.is_reversed:
        reversal = redemption.reversal
        if reversal.before_since <= day < reversal.reversed_on:
            return Run(redemption.after, start_after(redemption))
    return None


def start_after(redemption: Redemption) -> date:
    """The first day of service after `redemption`; extending and adding do not change it."""
    if redemption.way in STARTING or redemption.before_starts_on is None:
        return redemption.redeemed_on
    return redemption.before_starts_on


def annotated_run(row: Any) -> Run:
    """The run of a row from `SubscriptionQuerySet.as_they_were`."""
    term = Term(row.licenses_then, row.ends_on_then, row.carried_license_days_then)
    return Run(term, row.starts_on_then)


# The run of a day that a later redemption or reversal ended: at most one row of both queries
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
# The offer of the key redeemed last by then and not reversed by then
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
    """A column of a subscription's run at the end of `day`; NULL before it began.

    A subquery, because a join would read the whole ledger for a page. Raw SQL, because Django takes
    longer to compile querysets for all these columns than a database to answer.
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
    """A field of the offer of the last key; the row's own value if none was redeemed by then."""

    looked_up = f"COALESCE(({SOURCE}), %(own)s)"


def columns_on(day: date, *names: str) -> Mapping[str, Then]:
    """The annotations `licenses_then`, `ends_on_then` … for the `names` of a run's columns."""
    begun = ", ".join(f"'{way}'" for way in STARTING)
    start = f"CASE WHEN r.way IN ({begun}) THEN r.redeemed_on ELSE r.before_starts_on END"
    after = {name: f"r.after_{name}" for name in COLUMNS} | {"starts_on": start}
    return {
        f"{name}_then": Then(day, name, COLUMNS[name], before=f"r.before_{name}", after=after[name])
        for name in names
    }


def source_on(day: date, name: str) -> SourceThen:
    """A field of the offer of the key redeemed last by `day` and not reversed by then."""
    return SourceThen(day, f"source_{name}", TextField(), after=f"o.{name}")
