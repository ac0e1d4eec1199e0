"""Middleware for what Django has no settings for.

Security headers; no caching for signed-in people; sessions on a read-only database; why people have
to sign in again; whole pages in response to htmx.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.utils.cache import patch_cache_control
from django.utils.http import escape_leading_slashes
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from benefits_portal.database_errors import Reason, reason
from benefits_portal.message_storage import HostCookieStorage
from benefits_portal.redirects import keep_here, own_host, own_url, stays_here

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
        # Also on deleted cookies, for which Django does not set these flags
        for cookie in response.cookies.values():
            cookie["httponly"], cookie["secure"] = True, settings.SESSION_COOKIE_SECURE
        return response

    return respond


def keep_nothing(request: HttpRequest, response: HttpResponse) -> None:
    """Forbid the browser to cache answers to signed-in people (W9).

    When they sign out, also clear what it stored, unread messages included.
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
    """Whether `response` ends the session, or redirects to sign in because it is over.

    Browsers don't send expired cookies, so if a session expired by itself, only the redirect shows
    it.
    """
    cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
    leads_to = response.headers.get("HX-Redirect") or response.headers.get("Location", "")
    return (cookie is not None and not cookie.value) or leads_to.startswith(
        f"{resolve_url(settings.LOGIN_URL)}?"
    )


class Sessions(SessionMiddleware):
    """Django's session middleware.

    While the database is read-only, pages that only read are shown, and the session is not saved.
    """

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        try:
            return super().process_response(request, response)
        except (SessionInterrupted, DatabaseError) as problem:
            if request.method in ("GET", "HEAD") and reason(problem) is Reason.READ_ONLY:
                return response
            raise


class SignInRequired(LoginRequiredMiddleware):
    """Redirects to sign in, and says why to people who were signed in before."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponseRedirect:
        return to_sign_in(request, self.get_login_url(view_func))


def sign_in_required(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Decorator: the same, for a view that is itself not found by some who are not signed in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request, settings.LOGIN_URL)
        return view(request, *args, **kwargs)

    return guarded


def to_sign_in(request: HttpRequest, login_url: str) -> HttpResponseRedirect:
    """Redirect to the sign-in page, which leads back.

    Its parameter `ended` is "sent" if somebody who was signed in before submitted a form, which was
    not carried out, and "shown" if they opened a page.
    """
    response = redirect_to_login(page_of(request), login_url)
    if request.method not in ("GET", "HEAD"):
        response.headers["Location"] += "&ended=sent"
    elif session_is_over(request):
        response.headers["Location"] += "&ended=shown"
    return response


def page_of(request: HttpRequest) -> str:
    """The requested page; of a form, the page that it is on, as its URL may not be a page."""
    came_from = request.headers.get("Referer", "")
    is_form = request.method not in ("GET", "HEAD")
    if is_form and came_from and stays_here(came_from, own_host(request)):
        parts = urlsplit(came_from)
        return escape_leading_slashes(urlunsplit(("", "", parts.path or "/", parts.query, "")))
    return own_url(request)


def session_is_over(request: HttpRequest) -> bool:
    """Whether the browser sent a session that has expired or was ended."""
    had_session = bool(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
    return had_session and request.session.session_key is None


def whole_pages(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Make the browser load a whole page where htmx gets a redirect or a refusal.

    htmx alone would put a redirect's page, such as sign-in, into the row that made the request, and
    show nothing of a refusal. A refused GET is requested again as a page; a refused POST is not, so
    its answer replaces the page (static/js/portal.js).
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
        retarget(response, "body")
        return reswap(response, "innerHTML show:window:top")  # type: ignore[arg-type]

    return respond
