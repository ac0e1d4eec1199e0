"""Classes and their rooms: who gets in and how, what trainers see and do, and what ends it."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.auth import get_user
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.formats import date_format
from pytest_django import DjangoDbBlocker, Settings

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit
from benefits_portal.practice import codes
from benefits_portal.practice.class_results import Kept, kept_of
from benefits_portal.practice.code_entry import CODES_OF_NETWORK
from benefits_portal.practice.exercises import actions, begin, exercises
from benefits_portal.practice.models import Class, ExerciseAttempt, Room
from benefits_portal.practice.world import PASSWORD
from benefits_portal.tenants.models import Attempt, How, Partner, Record, TenantsAction, User
from tests import factories
from tests.kept_rows import lay_out
from tests.world import rolled_back

from .conftest import Taught, join, make_class, persona_of

pytestmark = pytest.mark.django_db
ENTER = "/practice/"
WRONG = [f"BCDF-GHJ{letter}" for letter in codes.ALPHABET[:11]]
LONG_AGO = datetime(2020, 1, 31, tzinfo=UTC)
START_OVER = {"act": "start-over", "generation": "1"}
NEW = {
    "title": "Class",
    "situation": "contoso",
    "which": "all",
    "language": "en",
    "hours": "2",
    "max_rooms": "3",
}


@pytest.fixture(scope="module")
def taught(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Taught]:
    """Of another situation, which is told in a tenth of the time of Contoso's: rooms are made."""
    with django_db_blocker.unblock(), rolled_back():
        yield lay_out(make_class, "first-week")


@pytest.fixture(autouse=True)
def world(taught: Taught, db: None) -> Iterator[None]:
    with rolled_back():
        yield


@pytest.fixture
def of_class(taught: Taught) -> Class:
    return Class.objects.get(pk=taught.of_class.pk)


@pytest.fixture
def back(taught: Taught) -> Callable[[str], Client]:
    """`back("Anna")`: a browser that came back to her room with its return code."""

    def come_back(name: str) -> Client:
        client = Client()
        client.post(ENTER, {"code": taught.return_codes[name].lower()})
        return client

    return come_back


@pytest.fixture
def trainer(signed_in: Callable[[str], Client]) -> Client:
    return signed_in("trainer")


def room(name: str = "Anna") -> Room:
    return Room.objects.get(name=name)


# Getting in


def test_a_name_is_all_it_takes_to_get_a_room(of_class: Class) -> None:
    client = Client()
    return_code = join(of_class, "  Chloë\u200b ", client)

    assert persona_of(client) == "partner-admin"
    assert get_user(client).persona.room == room("Chloë")
    assert "Fourth Coffee" in client.get("/").text
    assert re.fullmatch("[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", return_code)
    assert return_code not in client.get(ENTER).text


def test_the_database_holds_no_code(of_class: Class, taught: Taught) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code_digest FROM practice_class")
        held = str(cursor.fetchall())
        cursor.execute("SELECT return_digest, entry FROM practice_room")
        held += str(cursor.fetchall())

    assert of_class.code() not in held
    assert codes.typed(taught.return_codes["Anna"]) not in held


@pytest.mark.parametrize("name", ["", " \u200b ", "\x07Bell", "12", "x" * 41, "\u202e"])
def test_what_is_no_name_makes_no_room(of_class: Class, name: str) -> None:
    client = Client()
    url = reverse("practice-join", args=[of_class.code()])
    entry = client.get(url).context["form"].initial["entry"]

    page = client.post(url, {"name": name, "entry": entry})

    assert (page.status_code, of_class.rooms.count()) == (200, 2)
    assert "<title>Error:" in page.text


def test_markup_in_a_name_is_a_name(of_class: Class, trainer: Client) -> None:
    join(of_class, "<b>Eve</b>", Client())

    page = trainer.get(reverse("practice-class", args=[of_class.pk])).text

    assert "&lt;b&gt;Eve&lt;/b&gt;" in page


def test_a_name_that_is_taken_gets_a_number(of_class: Class) -> None:
    client = Client()
    join(of_class, "anna", client)

    assert get_user(client).persona.room.name == "anna 2"


@pytest.mark.parametrize(
    ("name", "alike"), [("İpek", "ipek"), ("ipek", "İPEK"), ("Weiß", "WEIẞ"), ("ΣΟΦΟΣ", "σοφος")]
)
def test_a_name_gets_a_number_where_the_database_takes_it_for_taken(
    of_class: Class, name: str, alike: str
) -> None:
    """Which letters are the same one differs from database to database, and from Python."""
    Room.objects.enter(of_class, name, entry="first")

    free = Room.objects.free_name(of_class, alike)

    assert (free == alike) == is_accepted(of_class, alike)
    assert Room.objects.enter(of_class, alike, entry="second")[0].name == free


