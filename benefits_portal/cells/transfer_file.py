"""The file in which a partner moves: a line of JSON per row, between a header and a signature.

Without the secret, a reader finds the partner's data, but no product keys and no password hashes.
The file is read and checked as a whole before anything is imported.
"""

import hmac
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.db import connection

from .belongings import SHARED, carried, columns
from .portable import Row
from .sealing import Seal

FORMAT = "benefits-portal partner 1"
USERS = "tenants.User"
# What parsing untrusted JSON may raise, also for deep nesting, and for values that are no objects
NO_JSON = (ValueError, AttributeError, RecursionError)


class Unfit(Exception):
    """The file cannot be imported here; the message says why, and what to do."""


@dataclass(frozen=True)
class Head:
    """The header: the portals, the partner, and a digest of the tables.

    A copy to read has no receiving portal.
    """

    from_cell: int
    to_cell: int | None
    partner: int
    mpn_id: str
    name: str
    made_at: str
    tables: str = ""
    format: str = FORMAT


@dataclass
class Total:
    """The number of rows of a table, and one digest of all of them in order."""

    count: int = 0
    _digest: Any = field(default_factory=sha256, repr=False)

    def add(self, row: Row) -> None:
        self.count += 1
        self._digest.update(as_line(comparable(row)))

    @property
    def digest(self) -> str:
        return str(self._digest.hexdigest())


type Totals = dict[str, Total]


def comparable(row: Row) -> Row:
    """`row` with only the mark of each secret, since sealing it again gives another text."""
    marks = {name: value["mark"] for name, value in row.items() if is_closed(value)}
    return row | marks


def is_closed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"sealed", "mark"}


def as_line(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def tables() -> str:
    """A digest of the tables and columns that move, which differs between versions."""
    shape = {
        model._meta.label: {
            field.column: field.db_type(connection) for field in model._meta.concrete_fields
        }
        for model in (*carried(), *SHARED)
    }
    assert all(columns(model) for model in carried())  # noqa: S101 - each has some
    return sha256(as_line(shape)).hexdigest()


def listed(totals: Totals) -> str:
    """The number of rows of each table, as text."""
    width = max(map(len, totals))
    return "\n".join(
        f"{label:{width}} {total.count:>9,}  {total.digest[:16]}" for label, total in totals.items()
    )


def compared(sent: Totals, arrived: Totals) -> str:
    """The same for what was sent and what arrived."""
    width = max(map(len, sent))
    return "\n".join(
        f"{label:{width}} {total.count:>9,} {arrived[label].count:>9,}  "
        f"{total.digest[:16]} {arrived[label].digest[:16]}"
        for label, total in sent.items()
    )


def for_its_owner(path: str, flags: int) -> int:
    """An opener for files that only their owner can read."""
    return os.open(path, flags, 0o600)


class Writer:
    """Writes a file that only its owner can read; `totals` of what was written."""

    def __init__(self, path: Path, seal: Seal | None, head: Head) -> None:
        self.totals: Totals = {}
        self._signature = seal.signature() if seal else None
        self._path = path
        self._file = open(path, "xb", opener=for_its_owner)  # noqa: SIM115 - `end` closes it
        self._line(asdict(head))

    def row(self, label: str, row: Row) -> None:
        self.totals.setdefault(label, Total()).add(row)
        self._line({"table": label, "row": row})

    def end(self) -> None:
        written = {label: [total.count, total.digest] for label, total in self.totals.items()}
        self._line({"totals": written})
        if self._signature:
            self._file.write(as_line({"signature": self._signature.hexdigest()}))
        self._file.close()

    def give_up(self) -> None:
        """Remove the file, which is incomplete."""
        with suppress(OSError):  # closing writes the rest, which may fail as well
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _line(self, value: Any) -> None:
        line = as_line(value)
        self._file.write(line)
        if self._signature:
            self._signature.update(line)


class Reader:
    """A file that was read and checked: signed, complete, of this version, for this portal."""

    def __init__(self, path: Path, secret: str, cell: int) -> None:
        """Raises Unfit."""
        self.path, self.head = path, head_of(path)
        self._check_head(cell)
        self.seal = Seal(secret, cell)
        self._check_signature()
        if self.head.tables != tables():
            raise Unfit(
                "The file is of another version of the portal. Install the same version in both "
                "portals, and export again."
            )

    def _check_head(self, cell: int) -> None:
        if self.head.format != FORMAT:
            raise Unfit("The file is of another version of the portal. Export again.")
        if self.head.to_cell is None:
            raise Unfit("The file is a copy to read: without keys and passwords. Export again.")
        if self.head.to_cell != cell:
            raise Unfit(
                f"The file is for the portal CELL={self.head.to_cell}; this is CELL={cell}. "
                "Import it there."
            )

    def _check_signature(self) -> None:
        """Raise Unfit if the file is incomplete or altered, or signed with another secret."""
        signature, last = self.seal.signature(), b""
        with self.path.open("rb") as file:
            for line in file:
                signature.update(last)
                last = line
        found = ""
        with suppress(*NO_JSON):
            found = json.loads(last).get("signature", "")
        if not hmac.compare_digest(
            str(found).encode(errors="replace"), signature.hexdigest().encode()
        ):
            raise Unfit(
                "The file was cut or altered, or TRANSFER_SECRET differs in the two portals. "
                "Compare the secrets, copy the file again, or export again."
            )

    def rows(self) -> Iterator[tuple[str, Row]]:
        with self.path.open("rb") as file:
            for line in file:
                value = json.loads(line)
                if "table" in value:
                    yield value["table"], value["row"]


def head_of(path: Path) -> Head:
    """The header of a file. Raises Unfit if it is not such a file."""
    try:
        with path.open("rb") as file:
            return Head(**json.loads(file.readline(10_000)))
    except (OSError, TypeError, *NO_JSON) as problem:
        raise Unfit(f"{path} is no file of export_partner that can be read.") from problem
