"""Classes, rooms with their partners and personas, and attempts at exercises."""

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