def is_accepted(of_class: Class, name: str) -> bool:
    """Whether a room may be called so beside those there are; none is made."""
    try:
        with rolled_back():
            factories.RoomFactory.create(of_class=of_class, name=name)
    except IntegrityError:
        return False
    return True


def test_a_form_sent_twice_makes_one_room(of_class: Class) -> None:
    url = reverse("practice-join", args=[of_class.code()])
    form = {"name": "Dave", "entry": "6ff8cc32-8a08-4a7b-a2f4-8b2f3dbd4a10"}

    assert [Client().post(url, form).status_code for _twice in range(2)] == [302, 302]

    assert of_class.rooms.filter(name__startswith="Dave").count() == 1


def test_the_last_seat_is_the_last(of_class: Class) -> None:
    Class.objects.filter(pk=of_class.pk).update(max_rooms=2)
    url = reverse("practice-join", args=[of_class.code()])

    page = Client().post(url, {"name": "Dave", "entry": "6ff8cc32-8a08-4a7b-a2f4-8b2f3dbd4a10"})

    assert "All 2 seats of this class are taken." in page.text
    assert of_class.rooms.count() == 2


def test_a_code_of_an_ended_class_lets_nobody_in(
    of_class: Class, back: Callable[[str], Client]
) -> None:
    inside = back("Anna")
    of_class.end()

    page = Client().post(ENTER, {"code": of_class.code()})
    put_out = inside.post(reverse("licensing:product-key-start"), {"key": "x"}, follow=True)

    assert "This class has ended" in page.text
    assert put_out.redirect_chain == [(ENTER, 302)]
    assert "The form that you sent just now came after the end" in put_out.text
    assert not get_user(back("Bob")).is_authenticated


def test_a_code_that_was_replaced_is_dead(of_class: Class) -> None:
    before = of_class.code()

    of_class.draw_code()

    assert Client().get(reverse("practice-join", args=[before])).status_code == 404
    assert Client().get(reverse("practice-join", args=[of_class.code()])).status_code == 200


def test_guessing_stops_after_ten_wrong_codes_in_a_browser(of_class: Class) -> None:
    client = Client()
    client.get(ENTER)
    guesses = [client.post(ENTER, {"code": code}).status_code for code in WRONG[:10]]

    refused = client.post(ENTER, {"code": of_class.code()})
    by_link = client.get(reverse("practice-join", args=[of_class.code()]))

    assert guesses == [200] * 10
    assert (refused.status_code, by_link.status_code) == (429, 429)


@pytest.mark.rule("T3")
def test_whoever_keeps_no_cookie_has_ten_guesses_at_an_address(of_class: Class) -> None:
    guesses = [Client().post(ENTER, {"code": code}).status_code for code in WRONG[:10]]

    refused = Client().post(ENTER, {"code": of_class.code()})
    with_a_form = Client()
    with_a_form.get(ENTER)

    assert (guesses, refused.status_code) == ([200] * 10, 429)
    assert with_a_form.post(ENTER, {"code": of_class.code()}).status_code == 302


def test_ten_wrong_codes_stop_no_other_browser_of_the_classroom(of_class: Class) -> None:
    guesser, other = Client(), Client()
    for client in (guesser, other):
        client.get(ENTER)
    for code in WRONG:
        guesser.post(ENTER, {"code": code})

    assert other.post(ENTER, {"code": of_class.code()}).status_code == 302
    assert Client().get(reverse("practice-join", args=[of_class.code()])).status_code == 200


def test_a_hundred_wrong_codes_stop_whoever_makes_up_browsers(
    of_class: Class, taught: Taught
) -> None:
    for _already in range(99):
        Attempt.objects.take(CODES_OF_NETWORK.of("127.0.0.1"))
    last = Client().post(ENTER, {"code": "BCDF-GHJK"}).status_code

    refused = Client(headers={"cookie": "csrftoken=new"}).post(ENTER, {"code": of_class.code()})
    guessed_again = Client().get(reverse("practice-join", args=[of_class.code()]))
    came_back = Client().post(ENTER, {"code": taught.return_codes["Anna"]})

    assert (last, refused.status_code, guessed_again.status_code) == (200, 429, 429)
    assert came_back.status_code == 302


def test_the_back_office_has_words_for_wrong_codes(
    of_class: Class, signed_in: Callable[[str], Client]
) -> None:
    Client(headers={"cookie": "csrftoken=abc"}).post(ENTER, {"code": "BCDF-GHJK"})
    staff = signed_in("programme")

    listed = staff.get(reverse("admin:tenants_attempt_changelist"), {"q": "127.0.0.1"}).text

    assert "Wrong codes of classes, from one address" in listed
    assert "Wrong codes of classes, from one browser" in listed
    assert 'class="field-what">class-code' not in listed


def test_right_codes_are_no_guesses(of_class: Class) -> None:
    entered = [Client().post(ENTER, {"code": of_class.code()}).status_code for _n in range(12)]

    assert entered == [302] * 12
    assert not Attempt.objects.exists()


