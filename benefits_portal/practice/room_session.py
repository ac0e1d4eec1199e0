"""Which room a session is in, and getting in and out of it.

The session holds the room with its generation and the count of its browser; once the room has
another of either, the session is out, and is told why.
"""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from benefits_portal import clock
from benefits_portal.tenants.models import User
from benefits_portal.tenants.views import welcome

from .ended_class import Ended, held_of
from .models import Persona, Room, RoomPartner
from .personas import START
from .room_world import open_room
from .world import IN_ROOM

OUT = "out_of_room"  # in the session: why it is out of a room
OUT_SENT = "out_of_room_sent"  # in the session: a form was being sent then, and not carried out
OUT_ENDED = "out_of_room_ended"  # in the session: what was achieved there, if its class has ended
RETURN_CODE = "return_code"  # in the session until it was shown


def room_of(request: HttpRequest) -> Room | None:
    """The room that the session entered, else the shared world; None where there is none."""
    own: Room | None = getattr(request, "room", None)
    is_shared = settings.DEMO and not settings.CLASSES_ONLY
    return own or (Room.objects.shared() if is_shared else None)


def enter(request: HttpRequest, room: Room, response: HttpResponse, slug: str = "") -> HttpResponse:
    """Sign in to `room` as a persona of it; made first, if nobody has been there."""
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
    """The room that the session was in, if it is there; and why the session is out of it, if so."""
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
    """End the session, and keep for its next page why; it stays in a room that was started over."""
    request.session.flush()
    request.session[OUT] = why
    request.session[OUT_SENT] = request.method == "POST"
    if room and why == "over":
        request.session[OUT_ENDED] = held_of(room)
    elif room and why == "started-over":
        remember(request, room)


def why_out(request: HttpRequest) -> dict[str, Any]:
    """What the next page says of it, once; that a class has ended, until one enters another."""
    out, ended = request.session.get(OUT, ""), request.session.get(OUT_ENDED)
    if out != "over":
        request.session.pop(OUT, None)
    return {
        "out": out,
        "out_sent": request.session.pop(OUT_SENT, False),
        "ended": Ended.read(ended) if ended else None,
    }


def belongs(user: User, room: Room) -> bool:
    """Whether `user` is one of the people in `room`."""
    at_home = Persona.objects.filter(room=room, user=user)
    employed = RoomPartner.objects.filter(room=room, partner__tenants__directory_users__user=user)
    return at_home.exists() or employed.exists()


def is_closed(user: User) -> bool:
    """Whether `user` is one of the people in a room that a password is no way into.

    Those of classes, and where classes are all that there is, the shared world too.
    """
    closed = Room.objects.exclude(of_class=None)
    if settings.CLASSES_ONLY:
        closed = Room.objects.all()
    there = RoomPartner.objects.filter(
        room__in=closed, partner__tenants__directory_users__user=user
    )
    return there.exists() or Persona.objects.filter(room__in=closed, user=user).exists()
