"""Carry out CSV imports: a whole file or nothing, with a record for each line (A1)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import batched
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from benefits_portal.backoffice.csv_reading import Cells, read
from benefits_portal.backoffice.importing import Import, ImportRow, OnProgress, Outcome, Refused
from benefits_portal.derived_fields import derived_columns, of_partners_of
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record

BATCH = 1_000  # rows written at a time


def carry_out(
    kind: type[Import],
    text: str,
    *,
    by: Actor,
    shown: str | None = None,
    on_progress: OnProgress = lambda done: None,
) -> Import:
    """Import the whole file in one transaction.

    Raises Unreadable, or Refused and changes nothing.
    """
    try:
        with transaction.atomic():
            asked = kind.of(text, by=by)
            if asked.refused or shown not in (None, asked.fingerprint):
                raise Refused(asked)
            asked.carry_out(by, on_progress)
    except (Refusal, ValidationError, IntegrityError) as error:
        # A simultaneous request did the same
        raise Refused(kind.of(text, by=by)) from error
    return asked


def carry_out_in_batches(
    kind: type[Import],
    text: str,
    *,
    by: Actor,
    on_batch: Callable[[Import], object],
    dry_run: bool = False,
) -> Counter[Outcome]:
    """The same for a file of any length, in batches of BATCH lines.

    `on_batch` gets each batch. A kind that `is_whole` is one batch. Changes nothing in a dry run,
    or if a line is refused. Raises Unreadable; also Refusal, ValidationError or IntegrityError if a
    simultaneous request did the same.
    """
    asked, counts = kind(by=by), Counter[Outcome]()
    with transaction.atomic():
        lines = read(text, kind.columns)
        for cells in [tuple(lines)] if kind.is_whole else batched(lines, BATCH, strict=False):
            asked.take(cells)
            counts += asked.counts
            if not (dry_run or counts[Outcome.REFUSED]):
                asked.carry_out(by, lambda done: None)
            on_batch(asked)
        transaction.set_rollback(bool(counts[Outcome.REFUSED]))
    return counts


def put_on_record(
    action: str,
    lines: Iterable[ImportRow],
    *,
    by: Actor,
    tenant_context: Callable[[Any], dict[str, Any]],
) -> None:
    """Write one record for each line, as if it had been done by hand (A1)."""
    Record.objects.bulk_create(
        (
            Record.objects.line(
                action,
                by=by,
                **tenant_context(line.row),
                subject=line.row,
                before=line.before,
                after=line.after,
            )
            for line in lines
        ),
        batch_size=BATCH,
    )


def batches(lines: list[ImportRow]) -> Iterator[list[ImportRow]]:
    return (lines[start : start + BATCH] for start in range(0, len(lines), BATCH))


class RowImport(Import):
    """An import whose lines are rows of one model, found by a natural key."""

    model: ClassVar[Any]
    fields: ClassVar[dict[str, str]]  # by column: what an import may also change

    def fill(self, line: ImportRow, cells: Cells, row: Any) -> None:
        """Set the row's fields from the line, and what it changes. Raises ValidationError."""
        line.row, new = row, row._state.adding
        line.columns = self.column_of()
        before = {name: getattr(row, name) for name in self.fields.values()}
        if not new and all(cells[column] == before[name] for column, name in self.fields.items()):
            return
        for column, name in self.fields.items():
            setattr(row, name, cells[column])
        self.clean(row)
        after = {name: getattr(row, name) for name in before}
        changed = [name for name in before if before[name] != after[name]]
        line.before = {} if new else {name: before[name] for name in changed}
        line.after = {name: after[name] for name in changed}
        if new or changed:
            line.outcome = Outcome.NEW if new else Outcome.CHANGED

    def column_of(self) -> dict[str, str]:
        """The file's column for each field of the model."""
        return {name: column for column, name in self.fields.items()}

    def clean(self, row: Any) -> None:
        """Validate all fields but the relations, which were looked up.

        Raises ValidationError with errors by the file's columns.
        """
        columns = self.column_of()
        try:
            row.clean_fields(
                exclude={field.name for field in row._meta.fields if field.is_relation}
            )
        except ValidationError as error:
            raise ValidationError(
                {columns.get(name, name): faults for name, faults in error.error_dict.items()}
            ) from error

    def carry_out(self, by: Actor, on_progress: OnProgress) -> None:
        done = 0
        for outcome in (Outcome.NEW, Outcome.CHANGED):
            for batch in batches([line for line in self.lines if line.outcome is outcome]):
                rows = [line.row for line in batch]
                if outcome is Outcome.NEW:
                    self.model.objects.bulk_create(rows, batch_size=BATCH)
                else:
                    of_partners_of(rows, self.model.objects.all()).bulk_update(
                        rows,
                        [*self.fields.values(), *derived_columns(self.model)],
                        batch_size=BATCH,
                    )
                self.after_writing(batch, by, outcome)
                on_progress(done := done + len(batch))

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        raise NotImplementedError
