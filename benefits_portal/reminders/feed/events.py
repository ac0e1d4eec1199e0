"""The days of a partner in the next 24 months, by two queries (R12)."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import NamedTuple

from benefits_portal.dates import add_months
from benefits_portal.licensing.models.license_outlook import DAY
from benefits_portal.licensing.models.pool_outlooks import near_outlooks
from benefits_portal.licensing.terms import DISABLED_DAYS, EXPIRED_DAYS
from benefits_portal.reminders.topics import Occasion
from benefits_portal.tenants.models import Partner

from . import rows
from .rows import Row

MONTHS = 24
FIRST_REVISION = datetime(2021, 1, 1, tzinfo=UTC)
KINDS = ("subscription", "membership", "key", "credit", "licenses")


class FeedEvent(NamedTuple):
    """One day of a thing; with `is_more`, the day from which on others are left out."""

    occasion: Occasion
    row: Row
    day: date
    is_more: bool = False


def events(partner: Partner, on: date) -> list[FeedEvent]:
    """The events from `on` to 24 months later, the earliest first."""
    until = add_months(on, MONTHS)
    every_row = rows.united.tuples(partner.pk, on, until, most=rows.MAX_OF_A_KIND)
    found = [Row(*values) for values in every_row]
    acts = [row for row in found if row.kind == "act"]
    found += pools_running_short(partner, on, until, acts)
    every = (event for kind in KINDS for event in of_kind(kind, found, on, until))
    return sorted(every, key=lambda event: (event.day, event.row.kind, event.row.pk))


def of_kind(kind: str, found: list[Row], on: date, until: date) -> Iterator[FeedEvent]:
    """The events of one kind of thing; after MAX_OF_A_KIND, one that says that there are more."""
    of_this = sorted((row for row in found if row.kind == kind), key=lambda row: (row.day, row.pk))
    for row in of_this[: rows.MAX_OF_A_KIND]:
        for occasion, day in days_of(row):
            if on <= day <= until:
                yield FeedEvent(occasion, row, day)
    for row in of_this[rows.MAX_OF_A_KIND :]:
        yield FeedEvent(days_of(row)[0][0], row, max(row.day, on), is_more=True)


def days_of(row: Row) -> list[tuple[Occasion, date]]:
    """The days of a thing with their occasions; a subscription has three (S2)."""
    if row.kind != "subscription":
        return [(OCCASIONS[row.kind], row.day)]
    return [
        (Occasion.SUBSCRIPTION_ENDS, row.day),
        (Occasion.SUBSCRIPTION_DISABLED, row.day + EXPIRED_DAYS),
        (Occasion.SUBSCRIPTION_DELETED, row.day + EXPIRED_DAYS + DISABLED_DAYS),
    ]


def pools_running_short(partner: Partner, on: date, until: date, acts: list[Row]) -> Iterator[Row]:
    """Each pool that will have too few licenses, on the last day with enough of them (L11).

    Whatever moves that day is recorded at the partner, so the latest of `acts` dates the change.
    """
    changed_at = max((act.changed_at for act in acts if act.changed_at), default=None)
    for pool, outlook in near_outlooks([partner.pk], on, until + DAY - on):
        step = outlook.first_over
        if step and on < step.day <= until + DAY:
            yield Row(
                kind="licenses",
                pk=pool.number,
                name=pool.product_name,
                offer="",
                tenant=pool.tenant_name,
                licenses=outlook.over(step),
                amount=None,
                currency="",
                is_yearly=False,
                day=step.day - DAY,
                moves=revision(changed_at),
                changed_at=changed_at,
                moved_at=None,
                is_canceled=False,
            )


def revision(changed_at: datetime | None) -> int:
    """A SEQUENCE number: the seconds since 2021, which fit into 31 bits until 2089."""
    return int((changed_at - FIRST_REVISION).total_seconds()) if changed_at else 0


OCCASIONS = {
    "membership": Occasion.MEMBERSHIP_ENDS,
    "key": Occasion.KEY_EXPIRES,
    "credit": Occasion.CREDIT_EXPIRES,
    "licenses": Occasion.LICENSES_OVER_THEN,
}
