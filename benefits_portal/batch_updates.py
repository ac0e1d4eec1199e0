"""Update many rows in batches, so that nobody waits for longer than a batch takes."""

from collections.abc import Callable
from typing import Any

from django.db import models, transaction

BATCH = 1_000  # rows of one transaction


def update_in_batches(
    rows: models.QuerySet[Any], update: Callable[[models.QuerySet[Any]], int]
) -> int:
    """Call `update` with BATCH of `rows` per transaction; return the sum of what it returns.

    Rows that are locked at that moment are skipped, and left for the next call.
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
    """Call `update` with the first `most` of `rows`, in the caller's transaction.

    Waits for locked rows.
    """
    with transaction.atomic():
        return update(
            rows.model._base_manager.filter(pk__in=_locked(rows, most, skip_locked=False))
        )


def _locked(rows: models.QuerySet[Any], most: int, *, skip_locked: bool) -> list[int]:
    """Lock the first `most` of `rows` by primary key, and return their keys."""
    found = (
        rows.order_by("pk")
        .only("pk")
        .select_for_update(of=("self",), no_key=True, skip_locked=skip_locked)
    )
    return [row.pk for row in found[:most]]
