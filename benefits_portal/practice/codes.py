"""Codes that people read from a wall or a sheet of paper, and type: no two letters look alike."""

import hashlib
import hmac
import secrets

from django.conf import settings

# Without vowels, which make words, and without what is mistaken for something else: 0 O, 1 I L
ALPHABET = "bcdfghjkmnpqrstvwxyz23456789"
CLASS_CODE, RETURN_CODE = 8, 12  # characters


def drawn(length: int) -> str:
    """At random."""
    return "".join(secrets.choice(ALPHABET) for _position in range(length))


def derived(purpose: str, length: int) -> str:
    """The same for the same `purpose`, to nobody who does not know the secret."""
    number = int.from_bytes(keyed(f"code.{purpose}"))
    letters = []
    for _position in range(length):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def digest(code: str) -> str:
    """What is kept of a code: it says nothing without the secret."""
    return keyed(f"digest.{code}").hex()


def keyed(text: str) -> bytes:
    return hmac.digest(
        settings.SECRET_KEY.encode(), f"benefits_portal.practice.{text}".encode(), hashlib.sha256
    )


def typed(text: str) -> str:
    """The code in `text`, however it was written: capitals, blanks and hyphens do not count."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def spaced(code: str) -> str:
    """In groups of four, as people read it: K7Q2-9XZM."""
    capitals = code.upper()
    return "-".join(capitals[start : start + 4] for start in range(0, len(capitals), 4))
