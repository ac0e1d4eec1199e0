"""Judge a CSV file line by line before anything is imported.

Subclasses of `Import` define what a line means, and who may import it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from benefits_portal.formats import format_number
from benefits_portal.key_format import without_keys

from .csv_reading import Cells, read

type OnProgress = Callable[[int], object]


class TooManyLines(Exception):
    """The file has more lines than can be judged at once."""


class Refused(Exception):
    """Some lines are refused, or would do something other than shown; nothing was changed."""

    def __init__(self, asked: "Import") -> None:
        self.asked = asked


class Outcome(models.TextChoices):
    NEW = "new", gettext_lazy("New")
    CHANGED = "changed", gettext_lazy("Changed")
    SAME = "same", gettext_lazy("Unchanged")
    REFUSED = "refused", gettext_lazy("Refused")


@dataclass
class ImportRow:
    """What one line of the file would do.

    `before` and `after` are values by field; `columns` maps fields to columns of the file, and
    `written` turns a value into text.
    """

    line_number: int
    text: str
    outcome: Outcome = Outcome.SAME
    reason: str = ""
    row: Any = field(default=None, repr=False)
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)  # the file's, by the row's fields
    written: Callable[[Any], Any] = field(default=lambda value: value, repr=False)

    def __post_init__(self) -> None:
        """Mask product keys (K3)."""
        self.text = without_keys(self.text)

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        """The changes: column of the file, value before and value after, as text."""
        return [
            (
                self.columns.get(name, name),
                self.written(self.before[name]) if name in self.before else "",
                self.written(after),
            )
            for name, after in self.after.items()
        ]

    def refuse(self, reason: str | Promise) -> None:
        self.outcome, self.reason = Outcome.REFUSED, without_keys(str(reason))


class Import:
    """What a file would do. Subclasses define how lines are looked up, judged and imported."""

    columns: ClassVar[tuple[str, ...]]
    example: ClassVar[tuple[Any, ...]]  # a line of the sample file: strings or lazy translations
    help_texts: ClassVar[Mapping[str, str | Promise]]  # what each column holds
    # Functions that canonicalize cells before rows are looked up, by column (W2)
    spellings: ClassVar[Mapping[str, Callable[[str], str]]] = {}
    is_whole: ClassVar[bool] = False  # a file of any length is judged at once, not in batches

    def __init__(self, cells: Iterable[tuple[int, Cells]] = (), by: Any = None) -> None:
        self.by = by  # the person who imports, if that decides what is refused
        self.first: dict[tuple[str, ...], int] = {}  # line number by key, of all batches
        self.empty_lines: list[int] = []  # which were skipped; not those at the end of the file
        self.take(cells)

    @classmethod
    def of(cls, text: str, most_lines: int | None = None, by: Any = None) -> Self:
        """The whole file; raises Unreadable, or TooManyLines before a line is judged."""
        empty: list[int] = []
        lines = read(text, cls.columns, empty.append)
        cells = list(islice(lines, most_lines + 1 if most_lines else None))
        if most_lines and len(cells) > most_lines:
            raise TooManyLines
        asked = cls(cells, by)
        asked.empty_lines = [number for number in empty if number < cells[-1][0]]
        return asked

    def take(self, cells: Iterable[tuple[int, Cells]]) -> None:
        """Judge the lines of the next batch; only the keys of earlier lines are remembered."""
        self.cells = [(line_number, self.canonical(line)) for line_number, line in cells]
        self.look_up([cells for _number, cells in self.cells])
        self.lines = [self.judged(line_number, cells) for line_number, cells in self.cells]
        self.refuse_twice()

    def canonical(self, cells: Cells) -> Cells:
        """`cells` with their identifiers in canonical spelling."""
        return cells | {
            column: spelled(cells[column]) for column, spelled in self.spellings.items()
        }

    def look_up(self, cells: list[Cells]) -> None:
        """Fetch the rows that the lines name, all at once."""
        raise NotImplementedError

    def key(self, cells: Cells) -> tuple[str, ...]:
        """The key of a line, which a file must not contain twice."""
        raise NotImplementedError

    def judge(self, line: ImportRow, cells: Cells) -> None:
        """Set what `line` would do. Raises ValidationError with the reasons why it cannot."""
        raise NotImplementedError

    def carry_out(self, by: Any, on_progress: OnProgress) -> None:
        """Import the lines, as done by `by`; `on_progress` is called with the number done."""
        raise NotImplementedError

    def judged(self, line_number: int, cells: Cells) -> ImportRow:
        line = ImportRow(line_number, " · ".join(self.key(cells)))
        try:
            self.judge(line, cells)
        except ValidationError as error:
            line.refuse(" ".join(explained(error)))
        return line

    def refuse_twice(self) -> None:
        for (line_number, cells), line in zip(self.cells, self.lines, strict=True):
            if (before := self.first.setdefault(self.key(cells), line_number)) != line_number:
                line.refuse(_("Duplicate of line %(line)s.") % {"line": before})

    @property
    def counts(self) -> Counter[Outcome]:
        return Counter(line.outcome for line in self.lines)

    @property
    def refused(self) -> list[ImportRow]:
        return [line for line in self.lines if line.outcome is Outcome.REFUSED]

    @property
    def refused_first(self) -> list[ImportRow]:
        """All lines, the refused ones first, since a long file would hide them."""
        return sorted(self.lines, key=lambda line: line.outcome is not Outcome.REFUSED)

    @property
    def fingerprint(self) -> str:
        """A digest of the preview: what is confirmed must be exactly what was shown."""
        shown = "\n".join(
            f"{line.line_number} {line.text} {line.outcome} {line.before} {line.after}"
            for line in self.lines
        )
        return hashlib.sha256(shown.encode()).hexdigest()


def refuse_all(
    faults: dict[str, Any], checks: Iterable[Callable[[], object]], columns: tuple[str, ...]
) -> None:
    """Raise ValidationError with all errors of a line, in the order of `columns`.

    These are `faults`, and what `checks` raise. Each column has one error: that in `faults`, or
    else the last check's.
    """
    found: dict[str, Any] = {}
    for check in checks:
        try:
            check()
        except ValidationError as error:
            found |= error.error_dict
    found |= faults
    if found:
        raise ValidationError(
            {name: found[name] for name in sorted(found, key=[*columns, *found].index)}
        )


def explained(error: ValidationError) -> Iterator[str]:
    """The messages of `error`, each after its column."""
    if not hasattr(error, "error_dict"):
        yield from error.messages
        return
    for name, faults in error.error_dict.items():
        for fault in faults:
            yield from (f"{name}: {message}" for message in fault.messages)


def counts_text(counts: Counter[Outcome]) -> str:
    """As in: 3 lines: New 2, Unchanged 1."""
    lines = ngettext("%(count)s line", "%(count)s lines", counts.total()) % {
        "count": format_number(counts.total())
    }
    kinds = ", ".join(
        f"{outcome.label} {format_number(counts[outcome])}"
        for outcome in Outcome
        if counts[outcome]
    )
    return f"{lines}: {kinds}" if kinds else lines


def skipped_text(empty_lines: list[int]) -> str:
    """As in: 2 empty lines are skipped, the first is line 4. Empty if there are none."""
    if not empty_lines:
        return ""
    message = ngettext(
        "An empty line is skipped: line %(first)s.",
        "%(count)s empty lines are skipped; the first is line %(first)s.",
        len(empty_lines),
    )
    return message % {"count": format_number(len(empty_lines)), "first": empty_lines[0]}
