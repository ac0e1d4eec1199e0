"""How people write product keys (W5, W6).

One table for the server's key field, the browser's, masking and URLs.
"""

from benefits_portal.key_format import grouped

KEY = "PCBENBCDFGHJKMPQRTVWXY239"
OTHER = "PCBENXY2346789BCDFGHJKMPW"
SHOWN, LOWER = grouped(KEY), grouped(KEY).lower()
FULL_WIDTH = "".join(chr(ord(letter) + 0xFEE0) for letter in SHOWN)
BOLD = "".join(
    chr(0x1D400 + ord(letter) - ord("A")) if letter.isalpha() else letter for letter in SHOWN
)
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u30a0\u2e3a\u058a_."
SPACES = " \t\n\u00a0\u1680\u2000\u2003\u2007\u2009\u200a\u2028\u202f\u205f\u3000\x85"
UNSEEN = (
    "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f\u202a\u202e\u2066"
    "\u034f\u180e\u3164\uffa0\ufe0f\u115f"
)

WRITTEN = {
    "as shown": SHOWN,
    "without hyphens": KEY,
    "small letters": LOWER,
    "full-width letters": FULL_WIDTH,
    "small full-width letters": FULL_WIDTH.lower(),
    "mathematical letters": BOLD,
    "accents": "".join(f"{letter}\u0301" for letter in SHOWN),
    "double quotes": f'"{SHOWN}"',
    "single quotes": f"'{LOWER}'",
    "English quotes": f"“{SHOWN}”",
    "Dutch quotes": f"„{SHOWN}”",
    "French quotes": f"« {SHOWN} »",
    "Japanese quotes": f"「{SHOWN}」",
    "backticks": f"`{SHOWN}`",
    "round brackets": f"({SHOWN})",
    "square brackets": f"[{SHOWN}]",
    "curly brackets": f"{{{KEY}}}",
    "angle brackets": f"<{SHOWN}>",
    "label": f"Key: {SHOWN}",
    "label without a space": f"Key:{SHOWN}",
    "label glued to it": f"Key{SHOWN}",
    "Dutch labels": f"Productcode: {SHOWN}",
    "Dutch label without a colon": f"Sleutel {SHOWN}",
    "equals sign": f"product_key={KEY}",
    "licenses behind": f"{SHOWN} (25 licenses)",
    "licenses behind without brackets": f"{SHOWN} 25 licenses",
    "words behind": f"{SHOWN} for Contoso, thanks",
    "trailing dot": f"{SHOWN}.",
    "sentence": f"Please redeem {SHOWN}, it is new.",
    "exclamation": f"¡{SHOWN}!",
    "bold in Markdown": f"**{SHOWN}**",
    "cell of a table": f"| {SHOWN} | 25 |",
    "cells of a spreadsheet": f"Microsoft 365 E3\t{SHOWN}\t25",
    "line break in it": f"{SHOWN[:18]}\n{SHOWN[18:]}",
    "old line break in it": f"{SHOWN[:18]}\r\n{SHOWN[18:]}",
    "quoted mail": f"> {SHOWN[:18]}\n> {SHOWN[18:]}",
    "quoted-printable": f"{SHOWN[:14]}=\r\n{SHOWN[14:]}",
    "blanks": SHOWN.replace("-", " "),
    "blanks around hyphens": SHOWN.replace("-", " - "),
    "every character apart": " ".join(KEY),
    "twice the same": f"{SHOWN} {LOWER}",
    "format told first": f"Keys look like PCBEN-… and this is one: {SHOWN}",
    **{f"dash U+{ord(dash):04X}": SHOWN.replace("-", dash) for dash in DASHES},
    **{f"space U+{ord(space):04X}": SHOWN.replace("-", space) for space in SPACES},
    **{f"unseen U+{ord(mark):04X}": mark + mark.join(SHOWN) + mark for mark in UNSEEN},
}

TAIL = SHOWN[6:]
WITHOUT_PREFIX = {
    "as shown": TAIL,
    "without hyphens": TAIL.replace("-", ""),
    "small letters": TAIL.lower(),
    "full-width letters": FULL_WIDTH[6:],
    "blanks": TAIL.replace("-", " "),
    "every character apart": " ".join(TAIL.replace("-", "")),
    "slashes": TAIL.replace("-", "/"),
    "label": f"Key: {TAIL}",
    "label glued to it": f"Key{TAIL}",
    "licenses behind": f"{TAIL} 25 licenses",
    "mistyped prefix": f"PCBEM-{TAIL}",
    "cut prefix": f"CBEN-{TAIL}",
    "invisible characters": "\u200b".join(TAIL),
}
NO_KEYS = {
    "another check character": "BCDFG-HJKMP-QRTVW-XY23B",
    "a genuine key": "BCDFG-HJKMP-QRTVW-XY234-67892",
    "a GUID without zeros and vowels": "bcdf2346-789b-cdf2-3467-89bcdf234678",
    "a number": "23467 89234 67892 34678",
    "words": "Maria Clara Sousa Lopes Pinto",
}

