"""The reminder email: text and HTML with the same content, in the reader's language (R8).

It contains no product key and no other partner's name, and its links need sign-in. One click stops
these emails (R9, RFC 8058).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from benefits_portal.formats import Figure, as_day
from benefits_portal.tenants.decision_mail import portal_origin
from benefits_portal.tenants.models import Partner, User

from .due_item import DueItem, grouped

MAX_ITEMS = 12  # in a group; the email says how many more there are
SETTINGS_PATH = "/account/reminders/"


@dataclass(frozen=True)
class DigestContents:
    """The content of one email: `items` at `partner` as of `on`; no partner for the program team.

    Make the items within `in_language_of(recipient)`. `stop_path` is the URL path, with the token,
    of the page that stops these emails.
    """

    recipient: User
    partner: Partner | None
    on: date
    items: Sequence[DueItem]
    stop_path: str

    @property
    def heading(self) -> str:
        """As in: 4 reminders for Contoso."""
        count = len(self.items)
        if self.partner is None:
            return ngettext(
                "%(count)s reminder for the program team",
                "%(count)s reminders for the program team",
                count,
            ) % {"count": Figure(count)}
        return ngettext(
            "%(count)s reminder for %(partner)s", "%(count)s reminders for %(partner)s", count
        ) % {"count": Figure(count), "partner": self.partner.name}

    @property
    def subject(self) -> str:
        """The heading, with the next date, on one line even if the partner's name has several."""
        ahead = [item.due.due_on for item in self.items if item.is_ahead(self.on)]
        if not ahead:
            return " ".join(self.heading.split())
        text = _("%(heading)s, the next date is %(day)s") % {
            "heading": self.heading,
            "day": as_day(min(ahead)),
        }
        return " ".join(text.split())


def in_language_of(user: User) -> override:
    """A context manager that activates the language of `user`."""
    return override(user.language or settings.LANGUAGE_CODE)


def compose(digest: DigestContents, *, message_id: str = "") -> EmailMultiAlternatives:
    """The email for `digest`, ready to be sent. No query."""
    with in_language_of(digest.recipient):
        context = context_of(digest)
        message = EmailMultiAlternatives(
            digest.subject,
            tidy(render_to_string("email/reminders.txt", context)),
            to=[digest.recipient.email],
            headers=headers(digest, message_id),
        )
        message.attach_alternative(render_to_string("email/reminders.html", context), "text/html")
    return message


def tidy(text: str) -> str:
    """`text` with runs of empty lines reduced to one."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def context_of(digest: DigestContents) -> dict[str, Any]:
    """The template context of both parts."""
    home = reverse("admin:index" if digest.partner is None else "home")
    return {
        "language": get_language(),
        "subject": digest.subject,
        "heading": digest.heading,
        "partner": digest.partner,
        "on": as_day(digest.on),
        "topics": list(topics(digest)),
        "home": href(home),
        "settings": href(SETTINGS_PATH),
        "stop": href(digest.stop_path),
    }


def topics(digest: DigestContents) -> Iterator[dict[str, Any]]:
    """The context of each group: its first items, and how many more there are."""
    for title, items in grouped(digest.items, digest.on):
        shown = items[:MAX_ITEMS]
        yield {
            "title": title,
            "items": [item_context(item, digest.on) for item in shown],
            "more": Figure(len(items) - len(shown)),
        }


def item_context(item: DueItem, on: date) -> dict[str, str]:
    return {
        "title": item.title,
        "sentence": item.sentence(on),
        "labels": item.labels,
        "href": href(item.path),
    }


def href(path: str) -> str:
    """The absolute URL of `path`.

    If the portal's host is not set: the path in a demo, whose mailbox makes it a link; else empty.
    """
    origin = portal_origin()
    return f"{origin}{path}" if origin or settings.DEMO else ""


def headers(digest: DigestContents, message_id: str) -> dict[str, str]:
    """Headers to unsubscribe (RFC 8058), and against automatic replies (RFC 3834)."""
    named = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if message_id:
        named["Message-ID"] = message_id
    if origin := portal_origin():
        named["List-Unsubscribe"] = f"<{origin}{digest.stop_path}>"
        named["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return named
