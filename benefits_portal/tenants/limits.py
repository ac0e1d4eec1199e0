"""Limits on attempts, counted in the database for all processes.

A limit has tiers: a number of attempts within a sliding window, after which attempts are refused
for some time since the last one that counted. Refused attempts do not count, so nobody can prolong
a refusal. Attempts are counted before the expensive work, and given back if they were right: of any
number at once, no more get through than the limit allows. If the database does not answer, nobody
gets through.

Attempts are rows of `Attempt`, which identify the subject by a keyed digest only. Wrong product
keys, of which only different ones count, are rows of `KeyAttempt` (K6).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import NamedTuple

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from benefits_portal import clock

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
QUARTER = 15 * MINUTE
UNKNOWN_NETWORK = "unknown"


class Tier(NamedTuple):
    """At most `most` attempts within `window`; reaching it refuses more for `refused_for`."""

    most: int
    window: timedelta
    refused_for: timedelta


@dataclass(frozen=True)
class Limit:
    """What is counted, by its stored name, with its tiers."""

    name: str
    tiers: tuple[Tier, ...]

    def of(self, subject: object, account: str = "") -> "Counted":
        """A subject of this limit. Staff find its attempts by `account`, an email address."""
        return Counted(
            self, digest(self.name, str(subject)), digest("account", account) if account else ""
        )

    @property
    def window(self) -> timedelta:
        """The longest window."""
        return max(tier.window for tier in self.tiers)

    def refusal_from(self, moments: Sequence[datetime]) -> datetime | None:
        """The end of the refusal that attempts at `moments` (oldest first) set off; else None."""
        last = moments[-1]
        begun = [
            tier
            for tier in self.tiers
            if sum(at > last - tier.window for at in moments) >= tier.most
        ]
        return max((last + tier.refused_for for tier in begun), default=None)


def digest(purpose: str, text: str) -> str:
    """The subject as 64 characters, from which nobody can find it without the secret."""
    return salted_hmac(f"benefits_portal.limits.{purpose}", text, algorithm="sha256").hexdigest()


@dataclass(frozen=True)
class Counted:
    """A subject of a limit: an account, an address or a partner."""

    limit: Limit
    subject: str = field(repr=False)
    account: str = field(default="", repr=False)

    @property
    def key(self) -> tuple[str, str]:
        return self.limit.name, self.subject

    @property
    def lock(self) -> int:
        """The number of its advisory lock, of 64 bits."""
        return int.from_bytes(bytes.fromhex(self.subject[:16]), signed=True)


# One address may be an office: of 1,000 people who sign in within an hour some 50 mistype, so a
# hundred wrong ones an hour lock out no honest person, and an attacker gets 2,400 guesses a day for
# all accounts together. Each takes half a second of CPU: twenty a minute leave the workers to
# others.
ONE_EMAIL = (Tier(20, MINUTE, MINUTE), Tier(100, HOUR, QUARTER))

# Of an account from an address, so that nobody can lock out another person
SIGN_IN = Limit("sign-in", (Tier(10, QUARTER, QUARTER),))
SIGN_IN_IP = Limit("sign-in-address", ONE_EMAIL)
# Of an account: the old one typed to change it
OWN_PASSWORD = Limit("own-password", (Tier(10, QUARTER, QUARTER),))
RESET_IP = Limit("reset-address", ONE_EMAIL)
# Of an account: one link in five minutes
RESET_LINK = Limit("reset-link", (Tier(1, 5 * MINUTE, 5 * MINUTE),))
SEARCH = Limit("search", (Tier(settings.SEARCHES_A_MINUTE, MINUTE, MINUTE),))  # of an account
# Of an account: different ones (K6)
WRONG_KEYS = Limit("wrong-keys", (Tier(10, 10 * MINUTE, QUARTER),))
WRONG_KEYS_PARTNER = Limit("wrong-keys-partner", (Tier(50, HOUR, QUARTER),))


@contextmanager
def counting(*subjects: Counted) -> Iterator[None]:
    """A transaction in which no other process counts the same subjects.

    PostgreSQL locks the subjects in a fixed order; SQLite has one writer at a time.
    """
    with transaction.atomic():
        if connection.vendor == "postgresql":
            locks = sorted(subject.lock for subject in subjects)
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT " + ", ".join(["pg_advisory_xact_lock(%s)"] * len(locks)), locks
                )
        yield


class TooManyAttempts(Exception):
    """Attempts are refused until `until`, an aware datetime."""

    def __init__(self, until: datetime) -> None:
        super().__init__()
        self.until = until

    @property
    def seconds(self) -> int:
        """The number of seconds until then, rounded up."""
        return max(1, -(-(self.until - clock.now()) // timedelta(seconds=1)))

    @property
    def minutes(self) -> int:
        return -(-self.seconds // 60)


@dataclass(frozen=True)
class Ticket:
    """A counted attempt.

    `until` is set if it is the last one allowed: if it is wrong, it has set off a refusal until
    then.
    """

    pks: list[int]
    until: datetime | None


def network_of(ip_text: str | None) -> str:
    """The network that counts as one address: an IPv4 address, or a /64 of IPv6.

    An IPv4 address may be written as IPv6.
    """
    try:
        ip = ip_address((ip_text or "").partition("%")[0])
    except ValueError:
        return UNKNOWN_NETWORK
    if isinstance(ip, IPv6Address):
        return str(ip.ipv4_mapped or ip_network((ip, 64), strict=False))
    return str(ip)
