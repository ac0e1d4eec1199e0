"""The back office of this app: partners, people, and the record."""

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
