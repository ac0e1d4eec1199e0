"""When a day's reminders may be sent: from seven in the partner's morning on (R4)."""

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
    """A time zone, and by how many days a practice partner has moved its calendar."""

    time_zone: str
    days_ahead: int = 0

    @classmethod
    def of(cls, partner: Partner | None) -> "LocalCalendar":
        """That of `partner`; of the program team, the project's own."""
        if partner is None:
            return cls(settings.TIME_ZONE)
        return cls(partner.time_zone, partner.days_ahead)

    def day(self, at: datetime) -> date:
        """What `Partner.today` is at that moment."""
        return at.astimezone(ZoneInfo(self.time_zone)).date() + timedelta(days=self.days_ahead)

    def is_morning(self, at: datetime) -> bool:
        """Whether seven has struck: on a day that skips an hour or repeats one too."""
        return at.astimezone(ZoneInfo(self.time_zone)).time() >= MORNING

    def morning(self, at: datetime) -> datetime:
        """When seven strikes on the local day of `at`."""
        local = at.astimezone(ZoneInfo(self.time_zone))
        return datetime.combine(local.date(), MORNING, local.tzinfo).astimezone(at.tzinfo)

    def not_at_night(self, at: datetime) -> datetime:
        """`at`, or seven in the morning where that is later on its day."""
        return max(at, self.morning(at))


@dataclass(frozen=True)
class Morning:
    """A day that has begun for some partners: the calendars that show it now."""

    on: date
    calendars: tuple[LocalCalendar, ...]
    is_of_staff: bool = False

    @property
    def partners(self) -> Q:
        """The partners that have one of the calendars."""
        wanted = Q(pk=None)
        zones = defaultdict(list)
        for calendar in self.calendars:
            zones[calendar.days_ahead].append(calendar.time_zone)
        for days_ahead, names in zones.items():
            wanted |= Q(days_ahead=days_ahead, time_zone__in=sorted(names))
        return wanted


def mornings(at: datetime, since: datetime | None = None) -> Iterator[Morning]:
    """The days that have begun at `at`, of partners and of the program team; one query.

    Those are left out in which seven had struck at `since`: a run that came to its end began then.
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
    """Whether seven has struck, and not in time for that run; a moved calendar may move again."""
    was_in_time = since is not None and calendar.morning(at) <= since <= at
    return calendar.is_morning(at) and (calendar.days_ahead > 0 or not was_in_time)