FOREIGN = "That key has a typo: our keys have no {}. It is in group {}, place {}."
ALPHABET = "That key has a typo: in group {}, place {} is a character of another alphabet."
MISTYPED = "That key has a typo: one of its characters is wrong."
NO_KEY = "This is not a product key of this portal: those have 25 characters and begin with PCBEN."
SHORT = "This key is too short: it has {} of 25 characters."
LONG = "This key is too long: it has {} characters instead of 25."
SEVERAL = "These are {} product keys."


def put(index: int, character: str, text: str = KEY) -> str:
    return text[:index] + character + text[index + 1 :]


# What is typed, and the sentence that says what is wrong with it
WRONG = {
    "blank": (" \u3000", NO_KEY),
    "words": ("Maria Clara Sousa Lopes Pinto", NO_KEY),
    "a genuine key": ("XQBDF-23456-BCDFG-HJKMP-QRTVW", NO_KEY),
    "another prefix": (grouped(put(4, "M")), NO_KEY),
    "Cyrillic prefix": (SHOWN.replace("PCBEN", "РСВЕN"), ALPHABET.format(1, 1)),
    "Greek prefix in small letters": (LOWER.replace("n", "Ν"), ALPHABET.format(1, 5)),
    "one Cyrillic letter in the prefix": (
        f"Key: {SHOWN.replace('C', 'С', 1)} (25 licenses)",
        ALPHABET.format(1, 2),
    ),
    "Cyrillic prefix, one too few": (KEY[:-1].replace("PCBEN", "РСВЕN"), SHORT.format(24)),
    "prefix alone": ("PCBEN", SHORT.format(5)),
    "half": (SHOWN[:17], SHORT.format(15)),
    "half in a sentence": (f"It begins {SHOWN[:11]}, the rest follows", SHORT.format(10)),
    "half and words": (f"{SHOWN[:17]} for Contoso", SHORT.format(15)),
    "one too few": (SHOWN[:-1], SHORT.format(24)),
    "one too few and licenses": (f"{SHOWN[:-1]} (25 licenses)", SHORT.format(24)),
    "one too few in the middle": (SHOWN[:8] + SHOWN[9:], SHORT.format(24)),
    "one too many": (KEY + "B", LONG.format(26)),
    "one too many, grouped": (grouped(KEY + "B"), LONG.format(26)),
    "a group too many": (f"{SHOWN}-BCDFG", LONG.format(30)),
    "commas in it": (SHOWN.replace("-", ", "), SHORT.format(5)),
    "an A": (grouped(put(5, "A")), FOREIGN.format("A", 2, 1)),
    "an a in small letters": (grouped(put(12, "a").lower()), FOREIGN.format("A", 3, 3)),
    "an A without hyphens": (put(12, "A"), FOREIGN.format("A", 3, 3)),
    "an A, full-width": (
        "".join(chr(ord(letter) + 0xFEE0) for letter in put(12, "A")),
        FOREIGN.format("A", 3, 3),
    ),
    "an A in quotes, with licenses": (
        f'"{grouped(put(12, "A"))}" (25 licenses)',
        FOREIGN.format("A", 3, 3),
    ),
    "an A between blanks": (grouped(put(12, "A")).replace("-", " "), FOREIGN.format("A", 3, 3)),
    "a zero": (grouped(put(24, "0")), FOREIGN.format("0", 5, 5)),
    "an O and an I": (grouped(put(13, "O", put(20, "I"))), FOREIGN.format("O", 3, 4)),
    "a Cyrillic С": (grouped(put(6, "С")), ALPHABET.format(2, 2)),
    "a Greek Χ": (put(20, "Χ"), ALPHABET.format(5, 1)),
    "an Arabic digit": (grouped(put(20, "٣")), ALPHABET.format(5, 1)),
    "a Cyrillic С in a sentence": (
        f"Ключ: {grouped(put(6, 'С'))} для Contoso",
        ALPHABET.format(2, 2),
    ),
    "a Cyrillic С between blanks": (
        f"Key {grouped(put(6, 'С')).replace('-', ' ')} for Contoso",
        ALPHABET.format(2, 2),
    ),
    "a Cyrillic С before another key": (
        f"{grouped(put(6, 'С'))} {grouped(OTHER)}",
        SEVERAL.format(2),
    ),
    "a Cyrillic С behind another key": (f"{grouped(OTHER)}; {put(6, 'С')}", SEVERAL.format(2)),
    "a Cyrillic prefix behind another key": (
        f"{grouped(OTHER)}\n{SHOWN.replace('PCBEN', 'РСВЕN')}",
        SEVERAL.format(2),
    ),
    "another last character": (grouped(put(24, "B")), MISTYPED),
    "two neighbours swapped": (grouped(KEY[:6] + KEY[7] + KEY[6] + KEY[8:]), MISTYPED),
    "two keys": (f"{SHOWN} {grouped(OTHER)}", SEVERAL.format(2)),
    "two keys on two lines": (f"{SHOWN}\n{grouped(OTHER).lower()}\n{SHOWN}", SEVERAL.format(2)),
    "two keys glued": (KEY + OTHER, SEVERAL.format(2)),
    "a key and a mistyped one": (f"{SHOWN}; {grouped(put(24, 'B'))}", SEVERAL.format(2)),
}
