"""What a block puts on record, for whoever wants to know it of this very request."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .record import Record

_collected: ContextVar["list[Record] | None"] = ContextVar("collected_records", default=None)


@contextmanager
def collecting_records() -> "Iterator[list[Record]]":
    """The list fills with the records that the block logs, in this thread."""
    records: list[Record] = []
    token = _collected.set(records)
    try:
        yield records
    finally:
        _collected.reset(token)


def collect(record: "Record") -> None:
    if (records := _collected.get()) is not None:
        records.append(record)
