"""What a subscription ran for at the end of any day, read off the ledger (H1).

In Python and, the same, in SQL.
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

    `ledger` is all that was redeemed for it, in order, each with its reversal.
    """
    for redemption in reversed(ledger):
        if redemption.counts_on(day):
            return Run(redemption.after, start_after(redemption))
    run = opening(subscription, ledger)
    return run if run and run.starts_on <= day else None


def start_after(redemption: Redemption) -> date:
    """The first day of what runs since `redemption`: extending and adding leave it as it was."""
    if redemption.way in STARTING or redemption.before_starts_on is None:
        return redemption.redeemed_on
    return redemption.before_starts_on


def opening(subscription: "Subscription", ledger: Sequence[Redemption]) -> Run | None:
    """What ran before the first redemption, where a subscription did not begin with one.

    One without any was never withdrawn, which only a reversal does.
    """
    if not ledger:
        return Run(subscription.term, subscription.starts_on)
    first = ledger[0]
    if first.before is None or first.before_starts_on is None:
        return None
    return Run(first.before, first.before_starts_on)


def annotated_run(row: Any) -> Run:
    """What ran, of a row of `SubscriptionQuerySet.as_they_were`."""
    term = Term(row.licenses_then, row.ends_on_then, row.carried_license_days_then)
    return Run(term, row.starts_on_then)


# What counts on a day of the ledger of one subscription, and what its first line says
LATEST = """
    SELECT %(after)s FROM licensing_redemption r %(joined)s
    WHERE r.subscription_id = %(pk)s AND r.redeemed_on <= %(day)s AND NOT EXISTS (
        SELECT 1 FROM licensing_reversal v
        WHERE v.redemption_id = r.id AND v.reversed_on <= %(day)s
    )
    ORDER BY r.redeemed_at DESC, r.id DESC LIMIT 1
"""
OPENING = """
    SELECT CASE WHEN r.before_starts_on <= %(day)s THEN %(before)s END
    FROM licensing_redemption r WHERE r.subscription_id = %(pk)s
    ORDER BY r.redeemed_at, r.id LIMIT 1
"""
IMPORTED = """
    SELECT %(own)s WHERE %(starts_on)s <= %(day)s AND NOT EXISTS (
        SELECT 1 FROM licensing_redemption r WHERE r.subscription_id = %(pk)s
    )
"""
NAMED_BY = """
    JOIN benefits_productkey k ON k.id = r.key_id JOIN benefits_benefit b ON b.id = k.benefit_id
    JOIN benefits_membership m ON m.id = b.membership_id JOIN benefits_offer o ON o.id = m.offer_id
"""


class Then(Func):
    """A column of what ran at the end of `day`, of a row of subscriptions; NULL for None.

    The same as `run_on`. As text: to put the querysets of all columns together takes Django longer
    than a database to answer.
    """

    template = f"COALESCE(({LATEST}), ({OPENING}), ({IMPORTED}))"

    def __init__(self, day: date, own: str, after: str, output_field: Any, **names: str) -> None:
        super().__init__("pk", "starts_on", own, output_field=output_field, after=after, **names)
        self.day = day

    def as_sql(
        self, compiler: "SQLCompiler", connection: Any, *args: Any, **context: Any
    ) -> tuple[str, tuple[Any, ...]]:
        names = ("pk", "starts_on", "own")
        columns = [compiler.compile(each)[0] for each in self.source_expressions]
        given = {"joined": "", "day": "%s"} | self.extra | dict(zip(names, columns, strict=True))
        text = self.template % given
        return text, (connection.ops.adapt_datefield_value(self.day),) * text.count("%s")


class SourceThen(Then):
    """The same of the offer behind the key; of what did not begin with one, of the row itself."""

    template = f"COALESCE(({LATEST}), %(own)s)"


def columns_on(day: date) -> Mapping[str, Then]:
    """`licenses_then`, `ends_on_then` … of a row of subscriptions; NULL for None."""
    begun = ", ".join(f"'{way}'" for way in STARTING)
    since = f"CASE WHEN r.way IN ({begun}) THEN r.redeemed_on ELSE r.before_starts_on END"
    terms = {
        f"{name}_then": Then(day, name, f"r.after_{name}", field, before=f"r.before_{name}")
        for name, field in COLUMNS.items()
    }
    starts_on = Then(day, "starts_on", since, DateField(), before="r.before_starts_on")
    return terms | {"starts_on_then": starts_on}


def source_on(day: date, name: str) -> SourceThen:
    """What the offer was called behind the key that was redeemed last by then and counts."""
    return SourceThen(day, f"source_{name}", f"o.{name}", TextField(), joined=NAMED_BY)
