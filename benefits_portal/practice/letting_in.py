"""Codes that let in: of a class on the wall, and of one's own room. Guessing is limited (T3)."""

from datetime import timedelta

from django.http import HttpRequest

from benefits_portal import clock
from benefits_portal.tenants.client_ip import client_network
from benefits_portal.tenants.limits import Limit, Tier
from benefits_portal.tenants.models import Attempt

from . import codes
from .exceptions import ClassOver, UnknownCode
from .models import Class, Room

WINDOW = timedelta(minutes=10)
# Of an address: a class behind one mistypes a few times, and right codes do not count
CODES = Limit("class-code", (Tier(10, WINDOW, WINDOW),))


def class_with(request: HttpRequest, text: str) -> Class:
    """The class that `text` is the code of. Raises UnknownCode, ClassOver, TooManyAttempts."""
    found = looked_up(request, text)
    if not isinstance(found, Class):
        raise UnknownCode
    return found


def looked_up(request: HttpRequest, text: str) -> Class | Room:
    """The class or the room that `text` is the code of.

    Raises UnknownCode, ClassOver, or TooManyAttempts, before anything is looked up.
    """
    code = codes.typed(text)
    ticket = Attempt.objects.take(CODES.of(client_network(request)))
    found = (
        Class.objects.with_code(code)
        if len(code) == codes.CLASS_CODE
        else Room.objects.select_related("of_class").with_return_code(code)
    )
    if found is None:
        raise UnknownCode
    Attempt.objects.give_back(ticket)
    of_class = found if isinstance(found, Class) else found.of_class
    if of_class is None or of_class.is_over(clock.now()):
        raise ClassOver
    return found
