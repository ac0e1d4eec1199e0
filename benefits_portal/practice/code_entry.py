"""Signing in with a code: a class's, or one's own room's. Guessing is limited (T3)."""

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
# A class may be behind one address, so that each browser has a limit of its own there. Whoever
# makes up a new browser for each code gets a hundred: in 28⁸ codes they find one of a hundred
# classes after 700 years. Right codes do not count.
CODES = Limit("class-code", (Tier(10, WINDOW, WINDOW),))
CODES_OF_NETWORK = Limit("class-code-address", (Tier(100, WINDOW, WINDOW),))


def class_with(request: HttpRequest, text: str) -> Class:
    """The class that `text` is the code of. Raises UnknownCode, ClassOver, TooManyAttempts."""
    found = looked_up(request, text)
    if not isinstance(found, Class):
        raise UnknownCode
    return found


def looked_up(request: HttpRequest, text: str) -> Class | Room:
    """The class or the room that `text` is the code of.

    Raises UnknownCode, ClassOver, or TooManyAttempts, before anything is looked up. A return code
    is long enough to need no limit: its trainee gets back whatever others at the address try.
    """
    code = codes.typed(text)
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
    """The class with `code`; a wrong one counts. Raises TooManyAttempts."""
    ticket = Attempt.objects.take(*whom_counted(request))
    found = Class.objects.with_code(code)
    if found:
        Attempt.objects.give_back(ticket)
    return found


def whom_counted(request: HttpRequest) -> list[Counted]:
    """The address, and the browser there; a browser is known by the token of its forms.

    Those that show none count together: a script that keeps nothing has ten guesses (T3).
    """
    network = client_network(request)
    browser = request.COOKIES.get(settings.CSRF_COOKIE_NAME, "")
    return [CODES_OF_NETWORK.of(network), CODES.of(f"{network} {browser}")]
