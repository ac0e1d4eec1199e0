"""The days of a partner that a calendar shows: 24 months, in one query (R12)."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from benefits_portal.dates import add_months
from benefits_portal.licensing.models import LicenseOutlook, Stretch
from benefits_portal.licensing.models.license_outlook import DAY
from benefits_portal.licensing.models.subscription_queryset import DISABLED_DAYS, EXPIRED_DAYS
from benefits_portal.reminders.topics import Occasion
from benefits_portal.tenants.models import Partner

from . import rows
from .rows import Row

MONTHS = 24
KINDS = ("subscription", "membership", "key", "credit", "licenses")


class FeedEvent(NamedTuple):
    """One day of a thing. `is_more` is for the day from which on some are left out."""

    occasion: Occasion
    row: Row
    day: date
    is_more: bool = False


def events(partner: Partner, on: date) -> list[FeedEvent]:
    """From `on` to 24 months later, the earliest first."""
    until = add_months(on, MONTHS)
    every_row = rows.united.tuples(partner.pk, on, until, most=rows.MAX_OF_A_KIND)
    found = [Row(*values) for values in every_row]
    found += pools_running_short(found, on)
    every = (event for kind in KINDS for event in of_kind(kind, found, on, until))
    return sorted(every, key=lambda event: (event.day, event.row.kind, event.row.pk))


def of_kind(kind: str, found: list[Row], on: date, until: date) -> Iterator[FeedEvent]:
    """The events of one kind of thing; of more than MAX_OF_A_KIND, the last says that some lack."""
    of_this = sorted((row for row in found if row.kind == kind), key=lambda row: (row.day, row.pk))
    for row in of_this[: rows.MAX_OF_A_KIND]:
        for occasion, day in days_of(row):
            if on <= day <= until:
                yield FeedEvent(occasion, row, day)
    for row in of_this[rows.MAX_OF_A_KIND :]:
        yield FeedEvent(days_of(row)[0][0], row, max(row.day, on), is_more=True)


def days_of(row: Row) -> list[tuple[Occasion, date]]:
    """The occasions of a thing; a subscription has three (S2)."""
    if row.kind != "subscription":
        return [(OCCASIONS[row.kind], row.day)]
    return [
        (Occasion.SUBSCRIPTION_ENDS, row.day),
        (Occasion.SUBSCRIPTION_DISABLED, row.day + EXPIRED_DAYS),
        (Occasion.SUBSCRIPTION_DELETED, row.day + EXPIRED_DAYS + DISABLED_DAYS),
    ]


def pools_running_short(found: list[Row], on: date) -> Iterator[Row]:
    """Each pool that will have too few licenses, on the last day with enough of them (L11)."""
    of_pools: defaultdict[tuple[str, int], list[Row]] = defaultdict(list)
    for row in found:
        of_pools[row.kind, row.pk].append(row)
    for pool in (row for row in found if row.kind == "people"):
        ending, ledger = of_pools["stretch", pool.pk], of_pools["ledger", pool.pk]
        stretches = tuple(Stretch(row.day, row.licenses or 0) for row in ending)
        outlook = LicenseOutlook(on, pool.licenses or 0, stretches)
        step = outlook.first_over
        if step and step.day > on:
            over = outlook.over(step)
            yield pool._replace(
                kind="licenses",
                name=ending[0].name,  # a step to come has a subscription that ends
                tenant=ending[0].tenant,
                licenses=over,
                day=step.day - DAY,
                moves=pool.moves + sum(row.moves for row in ledger),
                moved_at=max((row.changed_at for row in ledger if row.changed_at), default=None),
            )


OCCASIONS = {
    "membership": Occasion.MEMBERSHIP_ENDS,
    "key": Occasion.KEY_EXPIRES,
    "credit": Occasion.CREDIT_EXPIRES,
    "licenses": Occasion.LICENSES_OVER_THEN,
}
