"""Events as iCalendar (RFC 5545), in the reader's language; no alarms, no people's names (R14).

Events are written from a template, and texts that they share are made once: as objects of the
icalendar library they took twenty times as long. The library still escapes texts, and folds lines
that are not ASCII.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from icalendar import Calendar, Parameters, vText
from icalendar.parser import Contentline

from benefits_portal.licensing.home.licenses import over_title
from benefits_portal.licensing.models.license_outlook import DAY
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.pool_outlooks import key_of
from benefits_portal.paths import path_of
from benefits_portal.reminders.topics import Occasion
from benefits_portal.tenants.models import Partner
from benefits_portal.tenants.models.mail import mail_domain

from .events import FeedEvent
from .rows import Row, Thing

PRODUCT_ID = "-//Benefits Portal//Calendar feed//EN"
REFRESH_EVERY = timedelta(hours=12)  # a request; many calendar programs ignore it (R13)
MAX_LINE = 74  # bytes, as the library folds lines
END = b"END:VCALENDAR\r\n"
# An all-day event that blocks no time; DTEND is exclusive in RFC 5545 (R12)
EVENT = "\r\n".join(
    [
        "BEGIN:VEVENT",
        "%(summary)s",
        "DTSTART;VALUE=DATE:%(day)s",
        "DTEND;VALUE=DATE:%(day_after)s",
        "DTSTAMP:%(changed)s",
        "%(uid)s",
        "SEQUENCE:%(moves)d",
        "%(description)s",
        "LAST-MODIFIED:%(changed)s",
        "STATUS:%(status)s",
        "TRANSP:TRANSPARENT",
        "%(url)s",
        "END:VEVENT",
        "",
    ]
)
PAGES = {
    "subscription": "licensing:subscription",
    "key": "licensing:benefit-detail",
    "credit": "licensing:benefit-detail",
}
SUMMARIES = {
    Occasion.SUBSCRIPTION_ENDS: gettext_lazy("Last day of %(what)s"),
    Occasion.SUBSCRIPTION_DISABLED: gettext_lazy("Last day before it's disabled: %(what)s"),
    Occasion.SUBSCRIPTION_DELETED: gettext_lazy("Last day before it's deleted: %(what)s"),
    Occasion.MEMBERSHIP_ENDS: gettext_lazy("Last day of the membership: %(what)s"),
    Occasion.KEY_EXPIRES: gettext_lazy("Last day to redeem the key: %(what)s"),
    Occasion.CREDIT_EXPIRES: gettext_lazy("Last day to assign the credit: %(what)s"),
    Occasion.LICENSES_OVER_THEN: gettext_lazy("Last day with enough licenses: %(what)s"),
}


@dataclass(frozen=True)
class Source:
    """The partner of a calendar; its pages are at `origin`, and UIDs end with `domain`."""

    partner: Partner
    origin: str

    @property
    def domain(self) -> str:
        """The mail domain, which is the same whichever host a feed is fetched from."""
        return mail_domain()


def as_icalendar(found: list[FeedEvent], source: Source) -> bytes:
    """The whole calendar file."""
    calendar = Calendar()
    name = _("Benefits Portal: %(partner)s") % {"partner": source.partner.name}
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT_ID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESH_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    writer = Writer(source)
    events = "".join(map(writer.event, found)).encode()
    return bytes(calendar.to_ical()).removesuffix(END) + events + END


class Writer:
    """Writes events one by one, and caches the texts that several share."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._summary, self._about, self._home = cache(summary), cache(about), reverse("home")
        self._day, self._moment = cache(day_text), cache(moment_text)
        self._uid_end = escaped(f"@{source.domain}")

    def event(self, event: FeedEvent) -> str:
        row, url = event.row, self.url(event)
        where = self._about(row.thing, row.offer, row.tenant, is_canceled=row.is_canceled)
        return EVENT % {
            "summary": self._summary(None if event.is_more else event.occasion, row.thing),
            "day": self._day(event.day),
            "day_after": self._day(event.day + DAY),
            "changed": self._moment(changed(row)),
            "uid": folded(f"UID:{identity(event, self.source.partner)}{self._uid_end}"),
            "moves": row.moves,
            "description": folded(f"DESCRIPTION:{where}{escaped(url)}"),
            "status": "CANCELLED" if row.is_canceled else "CONFIRMED",
            "url": folded(f"URL:{url}"),
        }

    def url(self, event: FeedEvent) -> str:
        row = event.row
        if row.kind == "licenses" and not event.is_more:
            return self.source.origin + pool_url(*key_of(row.pk))
        page = "" if event.is_more else PAGES.get(row.kind, "")
        return self.source.origin + (path_of(page, row.pk) if page else self._home)


def identity(event: FeedEvent, partner: Partner) -> str:
    """The UID of an event without the domain; stays the same when its day or name changes."""
    if event.is_more:
        return f"{event.row.kind}-more-{partner.pk}"
    return f"{event.row.kind}-{event.row.pk}-{event.occasion.value}"


def changed(row: Row) -> datetime:
    """When the day last changed; the day itself if that is unknown."""
    moments = [moment for moment in (row.changed_at, row.moved_at) if moment]
    return max(moments, default=midnight(row.day))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def day_text(day: date) -> str:
    return f"{day:%Y%m%d}"


def moment_text(moment: datetime) -> str:
    return f"{moment:%Y%m%dT%H%M%SZ}"


def summary(occasion: Occasion | None, thing: Thing) -> str:
    """The SUMMARY line; without an occasion, it says that there are more dates."""
    text = _("More dates from here on: see the portal")
    if occasion:
        what = f"{thing.name}, {thing.size}" if thing.size else thing.name
        text = SUMMARIES[occasion] % {"what": what}
    language = Parameters({"LANGUAGE": get_language()})
    return folded(Contentline.from_parts("SUMMARY", language, vText(text)))


def about(thing: Thing, offer: str, tenant: str, *, is_canceled: bool) -> str:
    """The DESCRIPTION without the URL: offer, tenant, shortage and cancellation."""
    lines = [
        _("Offer: %(name)s") % {"name": offer} if offer else "",
        _("Tenant: %(name)s") % {"name": tenant} if tenant else "",
        over_title(thing.name, thing.licenses or 0) if thing.kind == "licenses" else "",
        _("Canceled: the redemption was reversed.") if is_canceled else "",
    ]
    return escaped("".join(f"{line}\n" for line in lines if line))


def escaped(text: str) -> str:
    return str(vText(text).to_ical(), "utf-8")


def folded(line: str) -> str:
    """`line` folded as the library does, which is slow: it counts the bytes of each character."""
    if not line.isascii():
        return str(Contentline(line).to_ical(), "utf-8")  # type: ignore[no-untyped-call]
    parts = []
    while len(line) > MAX_LINE:
        at = MAX_LINE - 1 if line[MAX_LINE - 1] in r"\^" else MAX_LINE  # don't split an escape
        parts.append(line[:at])
        line = line[at:]
    return "\r\n ".join([*parts, line])
