"""Keyset pagination: a page begins after a given row, not at an offset.

The last page costs as much as the first, and rows added or deleted meanwhile neither hide nor
repeat another row.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import F, Field, Func, Value
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

BATCH = 500  # rows fetched at a time for a download

type Cursor = list[Any]


class Unestimated(Func):
    """Hide a value from PostgreSQL's planner.

    The planner estimates a comparison of rows by their first column alone. After that column's
    largest value it expects hardly any rows, and sorts everything instead of reading the index.
    """

    template = "(SELECT %(expressions)s)"


@dataclass(frozen=True)
class Keyset:
    """An order of rows: its fields, the last of them the primary key, all in one direction.

    So one index serves both directions, and a cursor needs one row comparison. `salt` is for the
    signature of cursors.
    """

    fields: tuple[str, ...]
    is_descending: bool
    salt: str

    def sorted(self, rows: Any, *, backwards: bool = False) -> Any:
        sign = "-" if self.is_descending != backwards else ""
        return rows.order_by(*(f"{sign}{name}" for name in self.fields))

    def behind(
        self, rows: Any, cursor: Cursor | None, limit: int, *, backwards: bool = False
    ) -> Any:
        """The query for the first `limit` of `rows` after `cursor`, or before it, nearest first."""
        if cursor is not None:
            rows = rows.filter(self.after(cursor, backwards=backwards))
        return self.sorted(rows, backwards=backwards)[:limit]

    def batches(self, rows: Any) -> Iterator[list[Any]]:
        """All of `rows` in order, BATCH at a time."""
        cursor = None
        while batch := list(self.behind(rows, cursor, BATCH)):
            yield batch
            if len(batch) < BATCH:
                return
            cursor = self.cursor_of(batch[-1])

    def after(self, cursor: Cursor, *, backwards: bool) -> TupleGreaterThan | TupleLessThan:
        lookup = TupleLessThan if self.is_descending != backwards else TupleGreaterThan
        first, *others = cursor
        return lookup(Tuple(*map(F, self.fields)), [Unestimated(Value(first)), *others])

    def cursor_of(self, row: Any) -> Cursor:
        return [value_of(row, name) for name in self.fields]

    def encode_cursor(self, row: Any) -> str:
        """The cursor of `row` for a URL, signed so that nobody can make up a value."""
        return self._signer.sign_object([str(value) for value in self.cursor_of(row)])

    def decode_cursor(self, text: str, fields: "Sequence[Field[Any, Any]]") -> Cursor | None:
        """The cursor in a URL; None if it is forged, or older than a change of the `fields`."""
        try:
            texts = self._signer.unsign_object(text)
            return [field.to_python(value) for field, value in zip(fields, texts, strict=True)]
        except (BadSignature, ValueError, ValidationError):
            return None

    @property
    def _signer(self) -> Signer:
        return Signer(salt=self.salt)


def value_of(row: Any, name: str) -> Any:
    """The value of field `name`, which may span relations, of an instance or a dict of values."""
    return row[name] if isinstance(row, dict) else reduce(getattr, name.split("__"), row)
