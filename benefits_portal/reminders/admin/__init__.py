"""The back office of this app: what people chose, and what was sent to whom."""

from . import feeds, ledgers

__all__ = ["feeds", "ledgers"]
