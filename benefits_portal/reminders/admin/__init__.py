"""The back office of reminders; everything is read-only."""

from . import feeds, ledgers

__all__ = ["feeds", "ledgers"]
