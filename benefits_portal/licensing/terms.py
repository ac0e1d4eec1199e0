"""What a subscription runs for, and how that was calculated, with all its figures (S1, S4, S6, S7).

These are plain values. `end_dates.py` calculates them; pages, receipts and the calculator show
them, so no page can show a date other than the stored one. Time is counted in whole days and in
license-days: one license for one day.
"""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number, kept

KEY_MONTHS = 12  # what a product key gives each of its licenses
MAX_EXTENSION_YEARS = 3  # by one key (S5)
MAX_SUBSCRIPTION_LICENSES = 10_000_000
EXPIRED_DAYS, DISABLED_DAYS = timedelta(days=30), timedelta(days=90)  # after the end date (S2)
# No subscription ends later, so what the rules add to an end date is still in the calendar
LAST_DAY = date(2999, 12, 31)


@kept
def in_days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": format_number(count)}


@kept
def in_license_days(count: int) -> str:
    return ngettext("%(count)s license-day", "%(count)s license-days", count) % {
        "count": format_number(count)
    }


@kept
def in_licenses(count: int) -> str:
    return ngettext("%(count)s license", "%(count)s licenses", count) % {
        "count": format_number(count)
    }


@kept
def in_license_months(count: int) -> str:
    return ngettext("%(count)s license-month", "%(count)s license-months", count) % {
        "count": format_number(count)
    }


@kept
def in_months(count: int) -> str:
    return ngettext("%(count)s month", "%(count)s months", count) % {"count": format_number(count)}


def divided(remainder: int) -> str:
    """The end of a line that divides license-days by licenses, with placeholders for figures."""
    if remainder:
        return _("÷ %(divisor)s = %(days)s, remainder %(carried)s")
    return _("÷ %(divisor)s = %(days)s")


class Calculation(Protocol):
    """How a term was calculated.

    It is stored with the redemption, so that the receipt shows what was calculated then (S8).
    """

    def steps(self) -> list[str]:
        """One line for each step of the calculation, with units, in the reader's language."""

    def balance(self) -> tuple[int, int]:
        """The license-days before and after, which are equal (S7)."""


@dataclass(frozen=True)
class Term:
    """What a subscription runs for: licenses, last day of service, and carried license-days.

    The carried license-days are the remainder that did not make a whole day for all licenses.
    """

    licenses: int
    ends_on: date
    carried_license_days: int = 0
    calculation: Calculation | None = field(default=None, compare=False, repr=False)

    @property
    def columns(self) -> dict[str, Any]:
        """The stored values by column name; the names are the same in every table."""
        return {
            "licenses": self.licenses,
            "ends_on": self.ends_on,
            "carried_license_days": self.carried_license_days,
        }

    def days_later_than(self, ends_on: date) -> int:
        """Days from `ends_on` to this term's end; negative when this one is earlier."""
        return (self.ends_on - ends_on).days


class Activation(NamedTuple):
    """The calculation of a first activation (S1)."""

    key_licenses: int
    on: date
    ends_on: date

    def steps(self) -> list[str]:
        return [
            _("%(on)s + 12 months = %(result)s")
            % {"on": as_day(self.on), "result": as_day(self.ends_on)}
        ]

    def balance(self) -> tuple[int, int]:
        total = self.key_licenses * (self.ends_on - self.on).days
        return total, total


