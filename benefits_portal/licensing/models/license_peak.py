"""How many people had a license at most at once between two days, exact to the day (H6)."""

from datetime import date
from itertools import accumulate
from typing import NamedTuple

from django.db.models import DateField, Sum, Value
from django.db.models.functions import Greatest

from .license_tally import PEOPLE, LicenseTallyQuerySet


class Peak(NamedTuple):
    """The most people that had a license at the end of a day, and the first day with as many."""

    people: int
    day: date


def most_at_once(tallies: LicenseTallyQuerySet, first: date, last: date) -> Peak:
    """The most people of one pool at once, at the end of a day from `first` to `last`.

    Whoever was given a license and lost it on one day had it at the end of none. One query, whose
    rows are days, not people.
    """
    since = Greatest("day", Value(first, DateField()))  # what came before is there on `first`
    changes = tallies.by_day().filter(day__lte=last).order_by().values_list(since)
    more = {first: 0} | dict(changes.annotate(more=Sum(PEOPLE)))
    days = sorted(more)
    counts = list(accumulate(more[day] for day in days))
    people = max(counts)
    return Peak(people, days[counts.index(people)])
