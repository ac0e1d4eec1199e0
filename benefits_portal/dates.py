"""Calendar arithmetic. Pure: no clock, no settings, nothing of ours."""

from datetime import date

from dateutil.relativedelta import relativedelta


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, clamped to that month's end (rules S1, S4).

    31 January + 1 month = 28 February; 29 February + 12 months = 28 February.
    """
    return day + relativedelta(months=months)


def days_in_months(day: date, months: int) -> int:
    """How many days the `months` calendar months that follow `day` have."""
    return (add_months(day, months) - day).days
