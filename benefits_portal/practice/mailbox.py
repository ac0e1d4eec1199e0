"""The mailbox of the practice world: emails are kept here, and none is sent."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db.models import Q, QuerySet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from benefits_portal.tenants import console_mail
from benefits_portal.tenants.models import Mail, User
from benefits_portal.tenants.outbox import Letter, letter_of, writes

from .models import Room, RoomPartner

KEPT = "practice.kept"
PATH = re.compile(r"^( *)(/\S*)$", re.MULTILINE)
SCHEMES = ("http://", "https://")
URL = re.compile(r"(https?://\S+)")
LINK = '<a href="{0}">{0}</a>'


class EmailBackend(console_mail.EmailBackend):
    """Keeps emails in the mailbox, once per Message-ID, and prints them on the console."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        for message in messages:
            keep(message)
        # A server's log must not contain emails to people
        return len(messages) if settings.CLASSES_ONLY else super().send_messages(messages) or 0


def keep(message: EmailMessage) -> None:
    """Put an email into the mailbox, unless the outbox has already put it there."""
    recipient = User.objects.filter(email__in=message.to).first()
    message_id = str(message.extra_headers.get("Message-ID", ""))
    if recipient is None or Mail.objects.filter(message_id=message_id).exists():
        return
    params = {"subject": str(message.subject), "body": str(message.body), "html": html_of(message)}
    domain = "practice.invalid"
    mail = Mail.objects.queue(KEPT, params | {"recipient": str(recipient.pk)}, domain)
    if message_id:
        mail.message_id = message_id
    mail.done(recipient)


def html_of(message: EmailMessage) -> str:
    parts = message.alternatives if isinstance(message, EmailMultiAlternatives) else []
    return next((str(content) for content, kind in parts if kind == "text/html"), "")


@writes(KEPT, _("Kept in the practice mailbox"))
def kept(params: dict[str, str]) -> Letter | None:
    """The letter for an email that was kept as it was sent."""
    recipient = User.objects.filter(pk=params["recipient"]).first()
    if recipient is None:
        return None
    return Letter(recipient, params["subject"], params["body"], params["html"])


@dataclass(frozen=True)
class KeptMail:
    """An email for the mailbox page."""

    pk: int
    queued_at: datetime
    letter: Letter

    def body(self, origin: str) -> SafeString:
        """The text as HTML: URLs, and paths at `origin`, become links; plain domains do not."""
        text = PATH.sub(rf"\g<1>{origin}\g<2>", self.letter.body)
        parts = ((LINK if part.startswith(SCHEMES) else "{}", part) for part in URL.split(text))
        return format_html_join("", "{}", ((format_html(form, part),) for form, part in parts))


def mails_in(room: Room | None) -> QuerySet[Mail]:
    """Emails to the people in `room`; in the shared world, to everyone outside of classes."""
    if room is None or room.of_class_id is None:
        return Mail.objects.exclude(recipient__in=people_in(Room.objects.exclude(of_class=None)))
    return Mail.objects.filter(recipient__in=people_in(Room.objects.filter(pk=room.pk)))


def people_in(rooms: QuerySet[Room]) -> QuerySet[User, Any]:
    """The personas of `rooms`, and the people at home at their partners."""
    partners = RoomPartner.objects.filter(room__in=rooms).values("partner")
    return User.objects.filter(
        Q(persona__room__in=rooms) | Q(directory_user__partner__in=partners)
    ).values("pk")


def kept_mails(mails: Sequence[Mail]) -> Iterator[KeptMail]:
    """Those that can still be read: outside of a demo nothing is kept of them."""
    for mail in mails:
        if mail.sealed and (letter := letter_of(mail)):
            yield KeptMail(mail.pk, mail.queued_at, letter)


def mail_context(mails: Sequence[Mail], origin: str) -> list[dict[str, Any]]:
    return [
        {"pk": mail.pk, "at": mail.queued_at, "letter": mail.letter, "body": mail.body(origin)}
        for mail in kept_mails(mails)
    ]
