"""The back office of this app: what runs in tenants, and the replacements of keys that partners ask
for.
"""

from . import ledgers, replacements

__all__ = ["ledgers", "replacements"]
