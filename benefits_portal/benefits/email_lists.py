"""The email addresses in a pasted text or a file, each with its line number (W8)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from itertools import dropwhile

from benefits_portal.backoffice.csv_reading import is_preamble
from benefits_portal.backoffice.csv_writing import DELIMITERS, without_guard
from benefits_portal.emails import MAX_EMAIL, unwrapped
from benefits_portal.key_format import shortened
from benefits_portal.typed_text import tidy

# A@x.com <a@x.com>
SAME_TWICE = re.compile(
    r"""(?<![^\s<>"';,])([^\s<>"';,@]++@[^\s<>"';,@]++)["']?\s*<(?:mailto:)?\1>""", re.IGNORECASE
)
QUOTED_LOCAL_PART = re.compile(r'"([^"\s@]++)"@')  # "kim.q"@x.com is kim.q@x.com
BETWEEN = re.compile(r'[\s,;:|/、，；：／→<>()\[\]"“”„«»]+')
BULLETS = "-–—*•·‣▪◦>→"
NOTHING = f",;| {BULLETS}"  # characters that alone are no line and no part
# The parts between separators that are outside quotation marks and angle brackets
_QUOTED = r'"[^"]*"|“[^“”]*”|<[^<>]*>'
BETWEEN_SEMICOLONS = re.compile(rf"(?:{_QUOTED}|[^;])+")
BETWEEN_COMMAS = re.compile(rf"(?:{_QUOTED}|[^,、])+")
# Meant as an address: kim at contoso.com, kim(at)contoso.com
SPELLED_OUT = re.compile(r"\S(?: at |\s?[(\[{]\s?at\s?[)\]}]\s?)\S+\.\w", re.IGNORECASE)
OTHER_SCHEME = re.compile(r"x[45]00:", re.IGNORECASE)  # a directory's names of a mailbox


@dataclass(frozen=True)
class EmailList:
    """The addresses that were found with their line numbers, and the heading of a table, if any."""

    found: list[tuple[int, str]]
    heading: tuple[int, str] | None = None

    @classmethod
    def of(cls, text: str) -> "EmailList":
        """Find the addresses in a text.

        A line without an address is found as a whole, except the first of several, which is the
        heading. In a list of recipients, so is each part without one.
        """
        lines = [
            (line_number, _plain(line))
            for line_number, line in _below_preamble(text)
            if tidy(line).strip(NOTHING)
        ]
        heading = lines.pop(0) if len(lines) > 1 and "@" not in lines[0][1] else None
        is_table = _is_table(heading[1] if heading else "", [line for _number, line in lines])
        found = [
            (line_number, shortened(part, MAX_EMAIL))
            for line_number, line in lines
            for part in ([*_entries(line, is_table=is_table)] if "@" in line else [line])
        ]
        return cls(found, heading and (heading[0], shortened(heading[1], MAX_EMAIL)))


def emails(text: str) -> Iterator[tuple[int, str]]:
    """The line number of each address; for a line without one, of the line."""
    yield from EmailList.of(text).found


def _below_preamble(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their numbers, without what programs write above a table."""
    lines = enumerate(text.removeprefix("\ufeff").splitlines(), 1)
    return dropwhile(lambda line: not line[1].strip() or is_preamble(line[1]), lines)


def _is_table(heading: str, lines: list[str]) -> bool:
    """Whether delimited parts of `lines` are cells, such as names beside an address."""
    counts = [{line.count(mark) for line in lines} for mark in DELIMITERS]
    is_regular = len(lines) > 1 and any(len(each) == 1 and each != {0} for each in counts)
    return bool(set(heading) & set(DELIMITERS)) or (is_regular and not any(map(_is_named, lines)))


def _entries(line: str, *, is_table: bool) -> Iterator[str]:
    """The addresses in `line`, and parts without one in a list of recipients."""
    parts = BETWEEN_SEMICOLONS.findall(line)
    lists = not is_table and (any(map(_is_named, parts)) or line.count("@") > 1)
    for part in parts:
        if "@" in part:
            yield from _in_part(part, lists=lists)
        elif _is_left_out(part, lists=lists):
            yield part.strip()


def _in_part(part: str, *, lists: bool) -> Iterator[str]:
    """The same for a part; some commas belong to names: Langer, Isaiah <isaiah@x.com>."""
    names: list[str] = []
    for piece in [*BETWEEN_COMMAS.findall(part), ""]:
        if not piece or _is_bare(piece) or (names and names[-1].endswith(">")):
            left_out = ", ".join(names)
            if _is_left_out(left_out, lists=lists):
                yield left_out
            names = []
        if "@" in piece:
            yield from _addresses(piece)
            names = []
        elif piece.strip(NOTHING):
            names.append(piece.strip())


def _is_left_out(part: str, *, lists: bool) -> bool:
    """Whether `part`, which has no address, was probably meant as one."""
    if SPELLED_OUT.search(part):
        return True
    return lists and bool(part.strip(NOTHING)) and not OTHER_SCHEME.match(part.strip())


def _is_named(part: str) -> bool:
    """Whether it is `Name <address>`, as programs write recipients."""
    name, _mark, email = part.rpartition("<")
    return bool(name.strip(NOTHING)) and "@" in email


def _is_bare(piece: str) -> bool:
    """Whether it is an address without a name."""
    return "@" in piece and "<" not in piece and len(piece.strip(f" {BULLETS}").split()) == 1


def _plain(line: str) -> str:
    """`line` without what programs put around addresses."""
    text = unicodedata.normalize("NFKC", unescape(tidy(without_guard(line.strip()))))
    return SAME_TWICE.sub(r"\1", QUOTED_LOCAL_PART.sub(r"\1@", text))


def _addresses(piece: str) -> Iterator[str]:
    """`Ann <a@x.com>` has one, `smtp:a@x.com / b@x.com` two."""
    for part in BETWEEN.split(piece):
        if "@" in part:
            yield unwrapped(part.lstrip(BULLETS)).partition("?")[0].strip("'").rstrip(".:!")
