"""The token in a mail that stops reminders: it says whose and at which partner, no more (R9).

Whoever holds it can stop them and do nothing else; it works for as long as digests are kept.
"""

from datetime import timedelta
from typing import NamedTuple

from django.core import signing
from django.urls import reverse

SALT = "benefits-portal reminders"
MAX_AGE = timedelta(days=396)


class Subscriber(NamedTuple):
    """Whose reminders, at which partner; None of the program team."""

    user: int
    partner: int | None


def token_of(user: int, partner: int | None) -> str:
    return signing.dumps([user, partner or 0], salt=SALT)


def subscriber_of(token: str) -> Subscriber | None:
    """None for a token that is altered, too old or of something else."""
    try:
        user, partner = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Subscriber(user, partner or None)


def unsubscribe_path(user: int, partner: int | None) -> str:
    return reverse("reminders:unsubscribe", args=[token_of(user, partner)])
