"""Check primary keys that a browser sends: are they numbers that every database accepts?"""

MAX_DIGITS = 18


def is_number(text: object) -> bool:
    return str(text).isascii() and str(text).isdecimal() and len(str(text)) <= MAX_DIGITS


def is_too_long_a_number(text: object) -> bool:
    digits = str(text).strip().removeprefix("-").removeprefix("+").replace("_", "")
    return digits.isdecimal() and len(digits) > MAX_DIGITS
