"""Keyset pages: a page begins behind a row of the order, not after a number of rows.

The last page costs what the first one does, and rows that come or go meanwhile neither hide nor
repeat another.
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
    """A value that PostgreSQL does not see while it plans.

    It judges a comparison of rows by the first of their columns alone: behind the greatest value of
    that one it expects next to nothing, and sorts everything instead of reading on in the index.
    """

    template = "(SELECT %(expressions)s)"


@dataclass(frozen=True)
class Keyset:
    """An order of rows: its fields, of which the last is the primary key, all in one direction.

    One index serves both directions, and what comes after a cursor is one comparison. `salt` is
    that of the signature of cursors.
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
        """The cursor of `row` for a URL: signed, so that only what was in the list comes back."""
        return self._signer.sign_object([str(value) for value in self.cursor_of(row)])

    def decode_cursor(self, text: str, fields: "Sequence[Field[Any, Any]]") -> Cursor | None:
        """None for a cursor that is forged, or from when the column had other `fields`."""
        try:
            texts = self._signer.unsign_object(text)
            return [field.to_python(value) for field, value in zip(fields, texts, strict=True)]
        except (BadSignature, ValueError, ValidationError):
            return None

    @property
    def _signer(self) -> Signer:
        return Signer(salt=self.salt)


def value_of(row: Any, name: str) -> Any:
    """The field `name`, which may lead through relations, of a row or of its values."""
    return row[name] if isinstance(row, dict) else reduce(getattr, name.split("__"), row)
