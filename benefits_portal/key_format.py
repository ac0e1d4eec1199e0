"""The format of product keys: how to find them in texts, and how to show and mask them.

The key field, masking and URLs share one parser, so that whatever the key field accepts is also
masked (K1, K3, W5, W6). It reads a text once, from left to right. static/js/key-field.js finds keys
in the same way; tests/key_examples.py tests both.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from html import unescape
from itertools import pairwise

from stdnum.iso7064 import mod_37_36

PREFIX = "PCBEN"  # so that our keys cannot be mistaken for genuine ones
ALPHABET = "BCDFGHJKMPQRTVWXY2346789"  # no look-alikes, no vowels
LENGTH = 25
BODY = LENGTH - len(PREFIX)  # characters after the prefix, with the check character
MASKED_FROM = 15  # of 25 characters: so many are masked even if the rest is missing

# Where groups of a body begin: every five characters, as it is shown, or alone, unbroken or each
# character apart.
_AS_GROUPED = re.compile(
    r"(?=.[.]{4}[|][.]{4}[|][.]{4}[|][.]{4}|[|][.]{19}(?:[|]|$)|(?<![|])[|]{20}(?:[|][.]|$))"
)
_HEXADECIMAL = set("0123456789ABCDEF")  # as in UUIDs and digests
_BETWEEN = r"[\W_\u115f\u1160]*+"  # anything but visible letters and digits
_BODY_MAYBE = re.compile(rf"(?:[{ALPHABET}]{_BETWEEN}){{{BODY}}}")
_PREFIX_MAYBE = re.compile(_BETWEEN.join(PREFIX))

_UNSEEN = {"Cf", "Mn", "Mc", "Me"}  # Unicode's invisible characters and accents
_FILLERS = {"\u115f", "\u1160"}  # invisible, although Unicode calls them letters
_DASHES = {"\u2212", "_", "."}  # the first is the minus sign
_APART = {"Ps", "Pe"}  # brackets
_APART_TOO = {",", ";", ":", "/"}
# Letters of other alphabets that look like those of PREFIX: Cyrillic, then Greek
_LOOK_ALIKES = str.maketrans("РСВЕΡΒΕΝ", "PCBEPBEN")


class Gap(IntEnum):
    """What separates a character from the previous one."""

    NOTHING = 0  # or invisible characters only
    DASH = 1
    SPACE = 2  # or a quotation mark, a line break, the mark of a quoted email
    APART = 3  # something that no key contains


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter or digit, normalized: uppercase, without accents, half-width."""

    character: str
    position: int  # in the text
    gap: Gap


@dataclass(frozen=True, slots=True)
class KeyText:
    """A part of a text that begins like one of our keys: `text[start:end]`."""

    letters: str  # normalized; 25 in a whole key
    start: int
    end: int

    @property
    def foreign(self) -> int | None:
        """The index, within the first 25, of the first character that no key has; else None."""
        fitting = [*PREFIX, *[ALPHABET] * BODY]
        pairs = enumerate(zip(self.letters, fitting, strict=False))
        return next((index for index, (letter, some) in pairs if letter not in some), None)

    @property
    def is_whole(self) -> bool:
        return is_shaped(self.letters)


def is_shaped(key: str) -> bool:
    """Whether `key`, normalized, has the length, prefix and characters of one of our keys."""
    return (
        len(key) == LENGTH and key.startswith(PREFIX) and set(key[len(PREFIX) :]) <= set(ALPHABET)
    )


def key_texts(text: str) -> list[KeyText]:
    """All parts of `text` that begin like one of our keys.

    Also incomplete and mistyped keys, and keys with look-alike letters of other alphabets.
    """
    letters = _letters(text) if _may_hold_one(text) else []
    return [
        _key_text(letters[start:stop])
        for start, stop in _beginnings(letters, _LOOK_ALIKES)
        if not _is_torn(letters, start)
    ]


def normalized(typed: str) -> str:
    """The letters and digits of `typed`: uppercase, without accents, half-width."""
    return "".join(letter.character for letter in _letters(typed))


def grouped(key: str) -> str:
    """The key in groups of five: PCBEN-XXXXX-XXXXX-XXXXX-XXXXX."""
    return "-".join(key[start : start + 5] for start in range(0, len(key), 5))


def masked(last_five: str) -> str:
    return grouped("•" * (LENGTH - 5) + last_five)


def is_consistent_body(body: str) -> bool:
    """Whether the last of the 20 characters after the prefix is the right check character."""
    return bool(mod_37_36.checksum(body, ALPHABET) == 1)


def without_keys(text: str, at_least: int = MASKED_FROM) -> str:
    """`text` with our keys masked (K3).

    Also keys without their prefix, and incomplete ones of `at_least` characters.
    """
    plain = unescape(text) if "&" in text else text  # HTML may escape hyphens and spaces
    masked_text = _without_bodies(_without_prefixed_keys(plain, at_least))
    return masked_text if masked_text != plain else text


