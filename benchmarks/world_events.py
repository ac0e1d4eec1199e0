"""What staff of the back office look through: what was ordered, refused, sent and counted.

As much of it as of benefits, within a factor of ten, and one account for each partner. Of accounts
and of what was refused at least a page: growth is what a million rows cost, not an empty page.
"""

import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from benefits_portal.tenants.limits import SEARCH, SIGN_IN

type Row = tuple[Any, ...]

READER, STAFF = 1, 2  # users: a Global admin of the large partner, and somebody of the back office
DAYS_KEPT = 90  # of what is deleted after a while
LOCKED_OUT, WAITING, GIVEN_UP = 5_000, 1_000, 2_000  # one of so many
DIGEST_DAYS = 10
REFUSED_EACH = 20  # redemptions
A_PAGE = 51  # rows of a list, with the one behind it


def admin_of(partner: int) -> int:
    """The account of its Global admin."""
    return READER if partner == 1 else partner + 1


def orders(subscriptions: list[Any]) -> Iterator[Row]:
    """One for each subscription, on the day on which it began."""
    for row in subscriptions:
        yield (
            uuid.UUID(int=row.pk),
            row.partner_id,
            row.tenant_id,
            row.product_id,
            row.pk,
            row.starts_on,
            noon(row.starts_on),
            admin_of(row.partner_id),
        )


def mails(size: int, partners: int, today: date) -> Iterator[Row]:
    """Nearly all sent; the latest ones wait, and some were given up."""
    for n in range(size):
        at = noon(today) - timedelta(days=DAYS_KEPT) * (size - n) / size
        if n > size - size // WAITING:
            outcome: Row = (None, at, None, None)
        elif n % GIVEN_UP == 1:
            outcome = (None, None, None, at)
        else:
            outcome = (admin_of(n % partners + 1), None, at, None)
        yield "requests.decided", f"<{n}@portal.example>", at, 1, *outcome


def wrong_keys(size: int, partners: int, today: date) -> Iterator[Row]:
    for n in range(size):
        partner = n % partners + 1
        at = noon(today) - timedelta(days=DAYS_KEPT) * (size - n) / size
        yield admin_of(partner), partner, f"{n:064x}", at


def attempts(size: int, today: date) -> Iterator[Row]:
    for n in range(size):
        at = noon(today) - timedelta(days=DAYS_KEPT) * (size - n) / size
        until = at + timedelta(days=DAYS_KEPT + 1) if n % LOCKED_OUT == 1 else None
        limit = SEARCH if n % 3 else SIGN_IN
        yield limit.name, f"{n % (size // 4):064x}", f"{n % (size // 8):064x}", at, until


def digests(partners: int, today: date) -> Iterator[Row]:
    """Of each Global admin, one on each of the last days."""
    for day in range(DIGEST_DAYS, 0, -1):
        for partner in range(1, partners + 1):
            on = today - timedelta(days=day)
            sent = noon(on), None, ""
            yield (
                admin_of(partner),
                partner,
                on,
                noon(on),
                f"<{day}.{partner}@due.example>",
                1,
                *sent,
            )


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)
