"""The IP address of the client."""

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from benefits_portal.tenants.limits import network_of


def client_ip(request: HttpRequest) -> str | None:
    """The client's IP address, by which attempts are counted (K6).

    As seen by the outermost trusted proxy, or else the address that connects. Each proxy appends to
    X-Forwarded-For, so values further left may be forged.
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
    """The network of the client, which counts as one address in limits."""
    return network_of(client_ip(request))
