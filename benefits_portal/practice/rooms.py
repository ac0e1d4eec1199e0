"""Which room a request is in."""

from django.http import HttpRequest

from .models import Room
from .world import is_practice_database


def room_of(request: HttpRequest) -> Room | None:
    """The one that everybody shares; None where the database holds no practice world."""
    return Room.objects.shared() if is_practice_database() else None
