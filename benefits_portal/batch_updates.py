"""Many rows, some at a time: nobody waits for longer than a batch takes."""

from collections.abc import Callable
from typing import Any

from django.db import models, transaction

BATCH = 1_000  # rows of one transaction


def update_in_batches(
    rows: models.QuerySet[Any], update: Callable[[models.QuerySet[Any]], int]
) -> int:
    """Hand `rows` to `update` by primary key, BATCH of them in a transaction, and return how many.

    A row that somebody is changing at that moment is passed over: neither waits for the other, and
    it stays for the next time.
    """
    done, latest = 0, 0
    while True:
        with transaction.atomic():
            pks = _locked(rows.filter(pk__gt=latest), BATCH, skip_locked=True)
            if not pks:
                return done
            done += update(rows.model._base_manager.filter(pk__in=pks))
            latest = pks[-1]


def update_first(
    rows: models.QuerySet[Any], update: Callable[[models.QuerySet[Any]], int], most: int
) -> int:
    """Hand the first `most` of `rows` to `update`, inside the caller's transaction.

    Waits for whoever is changing one.
    """
    with transaction.atomic():
        return update(
            rows.model._base_manager.filter(pk__in=_locked(rows, most, skip_locked=False))
        )


def _locked(rows: models.QuerySet[Any], most: int, *, skip_locked: bool) -> list[int]:
    """The primary keys of the first `most` of `rows`, in their order, locked."""
    found = (
        rows.order_by("pk")
        .only("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    )
    return [row.pk for row in found[:most]]
