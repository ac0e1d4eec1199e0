"""Buttons pressed at one instant: an exercise is begun once, and shown once (X5, X6, W11)."""

import pytest

from benefits_portal import clock
from benefits_portal.practice.exercises import begin, exercises, show_me
from benefits_portal.practice.models import ExerciseAttempt
from benefits_portal.practice.room_world import open_room
from benefits_portal.practice.world import make_for_classes
from tests.factories import RoomFactory
from tests.simultaneous import at_once

from .exercising import rows_of_partners

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("W11")]


def test_of_many_who_press_at_once_one_begins_and_one_is_shown() -> None:
    make_for_classes(clock.today())
    room = RoomFactory.create(suffix="k7q2")
    open_room(room)
    exercise = exercises()["ask-for-a-replacement"]

    begun = at_once([lambda: begin(room, exercise)] * 4)
    made = len(rows_of_partners()["licensing_redemption"])
    shown = at_once([lambda: show_me(room, exercise)] * 4)

    assert set(begun) == {ExerciseAttempt.objects.get(what="begun")}
    assert set(shown) == {ExerciseAttempt.objects.get(what="shown")}
    assert len(rows_of_partners()["licensing_redemption"]) == made
    assert len(rows_of_partners()["licensing_replacement"]) == 1
