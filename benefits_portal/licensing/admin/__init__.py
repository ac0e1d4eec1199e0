"""The back office of this app: what runs in tenants, and the replacements that are asked for."""

from . import ledgers, replacements

__all__ = ["ledgers", "replacements"]