@pytest.mark.rule("W5")
@pytest.mark.parametrize(
    "around",
    [
        "Code: {code}",
        "“{code}”",
        "http://localhost:8000/practice/join/{code}/",
        "<https://bcdf.example/practice/join/{code}/>.",
        "Klas 2B {code}",
    ],
)
def test_a_code_is_found_in_what_surrounds_it(of_class: Class, around: str) -> None:
    code = codes.spaced(of_class.code())

    answer = Client().post(ENTER, {"code": around.format(code=code)})

    assert answer.headers.get("Location") == reverse("practice-join", args=[code])


@pytest.mark.rule("W5")
def test_a_return_code_is_found_behind_its_label(taught: Taught) -> None:
    client = Client()
    client.post(ENTER, {"code": f"Return code {taught.return_codes['Anna']}"})

    assert get_user(client).persona.room == room()


@pytest.mark.rule("W5")
def test_full_width_letters_are_those_of_a_code(of_class: Class) -> None:
    code = codes.spaced(of_class.code())
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in code)

    typed = Client().post(ENTER, {"code": wide})

    assert typed.headers.get("Location") == reverse("practice-join", args=[code])
    assert Client().get(reverse("practice-join", args=[wide])).status_code == 200


def test_what_can_be_no_code_is_told_so_and_is_no_guess() -> None:
    page = Client().post(ENTER, {"code": "BCD0-FGHJ"})
    by_link = Client().get(reverse("practice-join", args=["BCD0-FGHJ"]))

    assert "A code has no vowels, no L, and no 0 or 1." in page.text
    assert by_link.status_code == 404
    assert not Attempt.objects.exists()


# Coming back


@pytest.mark.rule("W11")
def test_two_clicks_at_a_return_code_show_one_that_holds(back: Callable[[str], Client]) -> None:
    client = back("Anna")
    form = {"act": "return-code", "submission": client.get(ENTER).context["submission"]}

    shown = [client.post(ENTER, form, follow=True).context["return_code"] for _twice in range(2)]
    another = form | {"submission": client.get(ENTER).context["submission"]}

    assert shown[0] == shown[1]
    assert client.post(ENTER, another, follow=True).context["return_code"] != shown[0]


@pytest.mark.rule("W11")
def test_a_name_that_is_sent_twice_gets_one_return_code(of_class: Class) -> None:
    url = reverse("practice-join", args=[of_class.code()])
    form = {"name": "Dave", "entry": "6ff8cc32-8a08-4a7b-a2f4-8b2f3dbd4a10"}

    shown = [Client().post(url, form, follow=True).context["return_code"] for _twice in range(2)]

    assert shown[0] == shown[1]


@pytest.mark.rule("W9", "T4")
def test_whoever_comes_next_gets_no_room_by_the_form_of_whoever_left(of_class: Class) -> None:
    """The browser's history holds it."""
    client, url = Client(), reverse("practice-join", args=[of_class.code()])
    form = {"name": "Dave", "entry": "6ff8cc32-8a08-4a7b-a2f4-8b2f3dbd4a10"}
    client.post(url, form)
    client.post(ENTER, {"act": "leave"})

    client.post(url, form | {"name": "Eve"})

    assert get_user(client).persona.room == room("Eve")


def test_a_return_code_brings_back_and_the_earlier_browser_is_told(
    back: Callable[[str], Client],
) -> None:
    first = back("Anna")
    second = back("Anna")

    told = first.post("/demo/clock/", {"today": "2999-01-01"}, follow=True)

    assert get_user(second).persona.room == room()
    assert "on another device" in told.text
    assert not get_user(first).is_authenticated


def test_a_persona_is_one_click_away_and_another_room_is_not(
    back: Callable[[str], Client],
) -> None:
    client = back("Anna")
    answers = [
        client.post(reverse("demo-sign-in"), {"persona": slug}).status_code
        for slug in ("member", "no-role", "support", "programme", "trainer", "fabrikam-admin")
    ]

    assert answers == [302, 302, 404, 404, 404, 404]
    assert get_user(client).persona.room == room()


def test_signing_out_stays_in_the_room_and_leaving_does_not(
    back: Callable[[str], Client],
) -> None:
    client = back("Anna")

    client.post(reverse("tenants:sign-out"))
    cards = client.get(ENTER)
    client.post(ENTER, {"act": "leave"})

    assert cards.context["room"] == room()
    assert not get_user(client).is_authenticated
    assert "Its return code brings you back." in client.get(ENTER).text


def test_nobody_signs_in_to_a_room_by_password_from_outside() -> None:
    diego = room().users()["partner-admin"]
    diego.set_password("chosen by a trainee")
    diego.save()
    client = Client()
    form = {"username": diego.email, "password": "chosen by a trainee"}

    answer = client.post(reverse("tenants:sign-in"), form)

    assert answer.status_code == 403
    assert not get_user(client).is_authenticated


