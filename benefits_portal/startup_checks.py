"""Checks for settings that would leave a portal open, each with how to repair it.

They are Django system checks: `manage.py check` lists all errors by ID. Any other start stops at
the first error. Each check takes the settings as an object.
"""

import re
import sys
from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

type Check = Callable[[Any], Iterator[CheckMessage]]

TAG = "startup"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")
MIN_SECRET_LENGTH = 32  # characters: openssl's 32 random bytes are 64
MIN_DIFFERENT = 8  # different characters in a secret; random ones have more
ENCRYPTED = ("require", "verify-ca", "verify-full")  # of libpq's `sslmode`
MAKE_ONE = "Make one with `openssl rand -hex 32`"
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
IP_V6 = re.compile(r"\[[0-9A-Fa-f:.]{2,45}\]")


def fault(number: int, message: str, hint: str) -> Error:
    return Error(message, hint=hint, id=f"benefits_portal.E{number:03}")


def check_secret_key(settings: Any) -> Iterator[CheckMessage]:
    """SECRET_KEY must be one secret; a comma would split it in SECRET_KEY_FALLBACKS."""
    if "," in settings.SECRET_KEY:
        yield fault(
            1,
            "SECRET_KEY holds a comma.",
            "It is one secret, and in SECRET_KEY_FALLBACKS, where it goes once it is retired, a "
            f"comma ends a secret. {MAKE_ONE}.",
        )
    yield from faults_of_secret("SECRET_KEY", settings.SECRET_KEY)


def check_transfer_secret(settings: Any) -> Iterator[CheckMessage]:
    if settings.TRANSFER_SECRET:
        yield from faults_of_secret("TRANSFER_SECRET", settings.TRANSFER_SECRET)


def check_secret_lists(settings: Any) -> Iterator[CheckMessage]:
    for name in ("SECRET_KEY_FALLBACKS", "PRODUCT_KEY_SECRETS"):
        secrets: list[str] = getattr(settings, name)
        if not all(secrets):
            yield fault(
                2,
                f"{name} has an empty part.",
                "Separate the secrets by single commas, the current one first.",
            )
        for secret in filter(None, secrets):
            yield from faults_of_secret(name, secret)


def faults_of_secret(name: str, secret: str) -> Iterator[CheckMessage]:
    """Errors of one `secret` of the setting `name`."""
    if len(secret) < MIN_SECRET_LENGTH:
        yield fault(
            3,
            f"A secret of {name} has {len(secret)} characters; fewer than {MIN_SECRET_LENGTH} can "
            "be guessed.",
            f"{MAKE_ONE}. A comma ends a secret, so none can hold one.",
        )
    elif len(set(secret)) < MIN_DIFFERENT:
        yield fault(
            4,
            f"A secret of {name} repeats a few characters, so it can be guessed.",
            f"{MAKE_ONE}.",
        )


def check_demo_secret(settings: Any) -> Iterator[CheckMessage]:
    secrets = {settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS, *settings.PRODUCT_KEY_SECRETS}
    if not settings.IS_LOCAL and settings.PRACTICE_SECRET in secrets:
        yield fault(
            5,
            "SECRET_KEY or PRODUCT_KEY_SECRETS is the demo's, which everybody knows.",
            "Put 50 random characters of your own there.",
        )


def check_demo_is_local(settings: Any) -> Iterator[CheckMessage]:
    """In a demo anyone can sign in as anyone, so it must answer only its own machine."""
    is_open = settings.TRUSTED_PROXIES > 0 or not {*settings.ALLOWED_HOSTS} <= {*LOCAL_HOSTS}
    if settings.IS_LOCAL and is_open:
        yield fault(
            6,
            "DEMO or DEBUG is on, and ALLOWED_HOSTS or TRUSTED_PROXIES lets others in: in a demo "
            "everybody can be anybody.",
            "Set both off for a portal, or leave ALLOWED_HOSTS and TRUSTED_PROXIES out for a demo "
            "on this machine.",
        )


def check_hosts(settings: Any) -> Iterator[CheckMessage]:
    """Each must be one host name, without pattern, port or scheme."""
    example = "as in ALLOWED_HOSTS=benefits.example.org."
    use_names = f"Name the hosts that people use, {example}"
    if not settings.ALLOWED_HOSTS:
        yield fault(7, "ALLOWED_HOSTS is empty.", use_names)
    for host in settings.ALLOWED_HOSTS:
        if "*" in host or host.startswith("."):
            yield fault(8, f"ALLOWED_HOSTS allows any host that fits {host}.", use_names)
        elif not is_host(host):
            yield fault(
                9,
                f"ALLOWED_HOSTS has {host}, which is no host name.",
                "Leave out scheme, port and path, and write other letters as browsers do "
                f"(xn--…), {example}",
            )


