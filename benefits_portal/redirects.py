"""Redirects that stay on this site, although their URLs may come from user input."""

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

URL_HEADERS = ("Location", "HX-Redirect", "HX-Location", "HX-Push-Url", "HX-Replace-Url")


def on_to(url: str) -> HttpResponseRedirect:
    """To `url`, which anybody may have written: only ever a path of this site, else home.

    Not django.shortcuts.redirect, which takes a word without a slash for the name of a URL, and
    fails if there is none.
    """
    safe = url.startswith("/") and stays_here(url)
    return HttpResponseRedirect(url if safe else reverse("home"))


def own_url(request: HttpRequest) -> str:
    """The path and query of the request, escaped if it begins with `//`, which names a host."""
    return escape_leading_slashes(request.get_full_path())


def stays_here(url: str, host: str | None = None) -> bool:
    """Whether `url` is a path, or a URL of `host`."""
    return url_has_allowed_host_and_scheme(url, host)


def keep_here(request: HttpRequest, response: HttpResponse) -> None:
    """Replace URLs of other sites in the headers of `response` by home."""
    for name in URL_HEADERS:
        url = response.headers.get(name)
        if url not in (None, "false") and not stays_here(url, own_host(request)):
            response.headers[name] = reverse("home")


def own_host(request: HttpRequest) -> str | None:
    """The requested host if it is allowed, else None."""
    try:
        return request.get_host()
    except DisallowedHost:
        return None