# Starting over


def test_started_over_it_begins_anew_and_nobody_else_notices(
    back: Callable[[str], Client],
) -> None:
    anna, bob = back("Anna"), back("Bob")
    room().partners().update(days_ahead=9)
    theirs = list(room("Bob").partners().values_list("pk", flat=True))

    anna.post(reverse("practice-start-over"), START_OVER)
    connection.check_constraints()

    assert persona_of(anna) == "partner-admin"
    assert (room().generation, room().partners().get().days_ahead) == (2, 0)
    assert list(room("Bob").partners().values_list("pk", flat=True)) == theirs
    assert persona_of(bob) == "partner-admin"


def test_who_sent_nothing_reads_who_started_over_and_of_no_form(
    back: Callable[[str], Client], trainer: Client, of_class: Class
) -> None:
    anna = back("Anna")

    trainer.post(reverse("practice-class-room", args=[of_class.pk, room().pk]), START_OVER)
    told = anna.get("/", follow=True)
    again = anna.get(ENTER)

    assert "Your trainer started your room over. Go on as" in told.text
    assert "Your trainer" not in again.text


def test_what_a_trainer_did_in_a_room_is_on_its_record_as_the_trainer_s(
    back: Callable[[str], Client], trainer: Client, of_class: Class
) -> None:
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    trainer.post(url, START_OVER)
    trainer.post(url, {"act": "look"})
    trainer.post(reverse("tenants:end-viewing"))
    anna = back("Anna")

    activity = anna.get(reverse("tenants:activity")).text

    theirs = Record.objects.filter(partner__room__room=room(), how=How.TRAINER)
    assert set(theirs.values_list("action", "actor__persona__slug")) == {
        ("practice.started-over", "trainer"),
        ("tenants.view-started", "trainer"),
        ("tenants.view-ended", "trainer"),
    }
    assert "Started the room over" in activity
    assert 'data-how="trainer">trainer<' in activity


@pytest.mark.rule("W11")
def test_a_room_is_not_started_over_again_by_a_page_of_before(
    back: Callable[[str], Client], trainer: Client, of_class: Class
) -> None:
    anna, told = back("Anna"), "This room was started over after you opened that page"
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    pages = [trainer.get(url, {"ask": "start-over"}) for _tab in range(2)]
    sent = [
        dict(re.findall(r'name="(act|generation)" value="([^"]*)"', page.text)) for page in pages
    ]
    answers = [trainer.post(url, each, follow=True).text for each in sent]
    anna.get(ENTER)
    answers.append(anna.post(reverse("practice-start-over"), sent[0], follow=True).text)
    answers.append(trainer.post(url, {"act": "start-over"}, follow=True).text)
    assert [told in answer for answer in answers] == [False, True, True, True]
    assert room().generation == 2


def test_a_room_that_its_trainee_started_over_names_no_trainer(
    back: Callable[[str], Client],
) -> None:
    back("Anna").post(reverse("practice-start-over"), START_OVER)

    assert not Record.objects.filter(partner__room__room=room(), how=How.TRAINER).exists()


def test_who_sent_nothing_reads_that_the_class_has_ended(
    back: Callable[[str], Client], of_class: Class
) -> None:
    anna = back("Anna")
    of_class.end()

    told = anna.get("/", follow=True)

    assert "Your class has ended" in told.text
    assert "came after the end" not in told.text


def test_whoever_is_put_out_reads_what_was_achieved_until_the_next_class(
    back: Callable[[str], Client], of_class: Class
) -> None:
    stand(room(), "first-monthly-credit", "begun", "checked")
    stand(room(), "first-licenses", "begun", "shown")
    anna, bob = back("Anna"), back("Bob")
    of_class.end()

    told, again = anna.get("/", follow=True).text, anna.get(ENTER).text
    join(factories.ClassFactory.create(situation="first-week"), "Anna", anna)

    assert "Exercises that you passed: 1 of 2" in told
    assert "<li>The first monthly credit</li>" in told
    assert "<li>Licenses for two people</li>" in told
    assert "Exercises that you passed: 1 of 2" in again
    assert "Your class has ended" not in anna.get(ENTER).text
    anna.post(ENTER, {"act": "leave"})
    assert "Your class has ended" not in anna.get(ENTER).text
    assert "You passed no exercise this time." in bob.get("/", follow=True).text


