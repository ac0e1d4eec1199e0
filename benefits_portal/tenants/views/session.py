"""The end of a session: announced before, and postponed by one keystroke (WCAG 2.2.1)."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from benefits_portal import clock
from benefits_portal.tenants.access import tenant_context_exempt

# Before the end, on a page without script; with it, the page counts by itself
NEAR = timedelta(minutes=20)


SIGNED_IN_AT = "signed_in_at"  # key of the session; seconds since 1970


def begin_session(request: HttpRequest) -> None:
    """Start a session of full length now."""
    request.session[SIGNED_IN_AT] = clock.now().timestamp()
    stay_signed_in(request)


def stay_signed_in(request: HttpRequest) -> None:
    """Extend the session to its full length from now, but not beyond `last_end`."""
    request.session.set_expiry(
        min(clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE), last_end(request))
    )


def last_end(request: HttpRequest) -> datetime:
    """When the session ends for good.

    None for sessions from before this was stored, which cannot be extended.
    """
    signed_in_at = request.session.get(SIGNED_IN_AT)
    if signed_in_at is None:
        return request.session.get_expiry_date()
    return datetime.fromtimestamp(signed_in_at, UTC) + timedelta(seconds=settings.SESSION_MAX_AGE)


@dataclass(frozen=True)
class Ending:
    """The end of a session, as known now."""

    at: datetime
    seconds: int
    last_at: datetime  # the latest time to which it can be extended

    @property
    def is_near(self) -> bool:
        return self.seconds <= NEAR.total_seconds()

    @property
    def is_final(self) -> bool:
        """Whether it can no longer be extended."""
        return self.at >= self.last_at


def ending(request: HttpRequest) -> Ending | None:
    """When the session of `request` ends; None if nobody is signed in, or no end was set."""
    if not request.user.is_authenticated or "_session_expiry" not in request.session:
        return None
    at = request.session.get_expiry_date()
    return Ending(at, int((at - clock.now()).total_seconds()), last_end(request))


@tenant_context_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """GET: how long the session lasts. POST: extend it as far as possible.

    GET does not extend it. People get a page, which opens in a new tab, so that they keep what they
    have typed elsewhere. The script gets seconds and the current CSRF token, since signing in again
    changes it.
    """
    if request.user.is_authenticated and request.method == "POST":
        stay_signed_in(request)
    end = ending(request)
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        left = (
            {"seconds": end.seconds, "final": end.is_final}
            if end
            else {"seconds": 0, "final": False}
        )
        return JsonResponse(left | {"token": get_token(request)})
    return (
        render(request, "tenants/session.html")
        if request.user.is_authenticated
        else redirect(settings.LOGIN_URL)
    )
