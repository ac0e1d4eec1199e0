"""Classes opened at one instant: a form opens one, and no more than there may be (W11)."""

import uuid
from datetime import timedelta

import pytest

from benefits_portal import clock
from benefits_portal.practice.exceptions import TooManyClasses
from benefits_portal.practice.models import MAX_OPEN_CLASSES, Class
from benefits_portal.tenants.models import User
from tests import factories
from tests.simultaneous import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("W11")]


@pytest.fixture
def trainer() -> User:
    return factories.UserFactory.create(directory_user=None)


def opened(trainer: User, entry: str) -> Class:
    closes_at = clock.now() + timedelta(hours=2)
    made = Class(title="One", situation="contoso", language="en", closes_at=closes_at, entry=entry)
    return Class.objects.open_for(trainer, made)


def test_of_one_form_sent_many_times_at_once_there_is_one_class(trainer: User) -> None:
    answers = at_once([lambda: opened(trainer, "one form")] * 6)
    assert set(answers) == {Class.objects.get()}


def test_of_many_forms_at_once_no_more_open_than_there_may_be(trainer: User) -> None:
    factories.ClassFactory.create_batch(MAX_OPEN_CLASSES - 1, made_by=trainer)
    answers = at_once([lambda: opened(trainer, str(uuid.uuid4()))] * 6)
    kinds = sorted(type(answer).__name__ for answer in answers)
    assert kinds == ["Class"] + [TooManyClasses.__name__] * 5


def test_of_rooms_deleted_at_once_all_are_counted() -> None:
    of_class = factories.ClassFactory.create()
    at_once([lambda: of_class.count_deleted_room({"scenario-1": "passed"})] * 6)
    of_class.refresh_from_db()
    assert of_class.exercise_counts == {"scenario-1": {"passed": 6}}
    assert of_class.rooms_deleted == 6
