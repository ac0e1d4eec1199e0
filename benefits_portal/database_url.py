"""Refuses databases that production must not run on, each with the way to repair it.

settings.py asks it while it is read. Everything raises ImproperlyConfigured.
"""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

from benefits_portal.startup_checks import is_this_machine

ENCRYPTED = ("require", "verify-ca", "verify-full")  # of libpq's `sslmode`


def check_database(name: str, database: dict[str, Any], *, needs_tls: bool) -> None:
    """`database`, as read from the setting `name`, is a PostgreSQL reached without being heard."""
    engine = database.get("ENGINE", "")
    if "postgresql" not in engine:
        raise ImproperlyConfigured(
            f"{name} leads to no PostgreSQL, which production runs on: "
            f"{name}=postgres://user:password@host/name. For a demo on SQLite run "
            "`manage.py demo`."
        )
    options = database.get("OPTIONS", {})
    hosts = [
        host
        for given in (database.get("HOST"), options.get("host"), options.get("hostaddr"))
        for host in str(given or "").split(",")
        if host and not is_here(host)
    ]
    if needs_tls and hosts and options.get("sslmode") not in ENCRYPTED:
        raise ImproperlyConfigured(
            f"{name} leads to {hosts[0]} without TLS, so the password and everything people do "
            "would travel there for everybody between to read. Append ?sslmode=verify-full, or "
            "at least ?sslmode=require. If the network between is this machine's own, as between "
            "containers, set DATABASE_TLS=off."
        )


def is_here(host: str) -> bool:
    """Whether `host` is a unix socket or this machine."""
    return host.startswith(("/", "@")) or is_this_machine(host)
