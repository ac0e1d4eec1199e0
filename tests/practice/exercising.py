"""What tests of exercises do in a room."""

from typing import Any

from benefits_portal.practice.exercises import Exercise
from benefits_portal.practice.exercises.actions import ExercisePlayer, scope_of
from benefits_portal.practice.handmade import models_of_partners
from benefits_portal.practice.models import Room
from benefits_portal.practice.room_world import open_room
from benefits_portal.practice.story_event import Event
from tests.factories import RoomFactory


def play(room: Room, exercise: Exercise, events: tuple[Event, ...]) -> None:
    """Do `events` in `room`, today and now."""
    partner = exercise.partners_in(room).get()
    ExercisePlayer(room, exercise, partner).play_all(events)


def typed(room: Room, exercise: Exercise, finding: str) -> str:
    """What somebody types who earns `finding` now; nothing, where nothing is asked for."""
    figures = exercise.figures(scope_of(room, exercise))
    return figures.typed_for(finding) if figures else ""


def rooms_of_situations() -> dict[str, Room]:
    """A room of each situation that has exercises; Contoso's is k7q2."""
    rooms = {}
    suffixes = {"contoso": "k7q2", "first-week": "m3x9", "last-weeks": "t4w8"}
    for situation, suffix in suffixes.items():
        rooms[situation] = RoomFactory.create(
            name="Anna", suffix=suffix, of_class__situation=situation
        )
        open_room(rooms[situation])
    return rooms


def rows_of_partners() -> dict[str, list[Any]]:
    """Every row of every partner, by table."""
    return {
        model._meta.db_table: list(model._base_manager.order_by("pk").values_list())
        for model in models_of_partners()
    }
