"""The back office of this app: partners, their people, and the record of what happened.

`base` and `columns` hold what the other apps' pages use as well.
"""

from . import directory, ledgers, outgoing, people, requests, site

__all__ = ["directory", "ledgers", "outgoing", "people", "requests", "site"]
