"""Checks of facts that stand in two places: each is a query, a sentence, and what to do.

A fault is looked for in the database where a query can tell, and else in Python, some rows at a
time: a million rows cost time and no memory.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import Combinable

BATCH = 1_000  # rows in memory at a time
SHOWN = 5  # primary keys of a finding

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
    """How many rows are at fault, and the first of their primary keys."""

    count: int
    pks: tuple[int, ...]


@dataclass(frozen=True)
class Check:
    """What may be at fault in the rows of `model`, and what finds it.

    `find` gives their primary keys: a queryset of them, or one after the other.
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
        """benefits.benefit: 3 with another partner than their membership (primary keys 1, 2, 3).

        What to do.
        """
        pks = ", ".join(map(str, finding.pks)) + (", …" if finding.count > len(finding.pks) else "")
        return (
            f"{self.model._meta.label_lower}: {finding.count:,} {self.fault} "
            f"(primary keys {pks}). {self.remedy}"
        )


def rows(model: type[models.Model]) -> models.QuerySet[Any]:
    """All rows, unsorted, through the manager that hides none."""
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
    """For each of `paths`, the rows in which it is something else than `column`.

    They lead through relations to what `column` repeats. A path through an empty relation says
    nothing.
    """
    for path in paths:
        there = {f"{path}__isnull": False, f"{column}__isnull": False}
        fault = f"with another {column.removesuffix('_id')} than {path.replace('__', '.')}"
        yield at_fault(model, fault, remedy, Q(**there) & ~Q(**{column: F(path)}))


def in_batches(found: models.QuerySet[Any], *columns: str) -> Iterator[list[tuple[Any, ...]]]:
    """The primary key and `columns` of `found`, some rows at a time."""
    latest = 0
    while batch := list(
        found.filter(pk__gt=latest).order_by("pk").values_list("pk", *columns)[:BATCH]
    ):
        yield batch
        latest = batch[-1][0]
