"""The room of each request in a demo."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.tenants.models import User

from . import room_session
from .world import IN_ROOM

type Respond = Callable[[HttpRequest], HttpResponse]


def in_room(get_response: Respond) -> Respond:
    """Middleware: set `request.room` (None outside of classes), and end sessions that lost it.

    Runs before authentication: a session whose account was deleted with its room would otherwise
    just be signed out, without an explanation.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        request.room = None  # type: ignore[attr-defined]
        if not settings.DEMO or IN_ROOM not in request.session:
            return get_response(request)
        room, why = room_session.remembered(request)
        if room is None or why:
            room_session.put_out(request, room, why)
            return redirect("practice")
        request.room = room  # type: ignore[attr-defined]
        response = get_response(request)
        stay(request)
        return response

    return middleware


def stay(request: HttpRequest) -> None:
    """Keep the session in its room when the person signs out, or in as another one of the room."""
    room, user = request.room, request.user  # type: ignore[attr-defined]
    if room is None:  # left
        return
    if IN_ROOM not in request.session and (
        not user.is_authenticated or room_session.belongs(user, room)
    ):
        room_session.remember(request, room)
    room.sign_of_life(persona_in(request), clock.now())


def persona_in(request: HttpRequest) -> str:
    persona = getattr(request.user, "persona", None)
    return persona.slug if persona else ""


def keep_in_room(sender: type, request: HttpRequest | None, user: User, **kwargs: object) -> None:
    """Refuse to sign in to an account of a room by password from outside of the room (T4)."""
    if request is None or not settings.DEMO or not room_session.is_closed(user):
        return
    room = getattr(request, "room", None)
    if room is None or not room_session.belongs(user, room):
        request.session.flush()
        raise PermissionDenied(_("This account belongs to a room. Enter the room's code instead."))
