"""The only module that reads the clock. Everything else takes the day as an argument.

Two times are kept apart. *Now* is an aware moment in UTC and always real: sessions, tokens,
lock-outs and records use it. *Today* is a calendar day in somebody's time zone; rules use it. A
practice partner's today can be moved ahead by whole days, and the demo's story is played at moments
in the past.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

_frozen_at: ContextVar[datetime | None] = ContextVar("frozen_at", default=None)


def now() -> datetime:
    """This moment, aware, in UTC."""
    return _frozen_at.get() or datetime.now(UTC)


def today(time_zone: str = "", days_ahead: int = 0) -> date:
    """The calendar day in `time_zone` (the project's own if empty), plus `days_ahead` days."""
    return now().astimezone(ZoneInfo(time_zone or settings.TIME_ZONE)).date() + timedelta(
        days=days_ahead
    )


@contextmanager
def frozen_at(day: date, time_zone: str) -> Iterator[None]:
    """Within the block, now is noon of `day` in `time_zone`. The demo's story uses it."""
    token = _frozen_at.set(datetime.combine(day, time(12), ZoneInfo(time_zone)).astimezone(UTC))
    try:
        yield
    finally:
        _frozen_at.reset(token)
