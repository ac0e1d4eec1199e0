"""Format numbers, days and times in the current language.

Only these functions group digits; a number in a template, such as an ID, is written as is. Results
are cached per language, since the rows of lists share few values.
"""

from collections.abc import Callable, Hashable
from datetime import date, datetime, time, timedelta
from functools import lru_cache, wraps

from django.utils.formats import date_format, number_format, time_format
from django.utils.translation import get_language

KEPT = 4_096  # cached results of each function


def kept[Value: Hashable](write: Callable[[Value], str]) -> Callable[[Value], str]:
    """Decorator: cache the results of `write` by value and current language."""

    @lru_cache(KEPT)
    def written(value: Value, _language: str | None) -> str:
        return write(value)

    @wraps(write)
    def read(value: Value) -> str:
        return written(value, get_language())

    return read


def format_number(value: int) -> str:
    """As in 12,345 or 12.345."""
    return _number(value, get_language())


class Figure(int):
    """An int that formats itself, so that a message can use it for both text and plural."""

    def __str__(self) -> str:
        return format_number(int(self))


def as_day(day: date) -> str:
    """As in Jun 30, 2021 or 30 juni 2021."""
    return _day(day.year, day.month, day.day, get_language())


def as_short_month(day: date) -> str:
    """As in Oct 2027 or okt 2027."""
    return _short_month(day.year, day.month, get_language())


def as_time(at: time) -> str:
    """As in 2:30 PM or 14:30."""
    return _time(at.hour, at.minute, get_language())


def not_before(at: datetime) -> datetime:
    """`at` rounded up to the minute: a lock-out that ends at 2:41:26 is over at 2:42 (W13)."""
    return at.replace(second=0, microsecond=0) + timedelta(
        minutes=bool(at.second or at.microsecond)
    )


@lru_cache(KEPT)
def _number(value: int, language: str | None) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


@lru_cache(KEPT)
def _day(year: int, month: int, day: int, language: str | None) -> str:
    return date_format(date(year, month, day), "DATE_FORMAT")


@lru_cache(KEPT)
def _short_month(year: int, month: int, language: str | None) -> str:
    day = date(year, month, 1)
    text = date_format(day, "M Y")
    return text if date_format(day, "F")[0].isupper() else text.lower()


@lru_cache(KEPT)
def _time(hour: int, minute: int, language: str | None) -> str:
    return time_format(time(hour, minute), "TIME_FORMAT")
