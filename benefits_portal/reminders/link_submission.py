"""The form that makes a calendar link: submitted twice, it makes one link (W11, R11)."""

import secrets
from dataclasses import dataclass
from typing import Self

from django.core import signing
from django.utils.crypto import salted_hmac

from .models import Feed
from .models.feed import SECRET_BYTES

SALT = "benefits_portal.reminders.calendar-link"


@dataclass(frozen=True)
class LinkSubmission:
    """One rendered form: a random nonce, and the creation time of the link that it replaces."""

    nonce: str
    replaces: str

    @classmethod
    def on_page(cls, feed: Feed | None) -> Self:
        """A new submission, for a page that shows `feed`."""
        return cls(secrets.token_hex(SECRET_BYTES), version_of(feed))

    @classmethod
    def read(cls, text: str) -> Self | None:
        """The submission in the signed `text`; None if the signature is wrong."""
        try:
            return cls(*signing.loads(text, salt=SALT))
        except signing.BadSignature:
            return None

    @property
    def signed(self) -> str:
        return signing.dumps([self.nonce, self.replaces], salt=SALT)

    @property
    def secret(self) -> str:
        """The secret of the link: derived from the nonce, so the same form makes the same link."""
        digest = salted_hmac(SALT, self.nonce, algorithm="sha256").hexdigest()
        return digest[: 2 * SECRET_BYTES]

    def fits(self, feed: Feed | None) -> bool:
        """Whether no other link was made since the page was rendered."""
        return version_of(feed) == self.replaces


def version_of(feed: Feed | None) -> str:
    return feed.made_at.isoformat() if feed else ""
