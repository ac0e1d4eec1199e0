"""What a product key looks like in a text, for every room: how people write it, and how it is shown (K1, K3)."""

import re
import unicodedata

PREFIX = "PCBEN"  # so that no key of ours passes for a genuine one
ALPHABET = "BCDFGHJKMPQRTVWXY2346789"  # no look-alikes, no vowels
LENGTH = 25

_OURS = re.compile(rf"{PREFIX}(?:[\W_]*[{ALPHABET}]){{{LENGTH - len(PREFIX)}}}", re.IGNORECASE)
_IGNORED = {"Cc", "Cf", "Pd", "Zl", "Zp", "Zs"}  # Unicode's blanks, hyphens and what cannot be seen
_IGNORED_TOO = {"_", ".", "\u2212"}  # the last is the minus sign


def normalised(typed: str) -> str:
    """What was typed without blanks and hyphens, in capitals; full-width letters as ordinary ones."""
    letters = unicodedata.normalize("NFKC", typed).upper()
    return "".join(letter for letter in letters if unicodedata.category(letter) not in _IGNORED and letter not in _IGNORED_TOO)


def grouped(key: str) -> str:
    """5 × 5: PCBEN-XXXXX-XXXXX-XXXXX-XXXXX."""
    return "-".join(key[start : start + 5] for start in range(0, len(key), 5))


def masked(last_five: str) -> str:
    return grouped("•" * (LENGTH - 5) + last_five)


def without_keys(text: str) -> str:
    """What somebody wrote in their own words, with every key of ours in it masked (K3)."""
    return _OURS.sub(lambda found: masked(normalised(found[0])[-5:]), text)
