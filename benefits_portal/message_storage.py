"""Where messages wait for the next page."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """The cookie, which goes back to this host alone."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Shows a message once, however often it was left before a page came to show it (W11).

    A double click says the same twice.
    """

    storage_classes = (HostCookieStorage, SessionStorage)

    _loaded_messages: list[Message]
    _queued_messages: list[Message]

    def add(self, level: int, message: Any, extra_tags: str | None = "") -> None:
        waiting = (
            self._queued_messages if self.used else [*self._loaded_messages, *self._queued_messages]
        )
        if Message(level, str(message), extra_tags) not in waiting:
            super().add(level, message, extra_tags)
