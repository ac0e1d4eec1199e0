"""The room of a session: enter it, stay in it, and leave it.

The session stores the room's generation and browser number. Once either differs from the room's,
the session has left the room, and its next page says why.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from benefits_portal import clock
from benefits_portal.tenants.models import User
from benefits_portal.tenants.views import welcome

from .ended_class import EndedClass, session_values
from .models import Persona, Room, RoomPartner
from .personas import START
from .room_world import open_room
from .world import IN_ROOM

# Keys of the session
OUT = "out_of_room"  # why it left the room
OUT_SENT = "out_of_room_sent"  # whether a form was lost then
OUT_ENDED = "out_of_room_ended"  # the results, if the class has ended
RETURN_CODE = "return_code"  # until it has been shown


def room_of(request: HttpRequest) -> Room | None:
    """The room that the session is in, else the shared one; None if there is no shared one."""
    own: Room | None = getattr(request, "room", None)
    is_shared = settings.DEMO and not settings.CLASSES_ONLY
    return own or (Room.objects.shared() if is_shared else None)


def enter(request: HttpRequest, room: Room, response: HttpResponse, slug: str = "") -> HttpResponse:
    """Make the room's world if it is missing, and sign in there as the persona `slug`."""
    open_room(room)
    user = room.user_as(slug or START)
    if user is None:  # a Global admin of the room closed the account
        user = next(persona.user for persona in room.personas.select_related("user"))
    request.room = room  # type: ignore[attr-defined]
    for key in (OUT, OUT_ENDED):
        request.session.pop(key, None)
    answer = welcome(request, user, response)
    remember(request, room)
    return answer


def remember(request: HttpRequest, room: Room) -> None:
    request.session[IN_ROOM] = {
        "pk": room.pk,
        "generation": room.generation,
        "browser": room.browser,
    }


def remembered(request: HttpRequest) -> tuple[Room | None, str]:
    """The session's room, if it still exists; and why the session has left it, or empty."""
    held: dict[str, Any] = request.session[IN_ROOM]
    room = Room.objects.select_related("of_class").filter(pk=held["pk"]).first()
    if room is None or room.of_class is None:
        return None, "over"
    if room.of_class.is_over(clock.now()):
        return room, "over"
    if room.browser != held["browser"]:
        return None, "browser"
    if room.generation != held["generation"]:
        return room, "started-over"
    return room, ""


def put_out(request: HttpRequest, room: Room | None, why: str) -> None:
    """End the session, and remember why; it stays in a room that was started over."""
    request.session.flush()
    request.session[OUT] = why
    request.session[OUT_SENT] = request.method == "POST"
    if room and why == "over":
        request.session[OUT_ENDED] = session_values(room)
    elif room and why == "started-over":
        remember(request, room)


def why_out(request: HttpRequest) -> dict[str, Any]:
    """Why the session left, as a context: for one page, or for longer if the class has ended."""
    out, ended = request.session.get(OUT, ""), request.session.get(OUT_ENDED)
    if out != "over":
        request.session.pop(OUT, None)
    return {
        "out": out,
        "out_sent": request.session.pop(OUT_SENT, False),
        "ended": EndedClass.from_session(ended) if ended else None,
    }


def belongs(user: User, room: Room) -> bool:
    """Whether `user` is a persona of `room`, or a person of its partners."""
    at_home = Persona.objects.filter(room=room, user=user)
    employed = RoomPartner.objects.filter(room=room, partner__tenants__directory_users__user=user)
    return at_home.exists() or employed.exists()


def is_closed(user: User) -> bool:
    """Whether `user` belongs to a room that cannot be entered with a password.

    That is any room of a class, and with CLASSES_ONLY the shared one too.
    """
    closed = Room.objects.exclude(of_class=None)
    if settings.CLASSES_ONLY:
        closed = Room.objects.all()
    there = RoomPartner.objects.filter(
        room__in=closed, partner__tenants__directory_users__user=user
    )
    return there.exists() or Persona.objects.filter(room__in=closed, user=user).exists()
