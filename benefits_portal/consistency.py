"""Checks of values that are stored twice: each has a query, a description and a remedy.

Wrong rows are found by a query if possible, and else in Python, in batches: a million rows take
time but no memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable

BATCH = 1_000  # rows in memory at a time
SHOWN = 5  # primary keys in a finding

ISOLATION = (
    "Partners are kept apart by it: find out on record how it came about, compare with "
    "a backup, and correct the row in SQL."
)
LEDGER = (
    "Nothing is rewritten by hand: keep a backup of this moment, and find out on record "
    "what was done past the portal."
)


@dataclass(frozen=True)
class Finding:
    """The number of wrong rows, and the first of their primary keys."""

    count: int
    pks: tuple[int, ...]


@dataclass(frozen=True)
class Check:
    """A check of the rows of `model`.

    `find` returns the primary keys of wrong rows, as a queryset or another iterable. `fault` and
    `remedy` are texts: what is wrong with them, and what to do.
    """

    model: type[models.Model]
    fault: str
    remedy: str
    find: Callable[[], Iterable[int]]

    def run(self) -> Finding | None:
        found = self.find()
        if isinstance(found, models.QuerySet):
            pks = tuple(found.order_by("pk")[:SHOWN])
            count = len(pks) if len(pks) < SHOWN else found.count()
        else:
            every = iter(found)
            pks = tuple(islice(every, SHOWN))
            count = len(pks) + sum(1 for _pk in every)
        return Finding(count, pks) if count else None

    def describe(self, finding: Finding) -> str:
        """The fault and the remedy in one line.

        As in: benefits.benefit: 3 with another partner than membership (primary keys 1, 2, 3). …
        """
        has_more = finding.count > len(finding.pks)
        pks = ", ".join(map(str, finding.pks)) + (", …" if has_more else "")
        return (
            f"{self.model._meta.label_lower}: {finding.count:,} {self.fault} "
            f"(primary keys {pks}). {self.remedy}"
        )


def rows(model: type[models.Model]) -> models.QuerySet[Any]:
    """All rows, unsorted, through the base manager, which hides none."""
    return model._base_manager.order_by()


def at_fault(
    model: type[models.Model], fault: str, remedy: str, condition: Q | Combinable
) -> Check:
    return Check(
        model, fault, remedy, lambda: rows(model).filter(condition).values_list("pk", flat=True)
    )


def differing(
    model: type[models.Model], column: str, *paths: str, remedy: str = ISOLATION
) -> Iterator[Check]:
    """A check for each of `paths`, lookups to the value that `column` repeats: are they equal?

    Rows with an empty relation on the path are not wrong.
    """
    for path in paths:
        there = {f"{path}__isnull": False, f"{column}__isnull": False}
        fault = f"with another {column.removesuffix('_id')} than {path.replace('__', '.')}"
        yield at_fault(model, fault, remedy, Q(**there) & ~Q(**{column: F(path)}))


def in_batches(found: models.QuerySet[Any], *columns: str) -> Iterator[list[tuple[Any, ...]]]:
    """The primary key and `columns` of `found`, in batches of BATCH rows."""
    latest = 0
    while batch := list(
        found.filter(pk__gt=latest).order_by("pk").values_list("pk", *columns)[:BATCH]
    ):
        yield batch
        latest = batch[-1][0]
