"""On to the page that somebody came from, if it is one of ours."""

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def on_to(address: str, request: HttpRequest) -> HttpResponseRedirect:
    """To `address`, which anybody may have written: only ever a path of this site, else home.

    Not django.shortcuts.redirect, which takes a word without a slash for the name of a URL, and fails if there is none.
    """
    safe = address.startswith("/") and url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return HttpResponseRedirect(address if safe else reverse("home"))
