"""Switch to another persona of the same room, and keep the exercise in progress."""

from django.http import HttpRequest, HttpResponse

from benefits_portal.tenants.models import User
from benefits_portal.tenants.views import welcome

from . import panel
from .models import Room


def become(request: HttpRequest, user: User, response: HttpResponse) -> HttpResponse:
    """Sign in as `user`, unless already signed in as that one."""
    if user == request.user:
        return response
    held = panel.state(request)
    answer = welcome(request, user, response)
    if held:  # nothing else is left of who was signed in
        panel.update_state(request, **held)
    return answer


def become_persona(
    request: HttpRequest, room: Room | None, slug: str, response: HttpResponse
) -> HttpResponse:
    """Sign in as the persona `slug` of `room`; no change if there is none."""
    user = room.user_as(slug) if room else None
    return become(request, user, response) if user else response
