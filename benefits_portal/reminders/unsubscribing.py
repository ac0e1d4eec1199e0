"""The signed token in an email that stops reminders of one person at one partner (R9).

It grants nothing else, and is valid for as long as digests are kept.
"""

from datetime import timedelta
from typing import NamedTuple

from django.core import signing
from django.urls import reverse

SALT = "benefits-portal reminders"
MAX_AGE = timedelta(days=396)


class Subscriber(NamedTuple):
    """Primary keys of a user and a partner; without a partner, the program team's reminders."""

    user: int
    partner: int | None


def token_of(user: int, partner: int | None) -> str:
    return signing.dumps([user, partner or 0], salt=SALT)


def subscriber_of(token: str) -> Subscriber | None:
    """The subscriber in `token`; None if it is altered, expired or made for something else."""
    try:
        user, partner = signing.loads(token, salt=SALT, max_age=MAX_AGE)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Subscriber(user, partner or None)


def unsubscribe_path(user: int, partner: int | None) -> str:
    return reverse("reminders:unsubscribe", args=[token_of(user, partner)])
