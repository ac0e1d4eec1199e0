"""The back office of this app: what people chose, and what was sent to whom."""

from . import ledgers

__all__ = ["ledgers"]
