"""Storage of messages for the next page."""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Messages in a cookie with the portal's prefix, which limits it to this host."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class MessageStorage(FallbackStorage):
    """Shows equal messages only once, such as those of a double click (W11)."""

    storage_classes = (HostCookieStorage, SessionStorage)

    _loaded_messages: list[Message]
    _queued_messages: list[Message]

    def add(self, level: int, message: Any, extra_tags: str | None = "") -> None:
        waiting = (
            self._queued_messages if self.used else [*self._loaded_messages, *self._queued_messages]
        )
        if Message(level, str(message), extra_tags) not in waiting:
            super().add(level, message, extra_tags)
