"""Codes that people read from a wall or from paper, and type."""

import hashlib
import hmac
import re
import secrets
import unicodedata

from django.conf import settings

# No vowels, which make words, and no characters that look alike: 0 O, 1 I L
ALPHABET = "bcdfghjkmnpqrstvwxyz23456789"
CLASS_CODE, RETURN_CODE = 8, 12  # characters
# One word or several, of nothing but a code's characters; the longer kind of code first
_NEXT = rf"[\W_]*+[{ALPHABET}]"
_WRITTEN = re.compile(
    rf"(?<![^\W_])[{ALPHABET}](?:(?:{_NEXT}){{{RETURN_CODE - 1}}}|(?:{_NEXT}){{{CLASS_CODE - 1}}})"
    r"(?![^\W_])"
)


def drawn(length: int) -> str:
    """A random code of `length` characters."""
    return "".join(secrets.choice(ALPHABET) for _position in range(length))


def derived(purpose: str, length: int) -> str:
    """A code derived from `purpose` and SECRET_KEY; the same each time."""
    number = int.from_bytes(keyed(f"code.{purpose}"))
    letters = []
    for _position in range(length):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def digest(code: str) -> str:
    """The stored digest of a code, keyed with SECRET_KEY."""
    return keyed(f"digest.{code}").hex()


def keyed(text: str) -> bytes:
    return hmac.digest(
        settings.SECRET_KEY.encode(), f"benefits_portal.practice.{text}".encode(), hashlib.sha256
    )


def typed(text: str) -> str:
    """The code in `text`, ignoring case, spaces, hyphens and full-width forms (W5).

    Finds it after a label and in a link. If there is none: all letters and digits of `text`.
    """
    plain = unicodedata.normalize("NFKC", text).lower()
    code = [plain, *_WRITTEN.findall(plain)].pop()  # in a link, the last
    return "".join(letter for letter in code if letter.isalnum())


def is_possible(code: str) -> bool:
    """Whether `code`, as returned by `typed`, can be one of ours."""
    return len(code) in (CLASS_CODE, RETURN_CODE) and set(code) <= set(ALPHABET)


def spaced(code: str) -> str:
    """The code in uppercase and groups of four, as in K7Q2-9XZM."""
    capitals = code.upper()
    return "-".join(capitals[start : start + 4] for start in range(0, len(capitals), 4))