def test_a_check_that_began_before_the_end_of_the_class_counts(
    back: Callable[[str], Client],
    trainer: Client,
    of_class: Class,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    anna, first_finding = back("Anna"), actions.first_finding
    begin(room(), exercises()["first-monthly-credit"])

    def end_then(*args: Any) -> Any:
        of_class.end()
        return first_finding(*args)

    monkeypatch.setattr(actions, "first_finding", end_then)
    sent = {"act": "check", "exercise": "first-monthly-credit", "room": room().pk}
    answer = anna.post(reverse("practice-exercises"), sent)

    checked = ExerciseAttempt.objects.filter(room=room(), what=ExerciseAttempt.What.CHECKED)
    results = trainer.get(reverse("practice-class-results", args=[of_class.pk]))
    assert (answer.status_code, checked.count(), results.status_code) == (302, 1, 200)
    assert "Your class has ended" in anna.get("/", follow=True).text


def test_of_a_room_that_was_deleted_nothing_is_left_to_say(
    back: Callable[[str], Client], of_class: Class
) -> None:
    anna = back("Anna")
    Class.objects.filter(pk=of_class.pk).update(opens_at=LONG_AGO, closes_at=LONG_AGO)
    call_command("prune", stdout=StringIO())

    told = anna.get("/", follow=True)

    assert "Your class has ended" in told.text
    assert "exercise" not in told.text.partition('id="ended"')[2].partition("</section>")[0]


def test_whoever_is_in_the_middle_of_a_form_is_told(
    back: Callable[[str], Client], trainer: Client, of_class: Class
) -> None:
    anna = back("Anna")
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])

    trainer.post(url, START_OVER)
    told = anna.post(reverse("licensing:product-key-start"), {"key": "x"}, follow=True)

    assert "Your trainer started your room over while you were sending a form" in told.text
    assert told.context["room"] == room()


def test_thirty_days_after_the_end_rooms_are_deleted_and_counted(of_class: Class) -> None:
    of_class.end()
    ended = clock.now() - timedelta(days=30)
    Class.objects.filter(pk=of_class.pk).update(opens_at=ended, closes_at=ended)
    people = {user.pk for user in room().users().values()}

    with time_machine.travel(clock.now() - timedelta(minutes=1)):
        call_command("prune", stdout=StringIO())
    kept = of_class.rooms.count()
    call_command("prune", stdout=StringIO())
    connection.check_constraints()

    of_class.refresh_from_db()
    assert (kept, of_class.rooms.count(), of_class.rooms_deleted) == (2, 0, 2)
    assert not User.objects.filter(pk__in=people).exists()


def test_how_deleted_rooms_stood_with_exercises_is_kept(of_class: Class, trainer: Client) -> None:
    anna, bob = room("Anna"), room("Bob")
    stand(anna, "first-monthly-credit", "begun", "checked")
    stand(anna, "first-licenses", "begun", "shown")
    stand(bob, "first-monthly-credit", "begun")
    Class.objects.filter(pk=of_class.pk).update(opens_at=LONG_AGO, closes_at=LONG_AGO)
    url = reverse("practice-class", args=[of_class.pk])
    before = trainer.get(url).context["kept"]

    call_command("prune", stdout=StringIO())
    page = trainer.get(url)

    assert before == []
    assert page.context["kept"] == [
        Kept("The first monthly credit", passed=1, shown=0, begun=1),
        Kept("Licenses for two people", passed=0, shown=1, begun=0),
    ]
    assert "Exercises in the deleted rooms" in page.text
    assert "The rooms have been deleted, and the names with them." in page.text
    assert "Anna" not in page.text


def stand(room: Room, exercise: str, *steps: str) -> None:
    for step in steps:
        factories.ExerciseAttemptFactory.create(
            room=room, exercise=exercise, what=step, generation=room.generation
        )


def test_an_exercise_whose_file_is_gone_is_kept_by_its_slug(of_class: Class) -> None:
    of_class.count_deleted_room({"gone": "passed", "first-licenses": "begun"})
    of_class.count_deleted_room({"gone": "passed"})

    of_class.refresh_from_db()
    assert [each.title for each in kept_of(of_class)] == [
        "Licenses for two people",
        "gone",
    ]
    assert (kept_of(of_class)[1].passed, of_class.rooms_deleted) == (2, 2)


# Where classes are all that there is


def test_without_a_code_there_is_no_way_in(settings: Settings, of_class: Class) -> None:
    settings.CLASSES_ONLY = True
    client = Client()
    password = {"username": "megan.bowen@contoso.example", "password": PASSWORD}

    answers = [
        client.post(reverse("demo-sign-in"), {"persona": "global-admin"}),
        client.post(reverse("tenants:sign-in"), password),
        client.get(reverse("demo-reset")),
        client.post(reverse("demo-reset"), {"confirm": "RESET"}),
    ]
    elsewhere = [
        client.get(reverse(name))["Location"] for name in ("practice-exercises", "demo-mailbox")
    ]

    assert [answer.status_code for answer in answers] == [404, 403, 404, 404]
    assert elsewhere == [ENTER, ENTER]
    assert "persona-card" not in client.get(reverse("tenants:sign-in")).text
    join(of_class, "Chris", client := Client())
    assert persona_of(client) == "partner-admin"


# What trainers see and do


