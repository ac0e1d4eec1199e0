"""Days as iCalendar (RFC 5545), in the reader's language; no alarms, no names of people (R14)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.conf import settings
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from benefits_portal.licensing.home.licenses import over_title
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.pool_outlooks import key_of
from benefits_portal.reminders.topics import Occasion
from benefits_portal.tenants.models import Partner

from .events import FeedEvent
from .rows import Row

PRODUCT_ID = "-//Benefits Portal//Calendar feed//EN"
LOOK_EVERY = timedelta(hours=12)  # asked of calendar programs; many look when they like (R13)
PAGES = {
    "subscription": "licensing:subscription",
    "key": "licensing:benefit-detail",
    "credit": "licensing:benefit-detail",
}


@dataclass(frozen=True)
class Source:
    """Whose days these are, and where: pages are at `origin`, UIDs end with `domain`."""

    partner: Partner
    origin: str

    @property
    def domain(self) -> str:
        """Stays the same, whatever host a feed is fetched from."""
        return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].rstrip(">")


def written(found: list[FeedEvent], source: Source) -> bytes:
    """The calendar of a partner, as calendar programs read it."""
    calendar = Calendar()
    name = _("Benefits Portal: %(partner)s") % {"partner": source.partner.name}
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT_ID)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", LOOK_EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT12H")
    for event in found:
        calendar.add_component(component(event, source))
    return bytes(calendar.to_ical())


def component(event: FeedEvent, source: Source) -> Event:
    """An all-day event. It ends the day after, which RFC 5545 leaves out again (R12)."""
    row, made = event.row, Event()
    changed_at = changed(row)
    made.add("uid", f"{identity(event, source.partner)}@{source.domain}")
    made.add("dtstamp", changed_at)
    made.add("last-modified", changed_at)
    made.add("sequence", row.moves)
    made.add("dtstart", event.day)
    made.add("dtend", event.day + timedelta(days=1))
    made.add("summary", summary(event))
    made.add("description", description(event, source.origin))
    made.add("url", url(event, source.origin))
    made.add("status", "CANCELLED" if row.is_canceled else "CONFIRMED")
    made.add("transp", "TRANSPARENT")  # nobody is busy on that day
    made["summary"].params["LANGUAGE"] = get_language()
    return made


def identity(event: FeedEvent, partner: Partner) -> str:
    """The same for a thing and an occasion, whatever its day and its name are."""
    if event.is_more:
        return f"{event.row.kind}-more-{partner.pk}"
    return f"{event.row.kind}-{event.row.pk}-{event.occasion.value}"


def changed(row: Row) -> datetime:
    """When it last moved or came about, to the second; before it all, the day itself."""
    moments = [moment for moment in (row.changed_at, row.moved_at) if moment]
    return max(moments, default=midnight(row.day)).replace(microsecond=0)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def summary(event: FeedEvent) -> str:
    """What it is the last day of, and of what."""
    if event.is_more:
        return _("More dates from here on: see the portal")
    row = event.row
    what = f"{row.name}, {row.size}" if row.size else row.name
    texts = {
        Occasion.SUBSCRIPTION_ENDS: _("Last day of %(what)s"),
        Occasion.SUBSCRIPTION_DISABLED: _("Last day before it's disabled: %(what)s"),
        Occasion.SUBSCRIPTION_DELETED: _("Last day before it's deleted: %(what)s"),
        Occasion.MEMBERSHIP_ENDS: _("Last day of the membership: %(what)s"),
        Occasion.KEY_EXPIRES: _("Last day to redeem the key: %(what)s"),
        Occasion.CREDIT_EXPIRES: _("Last day to assign the credit: %(what)s"),
        Occasion.LICENSES_OVER_THEN: _("Last day with enough licenses: %(what)s"),
    }
    return texts[event.occasion] % {"what": what}


def description(event: FeedEvent, origin: str) -> str:
    """Where it is from or runs, behind its label, and its page, which asks to sign in."""
    row = event.row
    lines = [
        _("Offer: %(name)s") % {"name": row.offer} if row.offer else "",
        _("Tenant: %(name)s") % {"name": row.tenant} if row.tenant else "",
        over_title(row.name, row.licenses or 0) if row.kind == "licenses" else "",
        _("Canceled: the redemption was reversed.") if row.is_canceled else "",
        url(event, origin),
    ]
    return "\n".join(filter(None, lines))


def url(event: FeedEvent, origin: str) -> str:
    row, page = event.row, PAGES.get(event.row.kind)
    if row.kind == "licenses" and not event.is_more:
        return origin + pool_url(*key_of(row.pk))
    return origin + (
        reverse(page, args=[row.pk]) if page and not event.is_more else reverse("home")
    )
