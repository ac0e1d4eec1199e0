"""What a trainer sees of the exercises in the rooms of a class, and does about them."""

import csv
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from benefits_portal import clock
from benefits_portal.practice.exercise_files import every_slug
from benefits_portal.practice.exercises import State, begin, check, exercises, progress_of
from benefits_portal.practice.models import Class, Room
from benefits_portal.tenants.models import How, Record, User
from benefits_portal.tenants.naming import name_at
from tests import factories
from tests.world import rolled_back

from .conftest import Taught, messages_of
from .exercising import play
from .test_classes import NEW

pytestmark = pytest.mark.django_db
CREDIT, REPLACEMENT, SCENARIO = "give-monthly-credit", "ask-for-a-replacement", "scenario-1"


@pytest.fixture(autouse=True)
def undone(taught: Taught, db: None) -> Iterator[None]:
    with rolled_back():
        Class.objects.update(exercises=[CREDIT, SCENARIO, REPLACEMENT])
        yield


@pytest.fixture
def of_class(taught: Taught) -> Class:
    return Class.objects.get(pk=taught.of_class.pk)


@pytest.fixture
def trainer(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("trainer")


def room(name: str = "Anna") -> Room:
    return Room.objects.select_related("of_class").get(name=name)


def get_stuck(name: str) -> None:
    """Begun ten minutes ago; the checks since found something."""
    with time_machine.travel(clock.now() - timedelta(minutes=10)):
        begin(room(name), exercises()[CREDIT], "partner-admin")
    for _time in range(3):
        check(room(name), exercises()[CREDIT])


def solve(slug: str) -> None:
    begin(room(), exercises()[slug])
    play(room(), exercises()[slug], exercises()[slug].solutions[0])
    check(room(), exercises()[slug])


def state(slug: str) -> State:
    steps = progress_of([room()])[room().pk]
    return next(step.state for step in steps if step.exercise.slug == slug)


def page_of(client: Client, of_class: Class, exercise: str = "") -> Any:
    query = {"exercise": exercise} if exercise else {}
    return client.get(reverse("practice-class", args=[of_class.pk], query=query))


def show(client: Client, of_class: Class, slug: str = CREDIT) -> Any:
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    return client.post(url, {"act": "show", "exercise": slug})


def test_who_is_stuck_is_first_and_on_what(of_class: Class, trainer: Client) -> None:
    get_stuck("Bob")

    page = page_of(trainer, of_class)

    first, second = page.context["rows"]
    assert (first.room.name, second.room.name) == ("Bob", "Anna")
    assert first.is_stuck
    assert "No one has this credit (Silver competency)." in page.text
    assert "1. Assign monthly Azure credit" in page.text
    assert ">Stuck</span>" in page.text


def missed_on(page: Any) -> dict[str, list[tuple[str, list[tuple[str, int]]]]]:
    """By the slug of its exercise: in whose room what went wrong, and how often."""
    return {
        row.exercise.slug: [
            (room.name, [(miss.message, miss.times) for miss in step.misses])
            for room, step in row.missed
        ]
        for row in page.context["exercises"]
    }


def test_what_went_wrong_before_it_was_passed_stays_to_be_read(
    of_class: Class, trainer: Client
) -> None:
    get_stuck("Bob")
    get_stuck("Anna")
    solve(CREDIT)

    page = page_of(trainer, of_class, CREDIT)
    inside = trainer.get(reverse("practice-class-room", args=[of_class.pk, room().pk])).text

    said = [("No one has this credit (Silver competency).", 3)]
    assert missed_on(page) == {
        CREDIT: [("Anna", said), ("Bob", said)],
        SCENARIO: [],
        REPLACEMENT: [],
    }
    assert "What went wrong: 2 trainees" in page.text
    assert "What went wrong:" in inside
    assert "3 times" in inside


def test_what_went_wrong_is_counted_and_told_only_of_the_exercise_that_is_asked_for(
    of_class: Class, trainer: Client
) -> None:
    get_stuck("Bob")

    page = page_of(trainer, of_class)

    counted = [row.went_wrong_in for row in page.context["exercises"]]
    assert (counted, missed_on(page)[CREDIT]) == ([1, 0, 0], [])
    html = " ".join(page.text.split())
    assert f'href="?exercise={CREDIT}#{CREDIT}" aria-expanded="false"' in html


def test_what_went_wrong_stands_with_how_each_trainee_is_now_and_folds_again(
    of_class: Class, trainer: Client
) -> None:
    get_stuck("Anna")
    solve(CREDIT)

    page = page_of(trainer, of_class, CREDIT)

    [(_room, step)] = page.context["exercises"][0].missed
    assert step.state is State.PASSED
    assert f'href="?#{CREDIT}" aria-expanded="true"' in " ".join(page.text.split())


def test_what_went_wrong_after_it_was_passed_is_not_told(of_class: Class, trainer: Client) -> None:
    solve(CREDIT)
    factories.ExerciseAttemptFactory.create(
        room=room(), what="checked", finding="nobody-holds", question=1
    )

    assert missed_on(page_of(trainer, of_class, CREDIT))[CREDIT] == []


def test_what_was_not_begun_is_next_and_not_what_somebody_is_at(
    of_class: Class, trainer: Client
) -> None:
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    solve(CREDIT)
    listed, before = page_of(trainer, of_class).text, trainer.get(url).text
    begin(room(), exercises()[SCENARIO])
    begun = trainer.get(url).text

    assert "Next: 2. Scenario 1" in listed
    assert "has no exercise open. Next is exercise 2: Scenario 1" in before
    assert "Carry out the solution" not in before
    assert "is at exercise 2: Scenario 1" in begun
    assert "Show how exercise 2 is done" in begun


def test_of_many_rooms_fifty_are_on_a_page_and_who_is_stuck_is_first(
    of_class: Class, trainer: Client
) -> None:
    for number in range(58):
        factories.RoomFactory.create(of_class=of_class, name=f"Room {number:02}")
    url = reverse("practice-class", args=[of_class.pk])
    zoe = factories.RoomFactory.create(of_class=of_class, name="Zoe", generation=1)
    stand_stuck(zoe)

    first, second = trainer.get(url), trainer.get(url, {"page": "2"})

    names = [[row.room.name for row in page.context["rows"]] for page in (first, second)]
    assert [len(shown) for shown in names] == [50, 11]
    assert names[0][:3] == ["Zoe", "Anna", "Bob"]
    assert names[0][-1:] + names[1][:1] == ["Room 46", "Room 47"]
    assert "Showing 50 of 61" in first.text
    assert "61 of 30 seats are taken." in second.text
    assert 'href="?page=2"' in first.text
    assert 'data-hx-get="' + url + '?page=2"' in second.text


def stand_stuck(room: Room) -> None:
    """As somebody who began ten minutes ago and has had it checked three times."""
    ago = clock.now() - timedelta(minutes=10)
    factories.ExerciseAttemptFactory.create(room=room, at=ago)
    for _time in range(3):
        factories.ExerciseAttemptFactory.create(room=room, what="checked", finding="nobody-holds")


@pytest.mark.parametrize("page", ["x", "0", "-1", "99999999999", "7", "last", "²", "1.5"])
def test_a_page_that_is_none_shows_one_that_is(of_class: Class, trainer: Client, page: str) -> None:
    shown = trainer.get(reverse("practice-class", args=[of_class.pk]), {"page": page})

    assert [row.room.name for row in shown.context["rows"]] == ["Anna", "Bob"]


def test_each_state_is_a_sign_with_a_word(of_class: Class, trainer: Client) -> None:
    solve(CREDIT)
    begin(room(), exercises()[SCENARIO])

    page = page_of(trainer, of_class)

    [anna] = [row for row in page.context["rows"] if row.room.name == "Anna"]
    assert [step.state for step in anna.steps] == [State.PASSED, State.BEGUN, State.NOT_BEGUN]
    assert '<span class="visually-hidden">Passed</span>' in page.text
    assert (anna.number, anna.at.exercise.slug) == (2, SCENARIO)


def test_what_a_trainee_did_last_is_there_in_words(of_class: Class, trainer: Client) -> None:
    solve(CREDIT)
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    trainer.post(url, {"act": "look"})  # which is the trainer's, not hers

    page = page_of(trainer, of_class)

    [anna] = [row for row in page.context["rows"] if row.room.name == "Anna"]
    assert anna.did == "Assigned credit"
    assert anna.did in page.text


def test_a_trainer_shows_what_was_begun_and_it_is_theirs(of_class: Class, trainer: Client) -> None:
    begin(room(), exercises()[CREDIT])
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    offered = trainer.get(url).text

    answer = show(trainer, of_class)

    assert 'value="show"' in offered
    assert messages_of(answer) == ["Shown in the room of Anna: Assign monthly Azure credit."]
    assert state(CREDIT) is State.SHOWN
    assert "by the trainer" in trainer.get(url).text
    record = Record.objects.filter(partner__room__room=room()).latest("pk")
    assert (record.actor.persona.slug, record.how) == ("trainer", How.TRAINER)


def test_what_a_trainer_showed_is_your_trainer_s_to_the_trainee(
    of_class: Class, trainer: Client
) -> None:
    begin(room(), exercises()[REPLACEMENT])
    show(trainer, of_class, REPLACEMENT)
    partner, trainee = room().partners().get(), Client()
    trainee.post("/practice/", {"code": room().new_return_code()})

    assert name_at(partner, of_class.made_by) == "your trainer"
    assert "Your trainer" in trainee.get("/account/activity/").text
    listed = trainee.get("/practice/exercises/").text
    assert "Shown by your trainer" in listed


def test_a_trainer_is_nobody_s_trainer_outside_of_their_rooms(of_class: Class) -> None:
    shared = Room.objects.get(suffix="").partners().get(mpn_id="5201001")
    other = factories.UserFactory.create(directory_user=None)

    assert name_at(shared, of_class.made_by) == "a person who is not in your directory"
    assert name_at(room().partners().get(), other) == "a person who is not in your directory"


def test_before_showing_a_trainer_reads_that_somebody_is_at_it(
    of_class: Class, trainer: Client
) -> None:
    begin(room(), exercises()[CREDIT])
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    Room.objects.filter(name="Anna").update(seen_at=clock.now() - timedelta(minutes=10))
    away = trainer.get(url).text
    Room.objects.filter(name="Anna").update(seen_at=clock.now())

    assert "is working on this exercise just now" not in away
    assert "is working on this exercise just now" in trainer.get(url).text


def test_what_was_not_begun_is_not_shown(of_class: Class, trainer: Client) -> None:
    assert messages_of(show(trainer, of_class)) == ["Begin this exercise first."]
    assert state(CREDIT) is State.NOT_BEGUN


def test_nothing_is_shown_in_a_class_that_has_ended(of_class: Class, trainer: Client) -> None:
    begin(room(), exercises()[CREDIT])
    of_class.end()

    answer = show(trainer, of_class)

    assert "nothing was changed" in messages_of(answer)[0]
    assert state(CREDIT) is State.BEGUN


def test_why_an_exercise_is_not_offered_is_told_to_the_trainer(
    of_class: Class, trainer: Client
) -> None:
    play(room(), exercises()[SCENARIO], exercises()[SCENARIO].solutions[0])
    with pytest.raises(Exception, match="start the room over"):
        begin(room(), exercises()[SCENARIO])

    page = trainer.get(reverse("practice-class-room", args=[of_class.pk, room().pk])).text

    assert "Not offered" in page
    assert "To do this exercise, start the room over." in page


def test_results_are_a_spreadsheet_without_formulas(of_class: Class, trainer: Client) -> None:
    get_stuck("Anna")
    solve(CREDIT)
    Room.objects.filter(name="Bob").update(name="=HYPERLINK(1)")

    answer = trainer.get(reverse("practice-class-results", args=[of_class.pk]))

    heads, *rows = csv.reader(b"".join(answer).decode("utf-8-sig").splitlines())
    assert heads[:4] == ["Name", "Exercise", "Status", "Since, UTC"]
    [tries] = [row[4] for row in rows if row[0] == "Anna" and row[2] == "Passed"]
    assert tries == "3"
    [went_wrong] = [row[5] for row in rows if row[0] == "Anna" and row[2] == "Passed"]
    assert went_wrong == "No one has this credit (Silver competency). (3 ×)"
    assert len(rows) == 2 * 3
    assert ["Anna", "Assign monthly Azure credit", "Passed"] in [row[:3] for row in rows]
    assert {row[0] for row in rows} == {"Anna", "'=HYPERLINK(1)"}


def test_after_the_end_a_trainer_reads_until_when_results_are_there(
    of_class: Class, trainer: Client
) -> None:
    before = page_of(trainer, of_class).text
    of_class.end()
    of_class.refresh_from_db()
    after = page_of(trainer, of_class).text

    assert "You can download the results until" not in before
    until = date_format(of_class.closes_at + timedelta(days=30))
    assert f"You can download the results until {until}." in after


def test_the_results_of_another_trainer_s_class_do_not_exist(of_class: Class) -> None:
    other = factories.UserFactory.create(directory_user=None)
    other.groups.add(User.objects.get(persona__slug="trainer").groups.get())
    client = Client()
    client.force_login(other)

    assert client.get(reverse("practice-class-results", args=[of_class.pk])).status_code == 404


@pytest.mark.parametrize(
    ("which", "chosen", "expected"),
    [
        ("none", [SCENARIO], []),
        ("some", [SCENARIO], [SCENARIO]),
        ("some", [CREDIT, REPLACEMENT, "first-licenses"], [CREDIT, REPLACEMENT]),
        ("all", [], every_slug()),
    ],
    ids=["none", "one", "of another situation", "all"],
)
def test_a_trainer_chooses_the_exercises(
    trainer: Client, which: str, chosen: list[str], expected: list[str]
) -> None:
    form = NEW | {"title": "Chosen", "which": which, "exercises": chosen, "entry": uuid.uuid4()}

    trainer.post(reverse("practice-classes"), form)

    assert Class.objects.get(title="Chosen").exercises == expected


def test_the_exercises_of_a_situation_are_offered_together(trainer: Client) -> None:
    offered = trainer.get(reverse("practice-classes")).text

    _before, *groups = offered.split('data-with="situation=')
    counts = {each.partition('"')[0]: each.count('name="exercises"') for each in groups}
    assert sum(counts.values()) == len(exercises())
    assert counts["first-week"] == 2
    assert " checked" not in "".join(groups)


@pytest.mark.parametrize("chosen", [[], ["first-licenses"], ["sing"]], ids=str)
def test_no_exercise_of_the_situation_is_refused(trainer: Client, chosen: list[str]) -> None:
    form = NEW | {"title": "Chosen", "which": "some", "exercises": chosen, "entry": uuid.uuid4()}

    page = trainer.post(reverse("practice-classes"), form)

    assert "<title>Error:" in page.text
    assert not Class.objects.filter(title="Chosen").exists()