def test_a_trainer_opens_a_class_and_shows_its_code(trainer: Client) -> None:
    form = NEW | {"title": "Monday", "language": "nl", "hours": "4", "entry": uuid.uuid4()}

    page = trainer.post(reverse("practice-classes"), form, follow=True)

    opened = Class.objects.get(title="Monday")
    assert codes.spaced(opened.code()) in page.text
    assert "data:image/svg+xml" in page.text
    assert timedelta(hours=3) < opened.closes_at - clock.now() <= timedelta(hours=4)


def test_staff_who_may_teach_too_begin_in_the_back_office(client: Client) -> None:
    both = factories.UserFactory.create(directory_user=None, is_staff=True, is_superuser=True)
    client.force_login(both)

    assert both.has_perm("practice.teach")
    assert client.get("/").status_code == 200
    assert reverse("admin:index") in client.get("/").text


def test_trainers_begin_with_their_classes_and_nobody_else_without_a_role(
    trainer: Client, signed_in: Callable[[str], Client]
) -> None:
    began = trainer.get("/")
    others = [signed_in(slug).get("/").status_code for slug in ("no-role", "programme", "support")]

    assert (began.status_code, began["Location"]) == (302, reverse("practice-classes"))
    assert others == [200, 200, 200]


def test_ending_a_class_asks_first_and_says_who_is_there(
    of_class: Class, trainer: Client, back: Callable[[str], Client]
) -> None:
    back("Anna").get("/")
    of_class.rooms.filter(name="Bob").update(seen_at=None)
    url = reverse("practice-class", args=[of_class.pk])

    page, asked_first = trainer.get(url).text, trainer.get(url, {"ask": "end"}).text
    of_class.refresh_from_db()
    was_open = not of_class.is_over(clock.now())
    trainer.post(url, {"act": "end"})
    over = trainer.get(url, {"ask": "end"}).text

    assert 'href="?ask=end"' in page
    assert 'value="end"' not in page
    assert "1 trainee is still there." in asked_first
    assert "undo this." in asked_first
    assert was_open
    assert "Has ended" in over
    assert not any(text in over for text in ("Here now", 'value="end"'))


def test_starting_a_room_over_asks_first(
    of_class: Class, trainer: Client, back: Callable[[str], Client]
) -> None:
    back("Anna").get("/")
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])

    page, asked_first = trainer.get(url).text, trainer.get(url, {"ask": "start-over"}).text

    assert 'href="?ask=start-over"' in page
    assert 'value="start-over"' not in page
    assert 'value="start-over"' in asked_first
    assert "is in this room now." in asked_first
    assert room().generation == 1


def test_times_of_a_class_are_the_portal_s_for_everybody(
    of_class: Class, trainer: Client, back: Callable[[str], Client]
) -> None:
    pages = [back("Anna").get(ENTER).text]
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    trainer.post(url, {"act": "look"})
    pages.append(trainer.get(reverse("practice-class", args=[of_class.pk])).text)

    closes = f"{of_class.closes_at:%-I:%M %p} UTC"
    assert [closes in page for page in pages] == [True, True]
    assert "New York" not in "".join(pages)


def test_the_last_refusal_is_there_in_words(
    of_class: Class, trainer: Client, back: Callable[[str], Client]
) -> None:
    anna = back("Anna")
    anna.post(reverse("demo-sign-in"), {"persona": "member"})
    anna.get(reverse("tenants:activity"))
    room().raise_hand(up=True)

    page = trainer.get(reverse("practice-class", args=[of_class.pk])).text

    assert "Activity is for admins." in page
    assert all(text in page for text in ("Hand is up", "Here now", "Sinead Walsh"))


@pytest.mark.parametrize("page", ["practice-class", "practice-class-room"])
def test_a_trainer_answers_the_hand_that_is_up(
    of_class: Class, trainer: Client, back: Callable[[str], Client], page: str
) -> None:
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    shown_at = reverse(page, args=[of_class.pk, room().pk][: 1 + page.endswith("room")])
    room().raise_hand(up=True)
    offered, mine = trainer.get(shown_at).text, back("Anna").get(ENTER).text

    trainer.post(url, {"act": "lower-hand"})

    assert "Mark as answered" in offered
    assert "Mark as answered" not in trainer.get(shown_at).text
    assert mine.index("Lower my hand") < mine.index("Go on as …")
    assert room().hand_raised_at is None


def test_a_class_that_has_ended_shows_only_what_was_achieved(
    of_class: Class, trainer: Client
) -> None:
    room().raise_hand(up=True)
    stand(room(), "first-monthly-credit", "begun", "checked")
    of_class.end()
    inside = reverse("practice-class-room", args=[of_class.pk, room().pk])

    page = trainer.get(reverse("practice-class", args=[of_class.pk])).text
    one = trainer.get(inside).text

    assert 'data-state="passed"' in page
    assert "1 of " in page
    gone = [
        *("Hand is up", "lower-hand", "Next:", "Current exercise", "Next is exercise", "seats"),
        *("Last action", "Last seen", "Help ", "look-at-exercise"),
    ]
    assert [text for text in gone if text in page + one] == []


