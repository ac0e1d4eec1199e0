"""The secret that two portals share to move a partner.

A key for secrets in the file and one for its signature are derived from it. Both are derived for
one receiver, so the file is useless to other portals with the secret.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Seals and opens secrets, compares sealed ones, and signs, for the portal `cell`."""

    def __init__(self, secret: str, cell: int) -> None:
        self._secret, self._cell = secret, cell
        self._fernet = Fernet(urlsafe_b64encode(self._derived("closed")))
        self._mark = self._derived("compared")

    def close(self, text: str) -> dict[str, str]:
        """`text` sealed for the receiver, with a mark by which it can be compared."""
        return {"sealed": self._fernet.encrypt(text.encode()).decode(), "mark": self.mark(text)}

    def open(self, closed: dict[str, str]) -> str:
        """The text that was sealed. Raises InvalidToken."""
        text = self._fernet.decrypt(closed["sealed"].encode()).decode()
        if not hmac.compare_digest(self.mark(text), closed["mark"]):
            raise InvalidToken
        return text

    def mark(self, text: str) -> str:
        return hmac.new(self._mark, text.encode(), sha256).hexdigest()

    def signature(self) -> Any:
        """A keyed hash object, to be updated with the bytes of a file."""
        return hmac.new(self._derived("signed"), digestmod=sha256)

    def _derived(self, purpose: str) -> bytes:
        info = f"{purpose} for cell {self._cell}".encode()
        return HKDF(SHA256(), 32, salt=b"benefits-portal transfer", info=info).derive(
            self._secret.encode()
        )
