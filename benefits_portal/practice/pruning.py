"""Delete rooms, and with them the trainees' names, 30 days after their class has ended (T5).

The class keeps the number of rooms, and how many of them had passed each exercise.
"""

from datetime import datetime

from django.db import transaction

from benefits_portal.tenants.pruning import Pruner

from .exercises import OUTCOMES, steps_of
from .models import Room, RoomQuerySet
from .models.classes import KEPT_DAYS
from .room_world import empty_room


def old_rooms(before: datetime) -> RoomQuerySet:
    """Rooms of classes that ended before `before`."""
    return Room.objects.filter(of_class__closes_at__lt=before)


def count(before: datetime) -> int:
    return old_rooms(before).count()


def delete(before: datetime) -> int:
    """Delete old rooms, one per transaction, so that the command can be interrupted."""
    pks = list(old_rooms(before).values_list("pk", flat=True))
    return sum(delete_room(pk) for pk in pks)


def delete_room(pk: int) -> bool:
    """Delete a room; False if another run has deleted it."""
    with transaction.atomic():
        rooms = Room.objects.select_for_update(of=("self",)).select_related("of_class")
        room = rooms.filter(pk=pk).exclude(of_class=None).first()
        if room is None or room.of_class is None:
            return False
        room.of_class.count_deleted_room(outcomes_of(room))
        empty_room(room)
        room.delete()
        return True


def outcomes_of(room: Room) -> dict[str, str]:
    """The outcome of each exercise that was begun in `room`, by slug."""
    return {
        step.exercise.slug: OUTCOMES[step.state]
        for step in steps_of(room)
        if step.state in OUTCOMES
    }


ROOMS = Pruner("rooms of ended classes", KEPT_DAYS, count, delete)
