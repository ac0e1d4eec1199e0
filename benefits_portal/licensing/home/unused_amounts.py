"""Amounts of unused benefits, added up in the query that fetches the first rows (W7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import CharField, QuerySet, Subquery
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.money import money
from benefits_portal.formats import format_number
from benefits_portal.listing.page import MAX_COUNT

PERIODS = 3  # lost within a month, within three, or later
Figure = tuple[str, tuple[Any, ...]]  # SQL of a number for one period, and its parameters


class SummedByPeriod(Subquery):
    """Figures of the first MAX_COUNT + 1 rows for each period, as one comma-separated text.

    Figures refer to the queryset's columns as `summed.…`. One pass over the rows, by the same SQL
    on every database.
    """

    output_field = CharField()

    def __init__(self, queryset: QuerySet[Any, Any], figures: Sequence[Figure]) -> None:
        together = " || ',' || ".join(figure for figure, _params in figures)
        # The figures are SQL written in this package, without user input
        self.template = f"(SELECT {together} FROM (%(subquery)s) summed)"  # noqa: S608
        self.figure_params = tuple(param for _figure, params in figures for param in params)
        super().__init__(queryset[: MAX_COUNT + 1])

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, tuple[Any, ...]]:
        statement, params = super().as_sql(*args, **kwargs)
        return statement, (*self.figure_params, *params)


def figures_by_period(text: str) -> list[list[Decimal]]:
    """Parse the text of `SummedByPeriod` into a list of figures for each period."""
    figures = [Decimal(figure) for figure in text.split(",")]
    each = len(figures) // PERIODS
    return [figures[period * each : (period + 1) * each] for period in range(PERIODS)]


def counted(period: Figure, *conditions: Figure) -> Figure:
    """Count the rows of the period that meet the conditions."""
    return _figure("COUNT(CASE WHEN {} THEN 1 END)", period, *conditions)


def summed(column: str, period: Figure, *conditions: Figure) -> Figure:
    """Sum `column` over those rows."""
    return _figure(
        f"COALESCE(SUM(CASE WHEN {{}} THEN summed.{column} END), 0)", period, *conditions
    )


def _figure(statement: str, *conditions: Figure) -> Figure:
    joined = " AND ".join(condition for condition, _params in conditions)
    return statement.format(joined), tuple(
        param for _condition, params in conditions for param in params
    )


@dataclass
class Amounts:
    """Numbers of keys, licenses and benefits, and credit by currency; shown with + if capped."""

    keys: int = 0
    licenses: int = 0
    without_key: int = 0  # benefits whose key was revoked and not issued again
    credits: int = 0
    yearly: dict[str, Decimal] = field(default_factory=dict)
    monthly: dict[str, Decimal] = field(default_factory=dict)
    has_more_keys: bool = False
    has_more_credit: bool = False

    @property
    def benefits(self) -> int:
        return self.keys + self.without_key + self.credits

    @property
    def has_more(self) -> bool:
        return self.has_more_keys or self.has_more_credit

    @property
    def count(self) -> str:
        """The number of benefits, formatted as on the list of benefits."""
        return at_least(self.benefits, self.has_more)

    def __add__(self, other: "Amounts") -> "Amounts":
        return Amounts(
            self.keys + other.keys,
            self.licenses + other.licenses,
            self.without_key + other.without_key,
            self.credits + other.credits,
            added(self.yearly, other.yearly),
            added(self.monthly, other.monthly),
            self.has_more_keys or other.has_more_keys,
            self.has_more_credit or other.has_more_credit,
        )

    def __str__(self) -> str:
        """As in: 16 keys (976 licenses) · $13,000 a year · $100 a month."""
        return " · ".join([*self._licenses(), *self._credit()])

    def _licenses(self) -> Iterable[str]:
        more = self.has_more_keys
        if self.keys:
            keys = ngettext("%(count)s key", "%(count)s keys", self.keys + more) % {
                "count": at_least(self.keys, more)
            }
            licenses = ngettext("%(count)s license", "%(count)s licenses", self.licenses + more) % {
                "count": plus(format_number(self.licenses))
                if more
                else format_number(self.licenses)
            }
            yield _("%(keys)s (%(licenses)s)") % {"keys": keys, "licenses": licenses}
        if self.without_key:
            yield ngettext(
                "%(count)s benefit without a key",
                "%(count)s benefits without a key",
                self.without_key + more,
            ) % {"count": at_least(self.without_key, more)}

    def _credit(self) -> Iterable[str]:
        for text, amounts in (
            (_("%(amount)s a year"), self.yearly),
            (_("%(amount)s a month"), self.monthly),
        ):
            for currency, amount in sorted(amounts.items()):
                if amount:
                    shown = money(amount, currency)
                    shown = plus(shown) if self.has_more_credit else shown
                    yield text % {"amount": shown}


def added(one: dict[str, Decimal], other: dict[str, Decimal]) -> dict[str, Decimal]:
    """The sum of two amounts, by currency."""
    currencies = [*one, *(currency for currency in other if currency not in one)]
    nothing = Decimal()
    return {code: one.get(code, nothing) + other.get(code, nothing) for code in currencies}


def at_least(number: int, has_more: bool) -> str:
    """`number` formatted, capped at MAX_COUNT and with a + if there are more."""
    capped = format_number(min(number, MAX_COUNT))
    return plus(capped) if has_more or number > MAX_COUNT else capped


def plus(text: str) -> str:
    return _("%(number)s+") % {"number": text}
