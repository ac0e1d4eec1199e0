"""How many people had a license at most at once between two days, exact to the day (H6)."""

from collections import Counter
from datetime import date
from itertools import accumulate
from typing import Any, NamedTuple

from django.db.models import Count, DateField, F, Value

from .license_assignment_queryset import LicenseAssignmentQuerySet


class Peak(NamedTuple):
    """The most people that had a license at the end of a day, and the first day with as many."""

    people: int
    day: date


def most_at_once(assignments: LicenseAssignmentQuerySet, first: date, last: date) -> Peak:
    """The most of `assignments` that ran at once, at the end of a day from `first` to `last`.

    Whoever was given a license and lost it on one day had it at the end of none. One query, whose
    rows are days, not people.
    """
    begun = assignments.filter(given_on__gt=first, given_on__lte=last)
    over = assignments.ended().filter(ended_on__gt=first, ended_on__lte=last)
    changes: Counter[date] = Counter()
    # Each of what runs and of what ended is counted off its own index
    parts = (
        by_day(assignments.ended_since(first), Value(first, DateField())),
        by_day(begun.running(), F("given_on")),
        by_day(begun.ended(), F("given_on")),
        by_day(over, F("ended_on"), sign=-1),
    )
    there = by_day(assignments.running_on(first), Value(first, DateField()))
    for day, count in there.union(*parts, all=True).order_by():
        changes[day] += count
    days = sorted(changes)
    counts = list(accumulate(changes[day] for day in days))
    people = max(counts)
    return Peak(people, days[counts.index(people)])


def by_day(held: LicenseAssignmentQuerySet, day: F | Value, sign: int = 1) -> Any:
    """How many of `held` there are by `day`, in rows of a union."""
    days = held.order_by().annotate(day=day).values_list("day")
    return days.annotate(count=sign * Count("*"))
