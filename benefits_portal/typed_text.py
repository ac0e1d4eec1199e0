"""What people type, paste and send, in one canonical form (rules W1 and W4).

For every form, import, command and model. Addresses and domains are in `emails.py` (W2, W3).

`tidy` takes any text and never fails: for look-ups, and for what is written past a form.
`clean_line` and `read_day` raise ValidationError with what to do.
"""

import re
import unicodedata
from calendar import monthrange
from collections.abc import Mapping
from datetime import date
from typing import Any

import regex
from django.core.exceptions import ValidationError
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from benefits_portal.key_format import without_keys

# Accents on one letter; no script has as many, and normalizing 100,000 of them takes half a
# minute
MAX_MARKS = 10

# Characters that Unicode calls invisible, and others that are: the blank Braille pattern, blank
# hieroglyphs and the like.
_HIDDEN = regex.compile(
    r"""[
    [
        \p{Default_Ignorable_Code_Point} \u2800 \uFFF9-\uFFFB
        \U00013430-\U00013442 \U00016FE4 \U0001D159
    ]
    -- [\u200C\u200D]
    ]""",
    regex.V1 | regex.VERBOSE,
)
_TOO_MANY_MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")
# Persian and Hindi need the others
_JOINERS = regex.compile(r"(?<![\p{L}\p{M}])[\u200C\u200D]|[\u200C\u200D](?!\p{L})")
_LINE_BREAKS = regex.compile(r"\r\n|[\n\v\f\r\x1C-\x1E\x85\u2028\u2029]")
_NOT_TEXT = regex.compile(
    r"[[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]--[\t\n\v\f\r\x1C-\x1E\x85]]", regex.V1
)
NOT_SHOWN = _("This contains a character that can't be shown. Type the text instead of pasting it.")
_LETTER = regex.compile(r"\p{L}")
_DASHES = regex.compile(r"[\p{Pd}\u2212]")  # the last is the minus sign
_DIGITS = re.compile(r"[0-9]+")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_FROM_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")


def _visible(text: str) -> str:
    """`text` in NFC, without invisible characters."""
    few_marks = _TOO_MANY_MARKS.sub(r"\1", _JOINERS.sub("", _HIDDEN.sub("", text)))
    return unicodedata.normalize("NFC", few_marks)


def _single_spaced(text: str) -> str:
    return " ".join(text.split())


def tidy(text: str) -> str:
    """`text` as one line without invisible characters; never fails (W1)."""
    return _single_spaced(_visible(_NOT_TEXT.sub("", text)))


def clean_line(text: str) -> str:
    """`text` as one line in NFC, with single spaces and without invisible characters (W1).

    Raises ValidationError if it contains a line break or a control character.
    """
    text = _visible(text).strip()
    if _LINE_BREAKS.search(text):
        raise ValidationError(_("Write this on one line."), code="line_break")
    _refuse_what_is_no_text(text)
    return _single_spaced(text)


def _refuse_what_is_no_text(text: str) -> None:
    if _NOT_TEXT.search(text):
        raise ValidationError(NOT_SHOWN, code="control_character")


def isolated(text: str) -> str:
    """`text` for use within a sentence: right-to-left text does not reorder what is beside it (W1).

    For plain text; HTML templates have a filter of the same name.
    """
    return f"\u2068{text}\u2069" if _FROM_RIGHT_TO_LEFT.search(text) else text


def tidy_values(value: Any) -> Any:
    """`value`, of nested dicts and lists, with all texts tidied."""
    if isinstance(value, str):
        return tidy(value)
    if isinstance(value, Mapping):
        return {name: tidy_values(item) for name, item in value.items()}
    return [tidy_values(item) for item in value] if isinstance(value, list | tuple) else value


def ascii_digits(text: str) -> str:
    """`text` as one line with ASCII digits, without leading zeros: 1234567 for 0001234567 (W4).

    Raises ValidationError.
    """
    return _without_zeros_in_front(clean_line(text))


def tidy_digits(text: str) -> str:
    """The same, but any other text is tidied: for lookups of any text."""
    return _without_zeros_in_front(tidy(text))


def with_plain_digits(text: str) -> str:
    """`text` in NFKC, with digits of any script as 0 to 9: ٣, ३ and ３ are 3 (W4).

    Digits of several scripts stay as they are: nobody types that, and some look alike.
    """
    plain = unicodedata.normalize("NFKC", text)
    zeros = {ord(letter) - unicodedata.decimal(letter) for letter in plain if letter.isdecimal()}
    if len(zeros) != 1:
        return plain
    [zero] = zeros
    return plain.translate({zero + value: str(value) for value in range(10)})


def _without_zeros_in_front(line: str) -> str:
    plain = with_plain_digits(line)
    return plain.lstrip("0") if _DIGITS.fullmatch(plain) else plain


def validate_name(name: str) -> None:
    """Raise ValidationError unless `name` has a visible letter (W1)."""
    if not _LETTER.search(name):
        raise ValidationError(_("Enter a name with at least one letter."), code="no_letter")


def validate_no_key(text: str) -> None:
    """Raise ValidationError if a text that others read contains a product key (K3)."""
    if without_keys(text) != text:
        raise ValidationError(
            _("This contains a product key. Leave it out: others can read this."),
            code="product_key",
        )


def read_day(text: str) -> date:
    """Read a day written as year-month-day only, such as 2027-01-31 (W4).

    Full-width digits and other hyphens are accepted. Digits of other scripts are not: the year may
    be of another calendar, as ๒๕๗๐ is 2027. Raises ValidationError.
    """
    written = _DAY.fullmatch(_DASHES.sub("-", unicodedata.normalize("NFKC", tidy(text))))
    if not written:
        raise ValidationError(_("Write the day like 2027-01-31."), code="day")
    year, month, day = map(int, written.groups())
    try:
        return date(year, month, day)
    except ValueError as error:
        if year and 1 <= month <= 12:  # such as 2027-04-31
            params = {
                "month": capfirst(date_format(date(year, month, 1), "F Y")),
                "days": monthrange(year, month)[1],
            }
            raise ValidationError(
                _("%(month)s has %(days)s days.") % params, code="no_such_day"
            ) from error
        raise ValidationError(
            _("There is no such day. Write the day like 2027-01-31."),
            code="no_such_day",
        ) from error
