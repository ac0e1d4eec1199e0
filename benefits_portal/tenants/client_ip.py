"""Where a request comes from."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from benefits_portal.tenants.limits import network_of


def client_ip(request: HttpRequest) -> str | None:
    """The client's own address, which attempts are counted by (K6).

    As the outermost trusted proxy saw it, else of whoever connects. Each proxy appends the address
    that it sees to X-Forwarded-For; further left stands what the client may have made up.
    """
    connecting: str | None = request.META.get("REMOTE_ADDR") or None
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    if not 0 < settings.TRUSTED_PROXIES <= len(forwarded):
        return connecting
    try:
        return str(ip_address(forwarded[-settings.TRUSTED_PROXIES].strip().partition("%")[0]))
    except ValueError:
        return connecting


def client_network(request: HttpRequest) -> str:
    """What attempts are counted by as one address."""
    return network_of(client_ip(request))
