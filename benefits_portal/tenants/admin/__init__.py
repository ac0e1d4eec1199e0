"""The back office of this app: partners, their people, and the record of what happened.

`base` and `columns` hold what the other apps' pages use as well.
"""

from . import (
    directory_users,
    groups,
    ledgers,
    mail_and_attempts,
    partners,
    people,
    requests,
    site,
    tenants,
)

__all__ = [
    "directory_users",
    "groups",
    "ledgers",
    "mail_and_attempts",
    "partners",
    "people",
    "requests",
    "site",
    "tenants",
]
