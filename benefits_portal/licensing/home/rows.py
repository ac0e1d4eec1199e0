"""What rows on home share: the days left, the urgency and the button."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import total_text

URGENT_DAYS = 30

type Rows = Excerpt[dict[str, Any]]


@dataclass(frozen=True)
class FoldedLater:
    """The rows of a section after `day`, folded away: their number, and the first of them."""

    rows: Rows
    day: date

    def __bool__(self) -> bool:
        return self.rows.total > 0

    @property
    def count(self) -> str:
        return total_text(self.rows.total)

    @property
    def period(self) -> str:
        return _("after %(day)s") % {"day": as_day(self.day)}

    @property
    def is_open(self) -> bool:
        """Whether the URL asks to show all of them."""
        return not self.rows.href


def days_left(last_on: date, on: date) -> str:
    """As in: 66 days left. On `last_on` itself: Last day today."""
    days = (last_on - on).days
    if days == 0:
        return _("Last day today")
    return ngettext("%(count)s day left", "%(count)s days left", days) % {
        "count": format_number(days)
    }


def urgency(last_on: date, on: date) -> SafeString:
    """The HTML attribute that marks rows whose last day is within 30 days; else empty."""
    is_urgent = last_on <= on + timedelta(days=URGENT_DAYS)
    return mark_safe(' data-urgency="soon"') if is_urgent else mark_safe("")


def act(label: str, href: str, about: str, *, may_act: bool) -> SafeString:
    """The button of a row; screen readers also read `about`.

    It is locked for people who may not act; the page says why, once for all buttons (P3).
    """
    if not may_act:
        return format_html(
            '<button class="button" type="button" aria-disabled="true"'
            ' aria-describedby="locked-reason">{}'
            '<span class="visually-hidden"> {}</span></button>',
            label,
            about,
        )
    return format_html(
        '<a class="button" href="{}">{}<span class="visually-hidden"> {}</span></a>',
        href,
        label,
        about,
    )


def details_link(href: str, about: str) -> SafeString:
    """The link of a row on which there is nothing to do."""
    return link_to(href, _("View details"), about)


def link_to(href: str, label: str, about: str) -> SafeString:
    return format_html(
        '<a href="{}">{}<span class="visually-hidden"> {}</span></a>', href, label, about
    )
