"""How many people had a license at most at once between two days, exact to the day (H6)."""

from collections import Counter
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from django.db.models import Count

from .license_assignment_queryset import LicenseAssignmentQuerySet


class Peak(NamedTuple):
    """The most people that had a license at the end of a day, and the first day with as many."""

    people: int
    day: date


def most_at_once(assignments: LicenseAssignmentQuerySet, first: date, last: date) -> Peak:
    """The most of `assignments` that ran at once, at the end of a day from `first` to `last`.

    Whoever was given a license and lost it on one day had it at the end of none. Three queries,
    whose rows are days, not people.
    """
    within = {"gt": first, "lte": last}
    given = assignments.filter(**{f"given_on__{name}": day for name, day in within.items()})
    ended = assignments.ended().filter(**{f"ended_on__{name}": day for name, day in within.items()})
    changes = Counter({first: assignments.on(first).count()})
    changes.update(dict(given.order_by().values_list("given_on").annotate(Count("pk"))))
    changes.subtract(dict(ended.order_by().values_list("ended_on").annotate(Count("pk"))))
    days = sorted(changes)
    counts = list(accumulate(changes[day] for day in days))
    people = max(counts)
    return Peak(people, days[counts.index(people)])
