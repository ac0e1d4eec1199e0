"""When a day's reminders may be sent: from 7:00 in the partner's time zone (R4)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from benefits_portal.tenants.models import Partner

MORNING = time(7)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class LocalCalendar:
    """A time zone, and the number of days by which a practice partner moved its calendar."""

    time_zone: str
    days_ahead: int = 0

    @classmethod
    def of(cls, partner: Partner | None) -> "LocalCalendar":
        """The calendar of `partner`; None stands for the program team, in the project's zone."""
        if partner is None:
            return cls(settings.TIME_ZONE)
        return cls(partner.time_zone, partner.days_ahead)

    def day(self, at: datetime) -> date:
        """The local day at `at`, as `Partner.today` returns it."""
        return at.astimezone(ZoneInfo(self.time_zone)).date() + timedelta(days=self.days_ahead)

    def is_morning(self, at: datetime) -> bool:
        """Whether the local time is 7:00 or later, also on days on which clocks change."""
        return at.astimezone(ZoneInfo(self.time_zone)).time() >= MORNING

    def morning(self, at: datetime) -> datetime:
        """7:00 on the local day of `at`, in the time zone of `at`."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        return datetime.combine(local.date(), MORNING, local.tzinfo).astimezone(at.tzinfo)

    def not_at_night(self, at: datetime) -> datetime:
        """`at`, or 7:00 of its local day if that is later."""
        return max(at, self.morning(at))


@dataclass(frozen=True)
class Morning:
    """A day whose morning has begun, with the calendars in which it has."""

    on: date
    calendars: tuple[LocalCalendar, ...]
    is_of_staff: bool = False

    @property
    def partners(self) -> Q:
        """The condition for partners with one of these calendars."""
        wanted = Q(pk=None)
        zones = defaultdict(list)
        for calendar in self.calendars:
            zones[calendar.days_ahead].append(calendar.time_zone)
        for days_ahead, names in zones.items():
            wanted |= Q(days_ahead=days_ahead, time_zone__in=sorted(names))
        return wanted


def mornings(at: datetime, since: datetime | None = None) -> Iterator[Morning]:
    """The days whose morning has begun at `at`, for partners and for the program team; one query.

    `since` is when the last complete run started: calendars in which that day's morning had begun
    by then are left out.
    """
    calendars = [
        LocalCalendar(*values)
        for values in Partner.objects.order_by().values_list("time_zone", "days_ahead").distinct()
    ]
    days: defaultdict[date, list[LocalCalendar]] = defaultdict(list)
    for calendar in sorted(calendars, key=lambda each: (each.days_ahead, each.time_zone)):
        if begins(calendar, at, since):
            days[calendar.day(at)].append(calendar)
    for on, having in sorted(days.items()):
        yield Morning(on, tuple(having))
    own = LocalCalendar.of(None)
    if begins(own, at, since):
        yield Morning(own.day(at), (own,), is_of_staff=True)


def begins(calendar: LocalCalendar, at: datetime, since: datetime | None) -> bool:
    """Whether it is morning, and was not at `since`; a moved calendar is always asked again."""
    was_in_time = since is not None and calendar.morning(at) <= since <= at
    return calendar.is_morning(at) and (calendar.days_ahead > 0 or not was_in_time)
