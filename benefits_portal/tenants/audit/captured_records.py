"""What a block puts on record, for a caller that needs to know it at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .record import Record

_captured: ContextVar["list[Record] | None"] = ContextVar("captured_records", default=None)


@contextmanager
def captured_records() -> "Iterator[list[Record]]":
    """The list fills with the records that the block logs, in this thread."""
    records: list[Record] = []
    token = _captured.set(records)
    try:
        yield records
    finally:
        _captured.reset(token)


def capture(record: "Record") -> None:
    if (records := _captured.get()) is not None:
        records.append(record)
