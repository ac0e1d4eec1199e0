"""Drawing, checking, encrypting and hashing product keys, without a database (K1, K3).

A key has 25 characters: the prefix `PCBEN`, 19 random ones and a check character. Two values are
stored: a ciphertext, for revealing the key, and a keyed digest, for look-up and uniqueness.
"""

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from stdnum.iso7064 import mod_37_36

from benefits_portal.key_format import (
    ALPHABET,
    LENGTH,
    PREFIX,
    grouped,
    is_consistent_body,
    is_shaped,
    masked,
    normalized,
    without_keys,
)

__all__ = [
    "ALPHABET",
    "DRAWN",
    "LENGTH",
    "PREFIX",
    "decrypted",
    "digests",
    "draw",
    "encrypted",
    "grouped",
    "is_consistent",
    "is_shaped",
]
__all__ += ["masked", "normalized", "resembles_key", "without_keys"]

DRAWN = LENGTH - len(PREFIX) - 1

# Genuine keys have an N too, neither has a vowel
_KEY_BUT_FOR_ITS_PREFIX = re.compile(rf"[A-Z0-9]{{5}}[{ALPHABET}N]{{20}}")


def draw(choice: Callable[[Sequence[str]], str] = secrets.choice) -> str:
    """A new key of 25 characters.

    A demo passes its own `choice`, so that its story has the same keys each time.
    """
    drawn = "".join(choice(ALPHABET) for _ in range(DRAWN))
    return PREFIX + drawn + mod_37_36.calc_check_digit(drawn, ALPHABET)


def resembles_key(text: str) -> bool:
    """Whether `text` may be meant as a key: a part of ours, a mistyped one, or a genuine one (K3).

    Such a text is not searched for. Five words of five letters are no key, because words have
    vowels (W5).
    """
    letters = normalized(text)
    return (
        PREFIX in letters
        or without_keys(text) != text
        or bool(_KEY_BUT_FOR_ITS_PREFIX.search(letters))
    )


def is_consistent(key: str) -> bool:
    """Whether the check character is right; if not, the key was mistyped."""
    return is_consistent_body(key[len(PREFIX) :])


def digests(key: str) -> list[str]:
    """The keyed digests that may be stored for `key`.

    The one by the current secret comes first, then those by retired secrets.
    """
    return [
        hmac.new(_derived(secret, b"digest"), key.encode(), sha256).hexdigest()
        for secret in settings.PRODUCT_KEY_SECRETS
    ]


def encrypted(key: str) -> str:
    return _fernet(tuple(settings.PRODUCT_KEY_SECRETS)).encrypt(key.encode()).decode()


def decrypted(ciphertext: str) -> str:
    return _fernet(tuple(settings.PRODUCT_KEY_SECRETS)).decrypt(ciphertext.encode()).decode()


@lru_cache(maxsize=8)
def _fernet(all_secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet(
        [Fernet(urlsafe_b64encode(_derived(secret, b"ciphertext"))) for secret in all_secrets]
    )


@lru_cache(maxsize=16)
def _derived(secret: str, purpose: bytes) -> bytes:
    """32 bytes from `secret`, different for each purpose."""
    return HKDF(SHA256(), 32, salt=b"benefits-portal product keys", info=purpose).derive(
        secret.encode()
    )