def check_origins(settings: Any) -> Iterator[CheckMessage]:
    """Each must be one site, since its pages may submit the portal's forms."""
    schemes = {"https", "http"} if settings.IS_LOCAL else {"https"}
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        parts = urlsplit(origin)
        is_whole = origin == f"{parts.scheme}://{parts.netloc}"
        host = re.sub(r":\d+$", "", parts.netloc)
        if not (is_whole and is_host(host) and parts.scheme in schemes):
            yield fault(
                10,
                f"CSRF_TRUSTED_ORIGINS has {origin}, which is not one site over TLS.",
                "Name each site by itself, as in "
                "CSRF_TRUSTED_ORIGINS=https://benefits.example.org.",
            )


def check_mail(settings: Any) -> Iterator[CheckMessage]:
    """Links to set a password must only leave this machine encrypted."""
    options = settings.MAILERS["default"].get("OPTIONS", {})
    if not options or settings.IS_LOCAL or options["use_tls"] or is_this_machine(options["host"]):
        return
    yield fault(
        11,
        f"EMAIL_TLS is off, so links to set a password would travel to {options['host']} for "
        "everybody between to read.",
        "Set EMAIL_TLS=on, or send by a mail server on this machine, EMAIL_HOST=localhost.",
    )


def check_databases(settings: Any) -> Iterator[CheckMessage]:
    """Production needs PostgreSQL, and an encrypted connection to other machines."""
    for alias, database in {} if settings.IS_PLAIN else settings.DATABASES.items():
        name = "REPLICA_URL" if alias == "replica" else "DATABASE_URL"
        hosts = hosts_elsewhere(database)
        if "postgresql" not in database["ENGINE"]:
            yield fault(
                12,
                f"{name} leads to no PostgreSQL, which production runs on.",
                f"Write {name}=postgres://user:password@host/name. For a demo on SQLite run "
                "`manage.py demo`.",
            )
        elif (
            settings.DATABASE_TLS and hosts and database["OPTIONS"].get("sslmode") not in ENCRYPTED
        ):
            yield fault(
                13,
                f"{name} leads to {hosts[0]} without TLS, so the password and everything people "
                "do would travel there for everybody between to read.",
                "Append ?sslmode=verify-full, or at least ?sslmode=require. If the network "
                "between is this machine's own, as between containers, set DATABASE_TLS=off.",
            )


def check_metrics(settings: Any) -> Iterator[CheckMessage]:
    """Metrics are for the operator only."""
    for network in settings.METRICS_FROM:
        if network.prefixlen == 0:
            yield fault(
                14,
                f"METRICS_FROM lets everybody ask, as {network}.",
                "Name the machines that collect metrics, as in METRICS_FROM=10.0.0.5.",
            )


def hosts_elsewhere(database: dict[str, Any]) -> list[str]:
    """The hosts of a database that are neither this machine nor its unix sockets."""
    options = database.get("OPTIONS", {})
    return [
        host
        for given in (database.get("HOST"), options.get("host"), options.get("hostaddr"))
        for host in str(given or "").split(",")
        if host and not host.startswith(("/", "@")) and not is_this_machine(host)
    ]


def check_plain_http(settings: Any) -> Iterator[CheckMessage]:
    """Without TLS, the network can read names, codes and passwords."""
    is_private = all(is_in_own_network(host) for host in settings.ALLOWED_HOSTS)
    if settings.PLAIN_HTTP and not (settings.CLASSES_ONLY and is_private):
        yield fault(
            15,
            "CLASSES_PLAIN_HTTP is on, and this is no portal for classes, or ALLOWED_HOSTS has a "
            "host outside of your own network.",
            "Set DEMO=classes, and name the private IP address of this machine, as in "
            "ALLOWED_HOSTS=192.168.1.20. For the internet set CLASSES_PLAIN_HTTP=off and put TLS "
            "before the portal.",
        )


def is_in_own_network(host: str) -> bool:
    """Whether `host` is a private IP address, or a .local name."""
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return host.lower() == "localhost" or host.lower().endswith(".local")


CHECKS: tuple[Check, ...] = (
    check_secret_key,
    check_transfer_secret,
    check_secret_lists,
    check_demo_is_local,
    check_hosts,
    check_origins,
    check_demo_secret,
    check_databases,
    check_mail,
    check_metrics,
    check_plain_http,
)


def stop_if_open(names: dict[str, Any]) -> None:
    """Raise ImproperlyConfigured for the first error in settings that were just read.

    `names` are the globals of the settings module. Does nothing for `manage.py check`, which lists
    all errors.
    """
    if Path(sys.argv[0]).name == "manage.py" and sys.argv[1:2] == ["check"]:
        return
    settings = SimpleNamespace(**{name: names[name] for name in names if name.isupper()})
    for check in CHECKS:
        for found in check(settings):
            raise ImproperlyConfigured(f"{found.msg} {found.hint}")


def is_host(name: str) -> bool:
    return bool(HOST_NAME.fullmatch(name) or IP_V6.fullmatch(name))


def is_this_machine(host: str) -> bool:
    """Whether `host`, a name or an IP address, is this machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
