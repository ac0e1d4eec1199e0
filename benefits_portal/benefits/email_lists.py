"""The addresses in a text as people paste and programs save it, each with its line (W8)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from benefits_portal.backoffice.spreadsheets import without_guard
from benefits_portal.emails import MAX_EMAIL, unwrapped
from benefits_portal.key_format import shortened
from benefits_portal.typed import tidy

# A@x.com <a@x.com>
SAME_TWICE = re.compile(
    r"""(?<![^\s<>"';,])([^\s<>"';,@]++@[^\s<>"';,@]++)["']?\s*<(?:mailto:)?\1>""", re.IGNORECASE
)
QUOTED_LOCAL_PART = re.compile(r'"([^"\s@]++)"@')  # "kim.q"@x.com is kim.q@x.com
BETWEEN = re.compile(r'[\s,;:|/、，；：／→<>()\[\]"“”„«»]+')
BULLETS = "-–—*•·‣▪◦>→"


@dataclass(frozen=True)
class EmailList:
    """What was found, each with its line's number, and the first line where it heads a table."""

    found: list[tuple[int, str]]
    heading: tuple[int, str] | None = None

    @classmethod
    def of(cls, text: str) -> "EmailList":
        """Find the addresses in a text.

        A line without an address is found as a whole, but for the first of several: that is the
        heading.
        """
        lines = [
            (line_number, tidy(without_guard(line.strip())))
            for line_number, line in enumerate(text.splitlines(), 1)
        ]
        lines = [(line_number, line) for line_number, line in lines if line.strip(f",;| {BULLETS}")]
        heading = lines.pop(0) if len(lines) > 1 and not any(_addresses(lines[0][1])) else None
        found = [
            (line_number, shortened(part, MAX_EMAIL))
            for line_number, line in lines
            for part in [*_addresses(line)] or [line]
        ]
        return cls(found, heading and (heading[0], shortened(heading[1], MAX_EMAIL)))


def emails(text: str) -> Iterator[tuple[int, str]]:
    """The number of its line and each address, or the line where it has none."""
    yield from EmailList.of(text).found


def _addresses(line: str) -> Iterator[str]:
    """`Ann <a@x.com>; "Last, Bob" <mailto:b@x.com>, 'c@x.com'` has three."""
    text = unicodedata.normalize("NFKC", unescape(line))
    for part in BETWEEN.split(SAME_TWICE.sub(r"\1", QUOTED_LOCAL_PART.sub(r"\1@", text))):
        if "@" in part:
            yield unwrapped(part.lstrip(BULLETS)).partition("?")[0].strip("'").rstrip(".:!")
