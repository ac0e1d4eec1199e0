"""Who practices where: classes, rooms, their partners, and the people one can be there."""

from .actions import PracticeAction
from .classes import MAX_OPEN_CLASSES, MAX_ROOMS, Class
from .exercise_attempt import ExerciseAttempt
from .room import Persona, Room, RoomPartner, RoomQuerySet

__all__ = [
    "MAX_OPEN_CLASSES",
    "MAX_ROOMS",
    "Class",
    "ExerciseAttempt",
    "Persona",
    "PracticeAction",
    "Room",
    "RoomPartner",
    "RoomQuerySet",
]
