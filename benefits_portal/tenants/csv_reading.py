"""Reading CSV files as programs save them, into cells by column (W8).

UTF-8 with or without its mark, `;` or `,` between the cells, as spreadsheets write it. What an export of the back office
holds can be imported again, and changes nothing.
"""

import csv
from collections.abc import Iterator
from io import StringIO

from django.utils.translation import gettext as _

from benefits_portal.tenants.spreadsheets import FORMULA

type Cells = dict[str, str]


class Unreadable(Exception):
    """The file is no table of the columns that are asked for; says which line, where one is to blame."""


def decoded(content: bytes) -> str:
    """Raises Unreadable, with the line, for what is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise Unreadable(_("Line %(line)s is not in UTF-8. Save the file as “CSV UTF-8”.") % {"line": number}) from error
    if "\0" in text:
        raise Unreadable(_("Line %(line)s holds something that is no text.") % {"line": text[: text.index("\0")].count("\n") + 1})
    return text


def read(text: str, columns: tuple[str, ...]) -> Iterator[tuple[int, Cells]]:
    """Each line that is not empty: its number in the file, and its cells by column. Raises Unreadable."""
    head = text.partition("\n")[0]
    reader = csv.reader(StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",", strict=True)
    try:
        names = [name.strip().lower() for name in next(reader, [])]
        if sorted(names) != sorted(columns):
            raise Unreadable(_("Line 1 must name these columns: %(columns)s.") % {"columns": ", ".join(columns)})
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if len(cells) != len(names):
                    told = {"line": reader.line_num, "count": len(cells), "wanted": len(names)}
                    raise Unreadable(_("Line %(line)s has %(count)s cells, not %(wanted)s.") % told)
                yield reader.line_num, dict(zip(names, map(plain, cells), strict=True))
    except csv.Error as error:
        raise Unreadable(_("Line %(line)s cannot be read: %(what)s.") % {"line": reader.line_num, "what": error}) from error


def plain(cell: str) -> str:
    """A cell without the quote that an export puts before what a spreadsheet would take for a formula."""
    text = cell.strip()
    return text[1:] if text[:1] == "'" and text[1:].startswith(FORMULA) else text
