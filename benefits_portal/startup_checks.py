"""Refuses settings that would leave a portal open, each with the way to repair it.

settings.py asks it while it is read, so it knows no setting by itself. Everything raises
ImproperlyConfigured.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
MIN_SECRET_LENGTH = 32  # characters: openssl's 32 random bytes are 64
MIN_DIFFERENT = 8  # characters of a secret that differ: fewer were typed, not drawn
MAKE_ONE = "Make one with `openssl rand -hex 32`"
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
IP_V6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")


def check_secret(name: str, secret: str) -> None:
    """`secret` is one of those of the setting `name`, without blanks around it."""
    if len(secret) < MIN_SECRET_LENGTH:
        raise ImproperlyConfigured(
            f"A secret of {name} has {len(secret)} characters; fewer than {MIN_SECRET_LENGTH} can "
            f"be guessed. {MAKE_ONE}. A comma ends a secret, so none can hold one."
        )
    if len(set(secret)) < MIN_DIFFERENT:
        raise ImproperlyConfigured(
            f"A secret of {name} repeats a few characters, so it can be guessed. {MAKE_ONE}."
        )


def secrets_of(name: str, value: str) -> list[str]:
    """The secrets in `value`, separated by commas, the current one first; none if it is empty."""
    if not value.strip():
        return []
    secrets = [part.strip() for part in value.split(",")]
    if not all(secrets):
        raise ImproperlyConfigured(
            f"{name} has an empty part. "
            "Separate the secrets by single commas, the current one first."
        )
    for secret in secrets:
        check_secret(name, secret)
    return secrets


def only_secret(name: str, value: str) -> str:
    """The one secret in `value`, without blanks around it."""
    if "," in value:
        raise ImproperlyConfigured(
            f"{name} holds a comma. It is one secret, and in {name}_FALLBACKS, where it goes once "
            f"it is retired, a comma ends a secret. {MAKE_ONE}."
        )
    check_secret(name, value.strip())
    return value.strip()


def check_doors(*, embedded: bool, hosts: list[str], origins: list[str], proxies: int) -> None:
    """A demo, `embedded`, answers this machine alone; a portal its own hosts and sites' forms."""
    if embedded and (proxies > 0 or not set(hosts) <= {*LOCAL_HOSTS}):
        raise ImproperlyConfigured(
            "DEMO or DEBUG is on, and ALLOWED_HOSTS or TRUSTED_PROXIES lets others in: in a "
            "demo everybody "
            "can be anybody. Set both off for a portal, or leave ALLOWED_HOSTS and "
            "TRUSTED_PROXIES out "
            "for a demo on this machine."
        )
    check_hosts(hosts)
    check_origins(origins, embedded=embedded)


def check_hosts(hosts: Iterable[str]) -> None:
    """Each of `hosts` is one host, as browsers send it: no pattern, port or scheme."""
    example = "as in ALLOWED_HOSTS=benefits.example.org"
    if not list(hosts):
        raise ImproperlyConfigured(
            f"ALLOWED_HOSTS is empty. Name the hosts that people use, {example}."
        )
    for host in hosts:
        if "*" in host or host.startswith("."):
            raise ImproperlyConfigured(
                f"ALLOWED_HOSTS allows any host that fits {host}. "
                f"Name the hosts that people use, {example}."
            )
        if not (HOST_NAME.fullmatch(host) or IP_V6.fullmatch(host)):
            raise ImproperlyConfigured(
                f"ALLOWED_HOSTS has {host}, which is no host name. Leave out scheme, port and "
                f"path, and write other letters as browsers do (xn--…), {example}."
            )


def check_origins(origins: Iterable[str], *, embedded: bool) -> None:
    """Each of `origins` is one site: whoever serves a page there may send the portal's forms."""
    for origin in origins:
        parts = urlsplit(origin)
        schemes = {"https", "http"} if embedded else {"https"}
        whole = origin == f"{parts.scheme}://{parts.netloc}"
        host = (
            parts.netloc.rpartition(":")[0] if re.search(r":\d+$", parts.netloc) else parts.netloc
        )
        named = HOST_NAME.fullmatch(host) or IP_V6.fullmatch(host)
        if not (whole and named and parts.scheme in schemes):
            raise ImproperlyConfigured(
                f"CSRF_TRUSTED_ORIGINS has {origin}, which is not one site over TLS. Name each "
                "site by itself, as in CSRF_TRUSTED_ORIGINS=https://benefits.example.org."
            )


def check_mail(options: dict[str, Any]) -> None:
    """By these options of the backend, password links leave this machine encrypted only."""
    host = options["host"]
    if not options["use_tls"] and not is_this_machine(host):
        raise ImproperlyConfigured(
            f"EMAIL_TLS is off, so links to set a password would travel to {host} for everybody "
            "between to read. Set EMAIL_TLS=on, or send by a mail server on this machine, "
            "EMAIL_HOST=localhost."
        )


def is_this_machine(host: str) -> bool:
    """Whether `host`, a name or an IP address, never leaves this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
