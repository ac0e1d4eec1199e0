"""When one is signed out, told before it happens, and put off by one keystroke (WCAG 2.2.1)."""

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


SIGNED_IN_AT = "signed_in_at"  # in the session, seconds of the epoch


def begin_session(request: HttpRequest) -> None:
    """Signed in just now, for a whole session's time."""
    request.session[SIGNED_IN_AT] = clock.now().timestamp()
    stay_signed_in(request)


def stay_signed_in(request: HttpRequest) -> None:
    """From now on for a whole session's time, but not beyond its last end."""
    request.session.set_expiry(
        min(clock.now() + timedelta(seconds=settings.SESSION_COOKIE_AGE), last_end(request))
    )


def last_end(request: HttpRequest) -> datetime:
    """When signing in ends for good, however often somebody stays.

    A session from before this was kept is not put off.
    """
    signed_in_at = request.session.get(SIGNED_IN_AT)
    if signed_in_at is None:
        return request.session.get_expiry_date()
    return datetime.fromtimestamp(signed_in_at, UTC) + timedelta(seconds=settings.SESSION_MAX_AGE)


@dataclass(frozen=True)
class Ending:
    """The end of a session, as of now."""

    at: datetime
    seconds: int
    last_at: datetime  # as far as it can be put off

    @property
    def is_near(self) -> bool:
        return self.seconds <= NEAR.total_seconds()

    @property
    def is_final(self) -> bool:
        """Whether staying signed in puts it off no more."""
        return self.at >= self.last_at


def ending(request: HttpRequest) -> Ending | None:
    """When the person of `request` is signed out; None for nobody, or where no end was set."""
    if not request.user.is_authenticated or "_session_expiry" not in request.session:
        return None
    at = request.session.get_expiry_date()
    return Ending(at, int((at - clock.now()).total_seconds()), last_end(request))


@tenant_context_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def session(request: HttpRequest) -> HttpResponse:
    """Tell how long one stays signed in, or make it longer.

    GET tells, POST makes it a whole session's time again, as far as the last end allows. Asking
    does not put the end off.

    To people it is a page, in a tab of its own, so that what is typed elsewhere stays; to the
    page's script seconds, and the token of whoever is signed in now, since signing in again made
    another one.
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
