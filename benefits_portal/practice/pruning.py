"""Rooms are deleted 30 days after the end of their class, and their names with them (T5)."""

from datetime import datetime

from django.db import transaction

from benefits_portal.tenants.pruning import Pruner

from .models import Class, Room, RoomQuerySet
from .models.classes import KEPT_DAYS
from .room_world import empty_room


def old_rooms(before: datetime) -> RoomQuerySet:
    """Those of classes that ended before `before`."""
    return Room.objects.filter(of_class__closes_at__lt=before)


def count(before: datetime) -> int:
    return old_rooms(before).count()


def delete(before: datetime) -> int:
    """One room at a time, so that it may be stopped; the class keeps how many there were."""
    pks = list(old_rooms(before).values_list("pk", flat=True))
    return sum(delete_room(pk) for pk in pks)


def delete_room(pk: int) -> bool:
    """False if another run did it."""
    with transaction.atomic():
        room = Room.objects.select_for_update(of=("self",)).filter(pk=pk).first()
        if room is None:
            return False
        Class.objects.filter(rooms=room).count_deleted_room()
        empty_room(room)
        room.delete()
        return True


ROOMS = Pruner("rooms of ended classes", KEPT_DAYS, count, delete)
