"""From seven in the partner's morning on, on days that skip or repeat an hour too (R4)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest

from benefits_portal.reminders.mornings import LocalCalendar, begins

pytestmark = pytest.mark.rule("R4")

HOUR = timedelta(hours=1)
# Half hours, three quarters, both ends of the day, and days of 23, 24.5 and 25 hours
ZONES = [
    "UTC",
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Europe/Amsterdam",
    "Pacific/Apia",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
]


def days_served(zone: str, first: datetime, hours: int) -> list[date]:
    """The local days on which a run of each hour finds that the day has begun, and is the first."""
    calendar, last, served = LocalCalendar(zone), None, []
    for hour in range(hours):
        at = first + hour * HOUR
        if begins(calendar, at, last):
            served.append(calendar.day(at))
        last = at
    return served


def each_day(zone: str, first: datetime, hours: int) -> list[date]:
    """The local days of which the span has an hour from seven on."""
    local = [(first + hour * HOUR).astimezone(ZoneInfo(zone)) for hour in range(hours)]
    return sorted({at.date() for at in local if at.hour >= 7})


SPANS = [
    datetime(2021, 3, 12, 0, 10, tzinfo=UTC),  # summer time begins in America, then in Europe
    datetime(2021, 4, 2, 0, 10, tzinfo=UTC),  # it ends in Australia
    datetime(2021, 10, 29, 0, 10, tzinfo=UTC),  # it ends in Europe, then in America
    datetime(2011, 12, 28, 0, 10, tzinfo=UTC),  # Samoa has no 30th
]


@pytest.mark.parametrize("first", SPANS, ids=lambda at: f"{at:%Y-%m-%d}")
@pytest.mark.parametrize("zone", ZONES)
def test_each_local_day_begins_once(zone: str, first: datetime) -> None:
    assert days_served(zone, first, 24 * 18) == each_day(zone, first, 24 * 18)


@pytest.mark.slow
@pytest.mark.parametrize("first", SPANS, ids=lambda at: f"{at:%Y-%m-%d}")
def test_each_local_day_begins_once_in_every_zone(first: datetime) -> None:
    zones = sorted(available_timezones())
    wrong = [zone for zone in zones if days_served(zone, first, 96) != each_day(zone, first, 96)]
    assert (wrong, len(zones) > 400) == ([], True)


@pytest.mark.parametrize("zone", ZONES)
def test_no_hour_before_seven_is_morning(zone: str) -> None:
    at = datetime(2021, 3, 27, 0, 10, tzinfo=UTC)
    hours = {
        local.hour
        for hour in range(24 * 4)
        if LocalCalendar(zone).is_morning(at + hour * HOUR)
        and (local := (at + hour * HOUR).astimezone(ZoneInfo(zone)))
    }
    assert hours == set(range(7, 24))


@pytest.mark.parametrize(
    ("hour", "not_before"), [(3, 7), (6, 7), (7, 7), (18, 18)], ids=lambda hour: f"{hour}"
)
def test_what_is_tried_again_is_not_tried_at_night(hour: int, not_before: int) -> None:
    zone = ZoneInfo("Europe/Amsterdam")
    at = datetime(2021, 5, 1, hour, 30, tzinfo=zone).astimezone(UTC)
    again = LocalCalendar("Europe/Amsterdam").not_at_night(at).astimezone(zone)
    assert again.hour == not_before
