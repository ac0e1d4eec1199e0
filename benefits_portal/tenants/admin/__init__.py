"""The back office of this app: partners, their people, and the record of what happened.

`base` and `columns` hold what the other apps' pages use as well.
"""

from . import directory, groups, ledgers, mail_and_attempts, people, requests, site

__all__ = ["directory", "groups", "ledgers", "mail_and_attempts", "people", "requests", "site"]
