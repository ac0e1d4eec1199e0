"""Entering a class or a room with its code; limits guessing (T3)."""

from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest

from benefits_portal import clock
from benefits_portal.tenants.client_ip import client_network
from benefits_portal.tenants.limits import Counted, Limit, Tier
from benefits_portal.tenants.models import Attempt

from . import codes
from .exceptions import ClassOver, UnknownCode
from .models import Class, Room

WINDOW = timedelta(minutes=10)
# A whole class may share one IP address, so each browser there has a limit of its own. A guesser
# who uses a new browser for each code has 100 guesses: with 28⁸ codes and a hundred classes,
# finding one takes 700 years. Only wrong codes count.
CODES = Limit("class-code", (Tier(10, WINDOW, WINDOW),))
CODES_OF_NETWORK = Limit("class-code-address", (Tier(100, WINDOW, WINDOW),))


def class_with(request: HttpRequest, text: str) -> Class:
    """The class with the code in `text`. Raises UnknownCode, ClassOver or TooManyAttempts."""
    found = looked_up(request, text)
    if not isinstance(found, Class):
        raise UnknownCode
    return found


def looked_up(request: HttpRequest, text: str) -> Class | Room:
    """The class or the room with the code in `text`.

    Raises UnknownCode, ClassOver or TooManyAttempts. Return codes are too long to guess, so they
    are not limited: trainees can return whatever others at their IP address try. What cannot be a
    code does not count as a guess.
    """
    code = codes.typed(text)
    if not codes.is_possible(code):
        raise UnknownCode
    found = (
        Room.objects.select_related("of_class").with_return_code(code)
        if len(code) == codes.RETURN_CODE
        else class_if_allowed(request, code)
    )
    if found is None:
        raise UnknownCode
    of_class = found if isinstance(found, Class) else found.of_class
    if of_class is None or of_class.is_over(clock.now()):
        raise ClassOver
    return found


def class_if_allowed(request: HttpRequest, code: str) -> Class | None:
    """The class with `code`, or None; counts a wrong code. Raises TooManyAttempts."""
    ticket = Attempt.objects.take(*whom_counted(request))
    found = Class.objects.with_code(code)
    if found:
        Attempt.objects.give_back(ticket)
    return found


def whom_counted(request: HttpRequest) -> list[Counted]:
    """The limits that an attempt counts against: of the network, and of the browser there (T3).

    The CSRF cookie identifies a browser. Those without one count together, so a script that keeps
    no cookies has ten guesses.
    """
    network = client_network(request)
    browser = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    return [CODES_OF_NETWORK.of(network), CODES.of(f"{network} {browser}")]