def test_a_class_says_what_a_room_has_not_done_yet(of_class: Class, trainer: Client) -> None:
    stand(room("Bob"), "first-monthly-credit", "begun")
    page = trainer.get(reverse("practice-class", args=[of_class.pk])).text
    anna, bob = (part.partition("</tr>")[0] for part in page.split('<th scope="row"')[1:])
    said = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in (anna, bob)]
    assert ["None. Next: 1." in row for row in said] == [True, False]
    assert ["None yet" in row for row in said] == [True, True]
    assert "<noscript><p><a href=" in page


def test_a_trainer_looks_at_the_page_of_the_present_exercise(
    of_class: Class, trainer: Client
) -> None:
    begin(room(), exercises()["first-licenses"])
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])
    offered = trainer.get(url).text

    answer = trainer.post(url, {"act": "look-at-exercise"}, follow=True)

    assert "Look at the page of exercise" in offered
    licenses = Benefit.objects.get(
        partner__in=room().partners(),
        product__name="Azure AD Basic",
        membership__offer__name="Microsoft Action Pack",
    )
    assert answer.redirect_chain == [(licenses.get_absolute_url(), 302)]
    assert "You see the room of <bdi>Anna</bdi> with the rights of an account member" in answer.text


def test_the_rooms_of_a_class_in_six_queries(of_class: Class, trainer: Client) -> None:
    """And as many with sixty, in each of which an exercise was begun."""
    room().raise_hand(up=True)
    factories.ExerciseAttemptFactory.create(room=room())
    url = reverse("practice-class", args=[of_class.pk])
    few = asked(trainer, url)
    for number in range(58):
        another = factories.RoomFactory.create(of_class=of_class, name=f"Room {number}")
        factories.ExerciseAttemptFactory.create(room=another)

    assert (few, asked(trainer, url)) == (6, 6)


def asked(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_looking_is_read_only_and_on_record(of_class: Class, trainer: Client) -> None:
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])

    home = trainer.post(url, {"act": "look"}, follow=True)
    refused = trainer.post(reverse("demo-clock"), {"today": "2999-01-01"})
    ended = trainer.post(reverse("tenants:end-viewing"))

    assert "Looking into a room" in home.text
    assert "<bdi>Anna</bdi>" in home.text
    assert "Change date" not in home.text
    assert "<bdi>Anna</bdi>" in refused.text
    assert refused.status_code == 403
    assert ended["Location"] == url
    actions = Record.objects.filter(partner=room().partners().get()).order_by("-pk")
    assert [record.action for record in actions[:2]] == [
        TenantsAction.VIEW_ENDED,
        TenantsAction.VIEW_STARTED,
    ]


def test_the_calendar_moves_for_all_and_for_rooms_to_come(of_class: Class, trainer: Client) -> None:
    room("Bob").partners().update(days_ahead=40)

    trainer.post(
        reverse("practice-class", args=[of_class.pk]), {"act": "move", "ahead": "0", "days": "30"}
    )
    join(of_class, "Chris", Client())

    ahead = [room(name).partners().get().days_ahead for name in ("Anna", "Bob", "Chris")]
    assert ahead == [30, 40, 30]


def test_a_trainer_reads_which_date_it_is_and_which_one_comes(
    of_class: Class, trainer: Client
) -> None:
    Class.objects.filter(pk=of_class.pk).update(days_ahead=40)

    page = trainer.get(reverse("practice-class", args=[of_class.pk])).text

    days = [clock.today("Europe/Dublin", 40 + count) for count in (0, 1, 30, 90, 365)]
    assert [date_format(day, "DATE_FORMAT") in page for day in days] == [True] * 5
    assert f"The date is {date_format(days[0], 'DATE_FORMAT')} in the rooms" in page


@pytest.mark.parametrize(
    ("situation", "day"),
    [("contoso", 9), ("first-week", 10), ("last-weeks", 9)],  # New York, Dublin, Chicago
)
def test_the_day_of_a_class_is_that_of_its_partner(situation: str, day: int) -> None:
    with time_machine.travel("2027-01-10T03:00:00Z", tick=False):
        assert Class(situation=situation, days_ahead=365).today() == date(2028, 1, day)


@pytest.mark.rule("W11")
def test_a_second_click_moves_no_calendar_again(of_class: Class, trainer: Client) -> None:
    url = reverse("practice-class", args=[of_class.pk])
    for _click in range(2):
        trainer.post(url, {"act": "move", "ahead": "0", "days": "30"})
    assert room("Anna").partners().get().days_ahead == 30

    stale = trainer.post(url, {"act": "move", "ahead": "0", "days": "90"}, follow=True)
    assert "Someone changed the date in the meantime, so" in stale.text
    assert room("Anna").partners().get().days_ahead == 30


