"""Numbers as people copy them (rule W4).

Digits of any script, thousands apart by spaces, dots, commas or apostrophes.

What could be read in two ways is asked back, with both readings. Each function raises
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

# The last two are the Arabic sign of thousands and the Arabic comma
_SEPARATORS = str.maketrans(dict.fromkeys("’‘ʼ´`′٬", "'") | {"،": ","})
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\1[0-9]{3})*")
_DIGITS = re.compile(rf"[0-9]{{1,{MAX_DIGITS}}}")
# Set between thousands, not between numbers
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
    """A whole number: 12345, also grouped as in 12,345 or 12.345 or 12 345. Nothing is cut off."""
    return _whole(_plain(text))


def read_numbers(text: str) -> list[int]:
    """Several, with a semicolon, a plus, a comma or a space between them; none in an empty text.

    `1 200` is one number, and `1,000` and `1,000,500` too, as 000 is none; `1,200` and `25 200`
    could be two, so they are asked back. `12,00` and `100.000,5` are one number with decimals,
    which is refused.
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
    """As one number, which it is if a part of it would be no number of licenses by itself."""
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
    """An amount of money of at most `decimals` decimals: 6000, 6,000.00, 6.000,00, 30.5.

    The last separator of several kinds is the decimal one. A single one before exactly three digits
    separates thousands, unless there may be three decimals and the reader's language writes them
    so.
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
    """Which of the separators in `plain` stands before decimals.

    None where all of them separate thousands.
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
    """With ordinary digits, apostrophes, commas and single spaces.

    What is no digit of a number, as ² and ①, stays what it is.
    """
    if any(unicodedata.category(letter) == "No" for letter in text):
        return tidy(text)
    return with_plain_digits(tidy(text)).translate(_SEPARATORS)


def _whole(plain: str) -> int:
    digits = re.sub("[^0-9]", "", plain) if _GROUPED.fullmatch(plain) else plain
    if not _DIGITS.fullmatch(digits):
        raise ValidationError(_("Enter a whole number, such as 100."), code="number")
    return int(digits)
