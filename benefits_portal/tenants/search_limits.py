"""A limit on searches, which are expensive, on whichever page."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse

from benefits_portal.tenants.limits import SEARCH, TooManyAttempts
from benefits_portal.tenants.models import Attempt
from benefits_portal.tenants.views.signing_in import too_many

SEARCH_PARAMETERS = ("q", "person", "term")  # of lists, of Activity, of the back office's pickers


def searches_cheaply[View: Callable[..., Any]](view: View) -> View:
    """Decorator: a list whose search costs no more than the list; it is not limited."""
    view.searches_cheaply = True  # type: ignore[attr-defined]
    return view


class LimitSearches:
    """Middleware: count the searches of each account before anything is searched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any
    ) -> HttpResponse | None:
        is_search = any(request.GET.get(name) for name in SEARCH_PARAMETERS)
        if (
            not is_search
            or getattr(view, "searches_cheaply", False)
            or not request.user.is_authenticated
        ):
            return None
        try:
            Attempt.objects.take_at_once(SEARCH.of(request.user.pk))
        except TooManyAttempts as refusal:
            return too_many(request, refusal)
        return None
