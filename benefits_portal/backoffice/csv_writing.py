"""Write downloads as CSV that the reader's spreadsheet program opens, without formulas."""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import batched

from django.http import StreamingHttpResponse
from django.utils import translation
from django.utils.formats import get_format

ROWS_AT_A_TIME = 200  # sent together
BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"  # so that a spreadsheet reads UTF-8 as such
DELIMITERS = ",;\t|"

# The beginning of a formula: also in full width, after spaces and quotes, and after any delimiter,
# since a program may split cells at another one.
_FORMULA = (
    r"""(?P<begins>^|[,;\t|\r\n]){guard}(?P<before>(?:[^\S\t\r\n]|['"])*)"""
    r"""(?P<formula>[=+\-@＝＋－＠﹦﹢﹣﹫])"""
)
FORMULA, GUARDED = re.compile(_FORMULA.format(guard="")), re.compile(_FORMULA.format(guard="'"))


class Echo:
    """A file whose `write` returns the text, as csv.writer then does too."""

    def write(self, text: str) -> str:
        return text


def harmless(value: object) -> str:
    """`value` as text that no spreadsheet program takes for a formula: an apostrophe guards it.

    The reverse of `without_guard`.
    """
    return FORMULA.sub(r"\g<begins>'\g<before>\g<formula>", str(value))


def without_guard(text: str) -> str:
    """The text that `harmless` was given."""
    return GUARDED.sub(r"\g<begins>\g<before>\g<formula>", text)


def spreadsheet(name: str, rows: Iterable[Iterable[object]]) -> StreamingHttpResponse:
    """A streamed download of `rows`, the header row first.

    Delimited by `;` in languages with decimal commas, and else by `,`. Every cell is quoted, so
    that programs that split at another character keep it whole.
    """
    language = translation.get_language() or ""
    writer = csv.writer(
        Echo(),
        delimiter=";" if get_format("DECIMAL_SEPARATOR", language) == "," else ",",
        quoting=csv.QUOTE_ALL,
    )

    def written() -> Iterator[str]:
        with translation.override(language):  # the request has ended by then
            yield BOM
            for some in batched(rows, ROWS_AT_A_TIME):
                yield "".join(writer.writerow([harmless(value) for value in row]) for row in some)

    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(written(), content_type="text/csv; charset=utf-8", headers=headers)
