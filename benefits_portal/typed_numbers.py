"""Read numbers as people type and paste them (rule W4).

In digits of any script, with spaces, dots, commas or apostrophes as thousands separators. Numbers
with two possible readings are refused, and the error shows both. Each function raises
ValidationError.
"""

import re
import unicodedata
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from benefits_portal.typed_text import tidy, with_plain_digits

MAX_DIGITS = 12

# The last two are the Arabic thousands separator and the Arabic comma
_SEPARATORS = str.maketrans(dict.fromkeys("’‘ʼ´`′٬", "'") | {"،": ","})
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*")
_DIGITS = re.compile(rf"[0-9]{{1,{MAX_DIGITS}}}")
# Separate thousands, but not numbers
_UNBROKEN = re.compile(r"(?<=[0-9])[\u00a0\u2007-\u200a\u202f\u205f](?=[0-9]{3}(?![0-9]))")
_CELLS = re.compile(r"[\t\n\v\f\r]+")  # of a spreadsheet or a list
_THOUSANDS = re.compile(r"(?<![0-9])[0-9](?: [0-9]{3})+(?![0-9])")
_TWO_READINGS = re.compile(
    r"(?<![0-9])(?:[0-9]{2,3}(?: [0-9]{3})+|[0-9]{1,3}(?:,[0-9]{3})+)(?![0-9])"
)
_ENDS_IN_ZEROS = re.compile(r"(?<![0-9,' ])[0-9]{1,3}[ ,]000(?![0-9]|[,' ][0-9])")
_DECIMALS = re.compile(
    r"[0-9][.' ][0-9]{3},[0-9]|[0-9],[0-9]{3}\.[0-9]|[0-9],0(?![0-9]{2}(?![0-9]))|(?<![0-9])0,[0-9]"
)
_BETWEEN_NUMBERS = re.compile(r"[;+,、؛\s]+")


def read_number(text: str) -> int:
    """A whole number, possibly grouped, as in 12,345 or 12.345 or 12 345."""
    return _whole(_plain(text))


def read_numbers(text: str) -> list[int]:
    """Several whole numbers, separated by semicolons, plus signs, commas or spaces.

    An empty text has none. `1 200` is one number, as are `1,000` and `1,000,500`, since 000 is not
    a number of licenses. `1,200` and `25 200` could be two, so they are refused. So are numbers
    with decimals, `12,00` and `100.000,5`.
    """
    plain = _plain(_UNBROKEN.sub("'", _CELLS.sub(";", text)))
    if _DECIMALS.search(plain):
        raise ValidationError(
            _("Enter whole numbers without decimals, separated by semicolons: 25; 10."),
            code="decimals",
        )
    plain = _ENDS_IN_ZEROS.sub(lambda grouped: re.sub("[ ,]", "'", grouped[0]), plain)
    plain = _TWO_READINGS.sub(_only_reading, plain)
    plain = _THOUSANDS.sub(lambda grouped: grouped[0].replace(" ", "'"), plain)
    return [_whole(part) for part in _BETWEEN_NUMBERS.split(plain) if part]


def _only_reading(found: re.Match[str]) -> str:
    """The text as one number, if part of it alone would not be a number of licenses; else None."""
    parts = re.split("[ ,]", found[0])
    if any(int(part) == 0 for part in parts):
        return "'".join(parts)
    params = {"one": "".join(parts), "several": "; ".join(str(int(part)) for part in parts)}
    if len(parts) == 2:
        message = _("Write %(one)s for one key, or %(several)s for two.") % params
    else:
        message = _("Write %(one)s for one key, or %(several)s for several.") % params
    raise ValidationError(message, code="two_readings")


def read_amount(text: str, decimals: int = 2) -> Decimal:
    """An amount of money with at most `decimals` decimals, as in 6000, 6,000.00, 6.000,00 or 30.5.

    Of several kinds of separators, the last is the decimal one. A single one before exactly three
    digits separates thousands, unless there may be three decimals and the reader's language writes
    decimals so.
    """
    plain = _plain(text)
    separator = _decimal_separator(plain, decimals)
    whole, _separator, fraction = plain.rpartition(separator) if separator else (plain, "", "")
    if not (_DIGITS.fullmatch(whole) or _GROUPED.fullmatch(whole)) or (
        separator and not _DIGITS.fullmatch(fraction)
    ):
        raise ValidationError(_("Enter an amount, such as 6000 or 6000.50."), code="amount")
    if len(fraction) > decimals:
        params = {"decimals": decimals}
        raise ValidationError(
            _("Enter an amount with at most %(decimals)s decimal places.") % params, code="decimals"
        )
    return Decimal(re.sub("[^0-9]", "", whole) + (f".{fraction}" if fraction else ""))


def _decimal_separator(plain: str, decimals: int) -> str:
    """The separator in `plain` before the decimals.

    None if all separate thousands.
    """
    used = re.findall("[.,' ]", plain)
    if not used or used[-1] in "' " or used.count(used[-1]) > 1:
        return ""
    if len(set(used)) > 1:
        return str(used[-1])
    are_thousands = bool(_GROUPED.fullmatch(plain))
    is_decimal = decimals >= 3 and used[-1] == get_format("DECIMAL_SEPARATOR")
    return "" if are_thousands and not is_decimal else str(used[-1])


def _plain(text: str) -> str:
    """The text with ASCII digits, apostrophes, commas and single spaces.

    Characters such as ² and ① are no digits and stay.
    """
    if any(unicodedata.category(letter) == "No" for letter in text):
        return tidy(text)
    return with_plain_digits(tidy(text)).translate(_SEPARATORS)


def _whole(plain: str) -> int:
    digits = re.sub("[^0-9]", "", plain) if _GROUPED.fullmatch(plain) else plain
    if not _DIGITS.fullmatch(digits):
        raise ValidationError(_("Enter a whole number, such as 100."), code="number")
    return int(digits)