class Extension(NamedTuple):
    """The calculation of *Extend end date* (S4).

    First `months` whole calendar months, then days for a fraction of the next month.
    """

    before: Term
    key_licenses: int
    months: int
    rest: int  # license-months that make no whole month
    moved_to: date  # before.ends_on + months
    following_month_days: int
    days: int
    carried: int  # license-days

    def steps(self) -> list[str]:
        numbers = {
            "key": in_licenses(self.key_licenses),
            "licenses": in_licenses(self.before.licenses),
            "divisor": in_licenses(self.before.licenses),
            "months": in_months(self.months),
            "rest": in_license_months(self.rest),
            "ends_on": as_day(self.before.ends_on),
            "moved_to": as_day(self.moved_to),
            "following": in_days(self.following_month_days),
            "before": in_license_days(self.before.carried_license_days),
            "days": in_days(self.days),
            "carried": in_license_days(self.carried),
            "result": as_day(self.moved_to + timedelta(days=self.days)),
        }
        return [line % numbers for line in self._lines()]

    def _lines(self) -> list[str]:
        """The lines that change anything, with placeholders for the figures."""
        months = _("12 months × %(key)s ÷ %(licenses)s = %(months)s")
        if self.rest:
            months = _("12 months × %(key)s ÷ %(licenses)s = %(months)s, remainder %(rest)s")
        in_months = [_("%(ends_on)s + %(months)s = %(moved_to)s")] if self.months else []
        in_days = [_("%(moved_to)s + %(days)s = %(result)s")]
        if not (self.rest or self.before.carried_license_days):
            return [months, *(in_months or in_days)]
        if self.days or not self.months:
            return [months, *in_months, self._fraction(), *in_days]
        return [months, self._fraction(), *in_months]

    def _fraction(self) -> str:
        """The line that divides the rest and the carried license-days, without what is zero."""
        rest = _("%(rest)s × %(following)s of the month that follows") if self.rest else ""
        carried = _("%(before)s carried") if self.before.carried_license_days else ""
        total = f"({rest} + {carried})" if rest and carried else rest or carried
        return total + " " + divided(self.carried)

    def balance(self) -> tuple[int, int]:
        whole = (self.moved_to - self.before.ends_on).days
        licenses = self.before.licenses
        there_was = (
            licenses * whole
            + self.rest * self.following_month_days
            + self.before.carried_license_days
        )
        return there_was, licenses * (whole + self.days) + self.carried


class Addition(NamedTuple):
    """The calculation of *Add licenses* (S6): the two end dates, averaged over all licenses."""

    before: Term
    key_licenses: int
    on: date
    days_left: int
    year_days: int  # of the 12 months from `on`
    days: int
    carried: int  # license-days

    def steps(self) -> list[str]:
        there_was, _became = self.balance()
        numbers = {
            "licenses": in_licenses(self.before.licenses),
            "key": in_licenses(self.key_licenses),
            "divisor": in_licenses(self.before.licenses + self.key_licenses),
            "left": in_days(self.days_left),
            "year": in_days(self.year_days),
            "before": in_license_days(self.before.carried_license_days),
            "total": in_license_days(there_was),
            "days": in_days(self.days),
            "carried": in_license_days(self.carried),
            "on": as_day(self.on),
            "result": as_day(self.on + timedelta(days=self.days)),
        }
        terms = [
            _("%(licenses)s × %(left)s left") if self.days_left else "",
            _("%(key)s × %(year)s (12 months)"),
            _("%(before)s carried") if self.before.carried_license_days else "",
        ]
        lines = [
            " + ".join(filter(None, terms)) + " = %(total)s",
            "%(total)s " + divided(self.carried),
            _("%(on)s + %(days)s = %(result)s"),
        ]
        return [line % numbers for line in lines]

    def balance(self) -> tuple[int, int]:
        licenses = self.before.licenses
        there_was = (
            licenses * self.days_left
            + self.key_licenses * self.year_days
            + self.before.carried_license_days
        )
        return there_was, (licenses + self.key_licenses) * self.days + self.carried


# Named tuples with different fields
KINDS: dict[str, Any] = {"activation": Activation, "extension": Extension, "addition": Addition}


def packed(calculation: Calculation | None) -> dict[str, Any]:
    """`calculation` as JSON: its kind, its figures, days as ISO 8601; empty for none."""
    for kind, cls in KINDS.items():
        if isinstance(calculation, cls):
            figures = {name: _packed(getattr(calculation, name)) for name in cls._fields}
            return {"kind": kind} | figures
    return {}


def unpacked(data: dict[str, Any]) -> Calculation | None:
    """The calculation that `packed` wrote; None for none."""
    if not data:
        return None
    cls = KINDS[data["kind"]]
    calculation: Calculation = cls(*(_unpacked(data[name]) for name in cls._fields))
    return calculation


def _packed(value: int | date | Term) -> int | str | list[Any]:
    if isinstance(value, Term):
        return [value.licenses, value.ends_on.isoformat(), value.carried_license_days]
    return value.isoformat() if isinstance(value, date) else value


def _unpacked(value: int | str | list[Any]) -> int | date | Term:
    if isinstance(value, list):
        return Term(value[0], date.fromisoformat(value[1]), value[2])
    return date.fromisoformat(value) if isinstance(value, str) else value
