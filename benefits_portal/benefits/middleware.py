"""Keeping product keys out of URLs and searches, wherever they were typed (K3, W6)."""

from collections.abc import Callable, Iterator
from html import unescape
from typing import cast
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import escape_leading_slashes
from django.utils.translation import gettext as _

from benefits_portal.benefits.key_encryption import resembles_key
from benefits_portal.key_format import without_keys
from benefits_portal.redirects import URL_HEADERS
from benefits_portal.tenants.middleware import in_back_office

SEARCHES = {"q"}  # search fields, in which even a part of a key is refused
MAX_DECODINGS = 4  # of text that was encoded several times


def no_key_in_urls(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Redirect a URL that holds a key to the same URL without it, before anything is looked up."""

    def respond(request: HttpRequest) -> HttpResponse:
        query = query_without_keys(request.GET)
        in_path = _holds_key(request.path)
        if not in_path and query is request.GET:
            return _without_keys_in_headers(get_response(request))
        if SEARCHES & request.GET.keys() - query.keys():
            explain_where_keys_go(request)
        else:
            warn_of_key_in_url(request)
        if not in_path and request.method not in ("GET", "HEAD"):
            request.GET = query  # type: ignore[assignment]
            request.META["QUERY_STRING"] = query.urlencode()
            return _without_keys_in_headers(get_response(request))
        home = reverse("admin:index" if in_back_office(request) else "home")
        path = home if in_path else request.path
        return redirect(escape_leading_slashes(f"{path}?{query.urlencode()}".removesuffix("?")))

    return respond


def query_without_keys(query: QueryDict) -> QueryDict:
    """`query` itself, or a copy without the parameters that hold a key in their name or value.

    Empty if several parameters hold a key together.
    """
    pairs = [(name, value) for name, values in query.lists() for value in values]
    left = [pair for pair in pairs if not _is_key(*pair)]
    together = (
        " ".join(value for _name, value in left),
        " ".join(f"{name} {value}" for name, value in left),
    )
    if any(map(_holds_key, together)):
        left = []
    if len(left) == len(pairs):
        return query
    cleaned = QueryDict(mutable=True)
    for name, value in left:
        cleaned.appendlist(name, value)
    return cleaned


def _is_key(name: str, value: str) -> bool:
    is_searched_for = name in SEARCHES and any(map(resembles_key, _decodings(value)))
    return is_searched_for or _holds_key(name) or _holds_key(value)


def _holds_key(text: str) -> bool:
    return any(without_keys(decoded) != decoded for decoded in _decodings(text))


def _decodings(text: str) -> Iterator[str]:
    """`text`, and the same decoded while another encoding for URLs or HTML is found in it."""
    for _time in range(MAX_DECODINGS):
        yield text
        decoded = unescape(unquote_plus(text))
        if decoded == text:
            return
        text = decoded


def _without_keys_in_headers(response: HttpResponse) -> HttpResponse:
    """Remove keys from the URLs that a form's `next` or a missing slash redirects to."""
    for name in URL_HEADERS:
        if name in response.headers:
            response.headers[name] = url_without_keys(response.headers[name])
    return response


def url_without_keys(url: str) -> str:
    """`url` without parameters that hold a key; the URL of home if its path holds one."""
    if not _holds_key(url):
        return url
    parts = urlsplit(url)
    if _holds_key(parts.path) or _holds_key(parts.netloc) or _holds_key(parts.fragment):
        return reverse("home")
    return urlunsplit(parts._replace(query=query_without_keys(QueryDict(parts.query)).urlencode()))


def explain_where_keys_go(request: HttpRequest) -> None:
    """Say it once, even if a search field asks repeatedly while somebody types."""
    if in_back_office(request):
        text = _(
            "This looks like a product key. Keys can't be searched for, and it was not looked "
            "up. Type it at Look up a key."
        )
    else:
        text = _(
            "This looks like a product key. Keys can't be searched for, and it was not looked "
            "up. Type it at Redeem a product key."
        )
    _message_once(request, text)


def warn_of_key_in_url(request: HttpRequest) -> None:
    if in_back_office(request):
        text = _(
            "A product key was taken out of the URL, which histories and logs keep. It was not "
            "looked up. Type it at Look up a key."
        )
    else:
        text = _(
            "A product key was taken out of the URL, which histories and logs keep. It was not "
            "looked up. Type it at Redeem a product key."
        )
    _message_once(request, text)


def _message_once(request: HttpRequest, text: str) -> None:
    waiting = cast("BaseStorage", messages.get_messages(request))
    if text not in [message.message for message in waiting]:
        messages.warning(request, text)
    waiting.used = False  # reading them must not remove them
