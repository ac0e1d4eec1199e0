"""What tests of exercises do in a room."""

from typing import Any

from benefits_portal.practice.exercises import Exercise
from benefits_portal.practice.exercises.doing import Performer
from benefits_portal.practice.handmade import models_of_partners
from benefits_portal.practice.models import Room
from benefits_portal.practice.story_event import Event


def play(room: Room, exercise: Exercise, events: tuple[Event, ...]) -> None:
    """Do `events` in `room`, today and now."""
    partner = exercise.partners_in(room).get()
    Performer(room, exercise, partner).play_all(events)


def rows_of_partners() -> dict[str, list[Any]]:
    """Every row of every partner, by table."""
    return {
        model._meta.db_table: list(model._base_manager.order_by("pk").values_list())
        for model in models_of_partners()
    }
