"""Refuse requests in encodings other than UTF-8.

Django decodes with any codec that a request names, even `hex`, before any middleware runs.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse

type Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

OTHER = "benefits_portal.other_charset"  # in the environment of a request that is not in UTF-8
_CHARSET = re.compile(r"charset[*]?\s*=\s*\"?([^\";\s]*)", re.IGNORECASE)


def mark_charset(application: Application) -> Application:
    """Wrap a WSGI application: remove a charset other than UTF-8, and mark the request."""

    def respond(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        content_type = environ.get("CONTENT_TYPE", "")
        named = _CHARSET.search(content_type)
        if named and named[1].lower() not in {"utf-8", "utf8"}:
            environ = environ | {"CONTENT_TYPE": content_type.partition(";")[0], OTHER: True}
        return application(environ, start_response)

    return respond


def utf8_only(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: respond with 400 to requests that `mark_charset` has marked."""

    def respond(request: HttpRequest) -> HttpResponse:
        if OTHER in request.META:
            raise BadRequest("The request is not in UTF-8.")
        return get_response(request)

    return respond
