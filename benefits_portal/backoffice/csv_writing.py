"""Lists to take along: CSV as the reader's spreadsheet opens it, and without formulas in it."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import batched

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.formats import get_format

TOGETHER = 200  # rows that are sent at a time
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # so that a spreadsheet reads UTF-8 as such
DELIMITERS = ",;\t|"

# What a spreadsheet calculates: in full width too, behind blanks and quotes, and behind what
# delimits cells elsewhere.
_FORMULA = (
    r"""(?P<begins>^|[,;\t|\r\n]){guard}(?P<before>(?:[^\S\t\r\n]|['"])*)"""
    r"""(?P<formula>[=+\-@＝＋－＠﹦﹢﹣﹫])"""
)
FORMULA, GUARDED = re.compile(_FORMULA.format(guard="")), re.compile(_FORMULA.format(guard="'"))


class Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


def harmless(value: object) -> str:
    """`value` as text that no spreadsheet takes for a formula, however it delimits cells.

    `without_guard` takes it back.
    """
    return FORMULA.sub(r"\g<begins>'\g<before>\g<formula>", str(value))


def without_guard(text: str) -> str:
    """What `harmless` was given."""
    return GUARDED.sub(r"\g<begins>\g<before>\g<formula>", text)


def spreadsheet(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """`rows`, heads first, as a download that is written while they are read.

    Where a comma is for decimals, `;` delimits.

    Every cell is quoted, so that no cell is two where another character delimits.
    """
    language = translation.get_language() or ""
    writer = csv.writer(
        Echo(),
        delimiter=";" if get_format("DECIMAL_SEPARATOR", language) == "," else ",",
        quoting=csv.QUOTE_ALL,
    )

    def written() -> Iterator[str]:
        with translation.override(language):  # the request's own is over by then
            yield BOM
            for some in batched(rows, TOGETHER):
                yield "".join(writer.writerow([harmless(value) for value in row]) for row in some)

    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(written(), content_type="text/csv; charset=utf-8", headers=headers)
