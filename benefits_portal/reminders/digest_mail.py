"""The mail that says what is due: text and HTML that say the same, in the reader's language (R8).

Dates by name and figures of now; no key, no other partner's name; links lead to pages that ask to
sign in. Each mail can be stopped by one click (R9, RFC 8058).
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

from .due_item import DueItem, in_groups

MAX_ITEMS = 12  # under a title; the home page has the others, and the mail says how many
SETTINGS_PATH = "/account/reminders/"


@dataclass(frozen=True)
class DigestContents:
    """What one mail holds: `items` at `partner` as of `on`; no partner for the program's staff.

    Make the items within `in_language_of(recipient)`. `stop_path` is the page that stops these
    mails, with its token.
    """

    recipient: User
    partner: Partner | None
    on: date
    items: Sequence[DueItem]
    stop_path: str

    @property
    def heading(self) -> str:
        """4 reminders for Contoso: also the subject, with the next day."""
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
        """On one line, whatever a partner is called."""
        ahead = [item.due.due_on for item in self.items if item.is_ahead(self.on)]
        if not ahead:
            return " ".join(self.heading.split())
        text = _("%(heading)s, the next date is %(day)s") % {
            "heading": self.heading,
            "day": as_day(min(ahead)),
        }
        return " ".join(text.split())


def in_language_of(user: User) -> override:
    """The block speaks the language of `user`."""
    return override(user.language or settings.LANGUAGE_CODE)


def compose(digest: DigestContents, *, message_id: str = "") -> EmailMultiAlternatives:
    """The mail for `digest`, ready to be sent. It asks the database nothing."""
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
    """`text` with one empty line where a template left several."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def context_of(digest: DigestContents) -> dict[str, Any]:
    """What both parts are made of."""
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
    """Each topic with its first items, and how many more there are; the last, what has passed."""
    for title, items in in_groups(digest.items, digest.on):
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
    """`path` at the portal's own host.

    Without one: in a demo the path, which its mailbox leads along; else nothing.
    """
    origin = portal_origin()
    return f"{origin}{path}" if origin or settings.DEMO else ""


def headers(digest: DigestContents, message_id: str) -> dict[str, str]:
    """Also tells programs that no person wrote it, so that none answers (RFC 3834)."""
    named = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
    if message_id:
        named["Message-ID"] = message_id
    if origin := portal_origin():
        named["List-Unsubscribe"] = f"<{origin}{digest.stop_path}>"
        named["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return named
