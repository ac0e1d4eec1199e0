"""Numbers and days as people read them. Only here are digits grouped: what a template writes as it is, an id say, stays as it is."""

from datetime import date

from django.utils.formats import date_format, number_format


def number(value: int) -> str:
    """12,345 or 12.345, as the current language groups digits."""
    return number_format(value, use_l10n=True, force_grouping=True)


class Figure(int):
    """A number that is written as people read it, and still is one for the plural of the words around it."""

    def __str__(self) -> str:
        return number(int(self))


def as_day(day: date) -> str:
    """June 30, 2021 or 30 juni 2021."""
    return date_format(day, "DATE_FORMAT")
