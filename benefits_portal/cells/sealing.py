"""What two portals share while a partner is moved, and nobody else: a secret.

From it come a key for what is secret in the file, and one for its signature. Both are of one
receiver alone, so a file is of use to no other portal that has the secret.
"""

import hmac
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Seal:
    """Closes and opens secrets, compares them unseen, and signs, for the portal `cell`."""

    def __init__(self, secret: str, cell: int) -> None:
        self._secret, self._cell = secret, cell
        self._fernet = Fernet(urlsafe_b64encode(self._derived("closed")))
        self._mark = self._derived("compared")

    def close(self, text: str) -> dict[str, str]:
        """`text` for the receiver alone, with a mark by which it is compared."""
        return {"sealed": self._fernet.encrypt(text.encode()).decode(), "mark": self.mark(text)}

    def open(self, closed: dict[str, str]) -> str:
        """What was closed. Raises InvalidToken."""
        text = self._fernet.decrypt(closed["sealed"].encode()).decode()
        if not hmac.compare_digest(self.mark(text), closed["mark"]):
            raise InvalidToken
        return text

    def mark(self, text: str) -> str:
        return hmac.new(self._mark, text.encode(), sha256).hexdigest()

    def signature(self) -> Any:
        """What the bytes of a file are given to, part by part."""
        return hmac.new(self._derived("signed"), digestmod=sha256)

    def _derived(self, purpose: str) -> bytes:
        info = f"{purpose} for cell {self._cell}".encode()
        return HKDF(SHA256(), 32, salt=b"benefits-portal transfer", info=info).derive(
            self._secret.encode()
        )