@pytest.mark.parametrize("act", ["draw-code", "move"])
def test_nothing_is_done_in_a_class_that_has_ended(
    of_class: Class, trainer: Client, act: str
) -> None:
    of_class.end()
    url = reverse("practice-class", args=[of_class.pk])
    page = trainer.post(url, {"act": act, "ahead": "0", "days": "1"}, follow=True)
    assert "nothing was changed" in page.text
    after = Class.objects.get(pk=of_class.pk)
    assert (after.code(), after.days_ahead) == (of_class.code(), 0)


@pytest.mark.parametrize("act", ["start-over", "rename"])
def test_nothing_is_done_in_a_room_of_a_class_that_has_ended(
    of_class: Class, trainer: Client, act: str
) -> None:
    anna = room("Anna")
    of_class.end()
    url = reverse("practice-class-room", args=[of_class.pk, anna.pk])
    page = trainer.post(url, {"act": act, "name": "Hannah"}, follow=True)
    assert "nothing was changed" in page.text
    assert f'value="{act}"' not in page.text
    assert "?ask=start-over" not in page.text
    assert room("Anna").partners().get() == anna.partners().get()


@pytest.mark.rule("W11")
def test_a_form_sent_twice_opens_one_class(trainer: Client) -> None:
    url = reverse("practice-classes")
    form = NEW | {"entry": trainer.get(url).context["form"].initial["entry"]}
    first, second = trainer.post(url, form), trainer.post(url, form)
    assert first.headers["Location"] == second.headers["Location"]
    assert Class.objects.filter(title="Class").count() == 1

    old = trainer.post(url, NEW)
    assert "This form is too old" in old.text


def test_no_more_classes_are_open_than_there_may_be(trainer: Client) -> None:
    url = reverse("practice-classes")
    answers = [trainer.post(url, NEW | {"entry": uuid.uuid4()}) for _ in range(10)]
    assert [answer.status_code for answer in answers] == [302] * 9 + [200]
    assert "End one first" in answers[-1].text


def test_a_class_is_its_trainers_alone(of_class: Class) -> None:
    other = factories.UserFactory.create(directory_user=None)
    other.groups.add(User.objects.get(persona__slug="trainer").groups.get())
    client = Client()
    client.force_login(other)
    urls = [
        reverse("practice-class", args=[of_class.pk]),
        reverse("practice-class-code", args=[of_class.pk]),
        reverse("practice-class-room", args=[of_class.pk, room().pk]),
    ]

    assert [client.get(url).status_code for url in urls] == [404, 404, 404]
    assert client.get(reverse("practice-classes")).status_code == 200


def test_only_trainers_open_classes(signed_in: Callable[[str], Client]) -> None:
    assert signed_in("programme").get(reverse("practice-classes")).status_code == 403
    assert Client().get(reverse("practice-classes")).status_code == 302


def test_a_trainer_who_was_signed_out_is_told_and_comes_back(
    of_class: Class, trainer: Client
) -> None:
    url = reverse("practice-class", args=[of_class.pk])
    trainer.session.flush()

    asked = trainer.post(
        url, {"act": "end"}, headers={"Referer": f"http://testserver{url}?ask=end"}
    )
    told = trainer.get(asked["Location"])
    back = trainer.post(
        reverse("demo-sign-in"), {"persona": "trainer", "next": told.context["next"]}
    )

    assert "You were signed out, so what you sent was not carried out." in told.text
    assert back["Location"] == f"{url}?ask=end"


def test_a_room_is_renamed(of_class: Class, trainer: Client) -> None:
    url = reverse("practice-class-room", args=[of_class.pk, room().pk])

    trainer.post(url, {"act": "rename", "name": "bob"})

    assert set(of_class.rooms.values_list("name", flat=True)) == {"bob 2", "Bob"}


# Beside other partners, in the back office


@pytest.mark.parametrize(
    ("name", "is_told"),
    [
        ("admin:index", True),
        ("support-desk", True),
        ("refusals", True),
        ("admin:benefits_membership_changelist", True),
        ("admin:tenants_partner_changelist", True),
        ("admin:benefits_product_changelist", False),
    ],
)
def test_staff_are_told_that_rooms_are_among_the_partners(
    of_class: Class, signed_in: Callable[[str], Client], name: str, is_told: bool
) -> None:
    office = signed_in("programme")
    assert ("Practice rooms of classes are included" in office.get(reverse(name)).text) == is_told


def test_partners_of_rooms_and_no_others_have_mpn_ids_of_ten_digits(of_class: Class) -> None:
    of_rooms = Partner.objects.filter(room__room__of_class=of_class)
    ten_digits = Partner.objects.filter(mpn_id__regex=r"^52\d{8}$")
    assert set(ten_digits) == set(of_rooms)
    assert Partner.objects.count() > of_rooms.count() > 0
