"""Calendar arithmetic, in pure functions."""

from datetime import date
from functools import lru_cache

from dateutil.relativedelta import relativedelta

KEPT = 4_096  # cached results; planning asks for the same ones thousands of times


@lru_cache(KEPT)
def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, clamped to that month's end (rules S1, S4).

    31 January + 1 month = 28 February; 29 February + 12 months = 28 February.
    """
    return day + relativedelta(months=months)


def days_in_months(day: date, months: int) -> int:
    """The number of days from `day` to the same day `months` months later."""
    return (add_months(day, months) - day).days


@lru_cache(KEPT)
def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    return day + relativedelta(day=31)
