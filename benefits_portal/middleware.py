"""Middleware for what Django has no setting for.

Headers of our own, nothing kept of signed-in people, sessions on a database that takes no changes,
and whole pages for whoever asked for a part of one.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from benefits_portal.database_errors import Reason, reason
from benefits_portal.message_storage import HostCookieStorage
from benefits_portal.redirects import keep_here, own_url

HEADERS = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def security_headers(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        keep_nothing(request, response)
        keep_here(request, response)
        # Also where one is deleted, which Django does without the flags
        for cookie in response.cookies.values():
            cookie["httponly"], cookie["secure"] = True, settings.SESSION_COOKIE_SECURE
        return response

    return respond


def keep_nothing(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser keep no answer to somebody signed in (W9).

    Clear what it kept, unread messages too, once they no longer are.
    """
    if (
        settings.SESSION_COOKIE_NAME in request.COOKIES
        or settings.SESSION_COOKIE_NAME in response.cookies
    ):
        patch_cache_control(response, private=True, no_store=True)
    if has_ended(response):
        response.headers["Clear-Site-Data"] = '"cache"'
        response.delete_cookie(HostCookieStorage.cookie_name)


def has_ended(response: HttpResponse) -> bool:
    """Whether `response` takes the session away, or sends somebody to sign in again.

    The latter where their session is over. A cookie that has expired is not sent, so of a session
    that ended by itself there is only the second.
    """
    cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
    leads_to = response.headers.get("HX-Redirect") or response.headers.get("Location", "")
    return (cookie is not None and not cookie.value) or leads_to.startswith(
        f"{resolve_url(settings.LOGIN_URL)}?"
    )


class Sessions(SessionMiddleware):
    """Django's.

    While the database takes no changes, a page that is only looked at is shown, and not remembered.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except (SessionInterrupted, DatabaseError) as problem:
            if request.method in ("GET", "HEAD") and reason(problem) is Reason.READ_ONLY:
                return response
            raise


def whole_pages(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: the browser goes to what answers htmx with a redirect or a refusal.

    That is a page of its own, such as signing in. htmx itself would put a redirect's page into the
    row that asked, and show nothing of a refusal. A refused GET is asked for again, as a page; a
    refused POST is not, so its answer takes the place of the page (static/js/portal.js).
    """

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not request.htmx:  # type: ignore[attr-defined]
            return response
        if location := response.headers.get("Location"):
            there = HttpResponseClientRedirect(location)
            there.cookies = response.cookies
            return there
        if response.status_code < 400:
            return response
        if request.method == "GET":
            response.headers["HX-Redirect"] = own_url(request)
            return response
        return reswap(retarget(response, "body"), "innerHTML show:window:top")  # type: ignore[arg-type]

    return respond