def shortened(text: str, length: int) -> str:
    """The first `length` characters of `text`, with keys masked before it is cut (K3)."""
    return without_keys(text)[:length]


def _without_prefixed_keys(text: str, at_least: int) -> str:
    pieces, at = [], 0  # joined once: a file may hold thousands of keys
    letters = _letters(text) if _may_hold_one(text) else []
    for start, stop in _beginnings(letters):
        whole = letters[start : min(start + LENGTH, stop)]  # with anything in between
        found = KeyText(
            "".join(letter.character for letter in whole), whole[0].position, whole[-1].position + 1
        )
        if not found.is_whole:
            found = _key_text(letters[start:stop])
        if len(found.letters) >= at_least:
            pieces += [
                text[at : found.start],
                masked(found.letters[-5:]) if found.is_whole else f"{PREFIX}-…",
            ]
            at = found.end
    return "".join([*pieces, text[at:]])


def _without_bodies(text: str) -> str:
    """`text` with keys masked that lack their prefix.

    That is, 20 characters in groups as people write them, with the right check character.
    """
    if not _BODY_MAYBE.search(unicodedata.normalize("NFKD", text).upper()):
        return text
    pieces, at, end = [], 0, 0
    letters = _letters(text)
    characters = "".join(letter.character for letter in letters)
    begins_group = "".join("." if letter.gap is Gap.NOTHING else "|" for letter in letters)
    for found in _AS_GROUPED.finditer(begins_group):
        start = found.start()
        if start >= end and _is_body(characters[start : start + BODY]):
            end = start + BODY
            pieces += [text[at : letters[start].position], masked(characters[end - 5 : end])]
            at = letters[end - 1].position + 1
    return "".join([*pieces, text[at:]])


def _is_body(body: str) -> bool:
    """Whether `body` can be that of a key, and is not another kind of identifier.

    One in 24 other texts has the right check character by chance, so hexadecimal ones are excluded.
    """
    return set(body) <= set(ALPHABET) and not set(body) <= _HEXADECIMAL and is_consistent_body(body)


def _may_hold_one(text: str) -> bool:
    """Whether `text` may contain the prefix: a fast check, which excludes most texts."""
    seen = unicodedata.normalize("NFKD", text).upper().translate(_LOOK_ALIKES)
    return _PREFIX_MAYBE.search(seen) is not None


def _letters(text: str) -> list[_Letter]:
    letters: list[_Letter] = []
    gap = Gap.APART
    for position, written in enumerate(text):
        for character in unicodedata.normalize("NFKD", written).upper():
            between = _gap(character)
            if between is None:
                letters.append(_Letter(character, position, gap))
            gap = Gap.NOTHING if between is None else max(gap, between)
    return letters


def _gap(character: str) -> Gap | None:
    """The kind of gap that `character` makes; None for a letter or a digit."""
    category = unicodedata.category(character)
    if category in _UNSEEN or character in _FILLERS:
        return Gap.NOTHING
    if category[0] in "LN":
        return None
    if category == "Pd" or character in _DASHES:
        return Gap.DASH
    return Gap.APART if category in _APART or character in _APART_TOO else Gap.SPACE


def _beginnings(
    letters: list[_Letter], alike: Mapping[int, int] | None = None
) -> Iterator[tuple[int, int]]:
    """The start of each prefix, and the start of the next one or the end of the text.

    `alike` translates look-alike letters first.
    """
    characters = "".join(letter.character for letter in letters).translate(alike or {})
    starts, start = [], characters.find(PREFIX)
    while start >= 0:
        starts.append(start)
        start = characters.find(PREFIX, start + len(PREFIX))
    return pairwise([*starts, len(letters)])


def _is_torn(letters: list[_Letter], start: int) -> bool:
    """Whether the letters of the prefix are not one word, as in `Fax PC (Benelux)`."""
    return any(letter.gap is Gap.APART for letter in letters[start + 1 : start + len(PREFIX)])


def _key_text(letters: list[_Letter]) -> KeyText:
    """The letters that belong to one key, of `letters` that begin with the prefix."""
    length, by_five = len(PREFIX), True
    while length < len(letters):
        end = length + 1
        while end < len(letters) and letters[end].gap is Gap.NOTHING:
            end += 1
        if not _goes_on(letters, length, end, by_five=by_five):
            break
        by_five = by_five and end - length == 5
        length = end
    characters = "".join(letter.character for letter in letters[:length])
    return KeyText(characters, letters[0].position, letters[length - 1].position + 1)


def _goes_on(letters: list[_Letter], length: int, end: int, *, by_five: bool) -> bool:
    """Whether the group `letters[length:end]` belongs to the key of the letters before it."""
    gap = letters[length].gap
    if gap <= Gap.DASH:
        return True
    if gap is Gap.APART or end > LENGTH:
        return False
    return (by_five and end - length == 5) or all(
        letter.character in ALPHABET for letter in letters[length:end]
    )
