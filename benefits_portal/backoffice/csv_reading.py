"""Read CSV files as programs save them, into cells by column (W8).

UTF-8 with or without a byte order mark, or UTF-16; cells separated by `;`, `,`, `|` or tabs. Lines
that programs write before and after the table are skipped. A file exported by the back office can
be imported again, and changes nothing.
"""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from io import StringIO

from django.utils.translation import gettext as _

from benefits_portal.backoffice.csv_writing import DELIMITERS, without_guard
from benefits_portal.key_format import shortened, without_keys
from benefits_portal.typed_text import tidy

type Cells = dict[str, str]

SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # a line for spreadsheet programs
POWERSHELL = "#type "  # the first line of its Export-Csv
END_OF_FILE = re.compile(r"\x1a\s*\Z")  # Ctrl-Z, as DOS programs still write it
NO_CELLS = f'{DELIMITERS}" \r\n'


class Unreadable(Exception):
    """The file is not a table with the expected columns; the message names the line if it can.

    Product keys in it are masked (K3).
    """

    def __init__(self, message: str) -> None:
        super().__init__(without_keys(message))


def as_unicode(content: bytes) -> str:
    """Decode by the byte order mark, else as UTF-8. Raises UnicodeDecodeError."""
    is_utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if is_utf_16 else "utf-8-sig")


def decoded(content: bytes) -> str:
    """Decode a file. Raises Unreadable, with the line, if it is neither UTF-8 nor UTF-16."""
    try:
        text = as_unicode(content)
    except UnicodeDecodeError as error:
        line = len((content[: error.start] + b".").splitlines())
        raise Unreadable(
            _("Line %(line)s is not in UTF-8. Save the file as “CSV UTF-8”.") % {"line": line}
        ) from error
    if "\0" in text:
        line = len((text[: text.index("\0")] + ".").splitlines())
        raise Unreadable(
            _("Line %(line)s contains something that isn't text. Save the file as “CSV UTF-8”.")
            % {"line": line}
        )
    return text


def read(
    text: str,
    columns: tuple[str, ...],
    on_empty: Callable[[int], object] = lambda line_number: None,
) -> Iterator[tuple[int, Cells]]:
    """The line number in the file and the cells by column, of each line that is not empty.

    `on_empty` is called with the numbers of empty lines below the heading. Raises Unreadable.
    """
    skipped, delimiter, table = _table(END_OF_FILE.sub("", text))
    rows = _rows(table, delimiter, skipped)
    line_number, heading = next(rows, (1, []))
    names = [tidy(name).lower() for name in heading]
    _check_names(line_number, names, columns)
    heading_line, is_empty = line_number, True
    for line_number, cells in rows:
        if any(cells):
            is_empty = False
            yield line_number, _by_name(line_number, names, cells)
        else:
            on_empty(line_number)
    if is_empty:
        raise Unreadable(
            _("There is nothing to import below the heading in line %(line)s. Add your rows there.")
            % {"line": heading_line}
        )


def is_preamble(line: str) -> bool:
    """Whether `line` comes before a table: `sep=;`, or the type that PowerShell writes."""
    return bool(SEPARATOR.fullmatch(line)) or line.strip('"').lower().startswith(POWERSHELL)


def _table(text: str) -> tuple[int, str, str]:
    """The number of lines before the table, its delimiter, and its text."""
    delimiter = ""
    lines = StringIO(text, newline="")
    for skipped, line in enumerate(lines):
        if found := SEPARATOR.fullmatch(line):
            delimiter = found[1]
        elif line.strip(NO_CELLS) and not is_preamble(line):
            delimiter = delimiter or max(DELIMITERS, key=line.count)
            return skipped, delimiter, line + lines.read()
    return 0, ",", ""


def _rows(table: str, delimiter: str, skipped: int) -> Iterator[tuple[int, list[str]]]:
    """The line number and the cells of each row. Raises Unreadable."""
    reader = csv.reader(StringIO(table, newline=""), delimiter=delimiter, strict=True)
    start = 0
    try:
        for cells in reader:
            yield skipped + start + 1, [plain(cell) for cell in cells]
            start = reader.line_num
    except csv.Error as error:
        if "field larger" in str(error):
            raise Unreadable(
                _("Line %(line)s can't be read: a cell in it is too long.")
                % {"line": skipped + start + 1}
            ) from error
        message = _(
            "Line %(line)s can't be read: a quotation mark in it is not closed, or text "
            "follows it. "
            "Remove it, or write it twice with quotes around the cell."
        )
        raise Unreadable(message % {"line": skipped + start + 1}) from error


def _check_names(line_number: int, names: list[str], columns: tuple[str, ...]) -> None:
    """Raise Unreadable unless `names` are `columns` in any order, and possibly empty names."""
    named = [name for name in names if name]
    if sorted(named) == sorted(columns):
        return
    text = _("Line %(line)s must name these columns: %(columns)s.") % {
        "line": line_number,
        "columns": ", ".join(columns),
    }
    faults = {
        _("Missing: %(columns)s."): [name for name in columns if name not in named],
        _("Remove: %(columns)s."): [name for name in dict.fromkeys(named) if name not in columns],
        _("There twice: %(columns)s."): [name for name in columns if named.count(name) > 1],
    }
    raise Unreadable(
        " ".join(
            [
                text,
                *(
                    fault % {"columns": shortened(", ".join(found), 200)}
                    for fault, found in faults.items()
                    if found
                ),
            ]
        )
    )


def _by_name(line_number: int, names: list[str], cells: list[str]) -> Cells:
    """`cells` by column, without empty ones in unnamed columns. Raises Unreadable."""
    while len(cells) > len(names) and not cells[-1]:
        cells.pop()
    if len(cells) != len(names):
        message = _(
            "Line %(line)s has %(count)s cells, not %(wanted)s. A cell that contains a delimiter "
            "needs quotes around it."
        )
        raise Unreadable(message % {"line": line_number, "count": len(cells), "wanted": len(names)})
    for position, (name, cell) in enumerate(zip(names, cells, strict=True), start=1):
        if cell and not name:
            message = _("Line %(line)s has “%(cell)s” in column %(column)s, which has no name.")
            raise Unreadable(
                message
                % {"line": line_number, "cell": shortened(tidy(cell), 40), "column": position}
            )
    return {name: cell for name, cell in zip(names, cells, strict=True) if name}


def plain(cell: str) -> str:
    """A cell without surrounding spaces, and without the guard of `csv_writing.harmless`."""
    return without_guard(cell.strip()).strip()
