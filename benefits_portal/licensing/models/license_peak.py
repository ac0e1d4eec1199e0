"""The most people who had a license at once between two days, exact to the day (H6)."""

from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from django.db.models import DateField, QuerySet, Sum, Value
from django.db.models.functions import Greatest

from benefits_portal.prepared import PreparedQuery

from .license_pool import LicensePool
from .license_tally import PEOPLE, LicenseTally


class Peak(NamedTuple):
    """The most people who had a license at the end of a day, and the first day with so many."""

    people: int
    day: date


def most_at_once(pool: LicensePool, first: date, last: date) -> Peak:
    """The peak of `pool` on the days from `first` to `last`, both included.

    Somebody who was given a license and lost it on the same day does not count, because they had it
    at the end of no day. One query, whose rows are days, not people.
    """
    tenant, product = pool.tenant, pool.product
    changes = changes_of_pool.tuples(tenant.partner_id, tenant.pk, product.pk, first, last)
    more = {first: 0} | dict(changes)
    days = sorted(more)
    counts = list(accumulate(more[day] for day in days))
    people = max(counts)
    return Peak(people, days[counts.index(people)])


@PreparedQuery
def changes_of_pool(
    partner: int, tenant: int, product: int, first: date, last: date
) -> QuerySet[Any, tuple[date, int]]:
    """How many more people each day until `last` had than the day before.

    Changes before `first` count on `first`.
    """
    theirs = LicenseTally.objects.filter(partner=partner, tenant=tenant, product=product)
    since = Greatest("day", Value(first, DateField()))
    until = theirs.by_day().filter(day__lte=last).order_by().values_list(since)
    rows: QuerySet[Any, tuple[date, int]] = until.annotate(more=Sum(PEOPLE))
    return rows
