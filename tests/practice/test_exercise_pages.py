"""The panel with the present exercise on every page of a room, and the page with all of them."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.benefits.models import Assignment
from benefits_portal.practice import codes
from benefits_portal.practice.exercises import State, exercises, progress_of
from benefits_portal.practice.exercises.actions import GONE, save_attempt, scope_of
from benefits_portal.practice.exercises.scope import Finding
from benefits_portal.practice.models import Class, ExerciseAttempt, Room
from tests.key_examples import SHOWN
from tests.world import rolled_back

from .conftest import Taught, messages_of, persona_of
from .exercising import play

pytestmark = pytest.mark.django_db
ENTER, LIST = "/practice/", "/practice/exercises/"
BENEFITS = "/mpn/benefits/azure-cloud/"
CREDIT, SCENARIO, LOOK = "give-monthly-credit", "scenario-1", "look-around"


@pytest.fixture(autouse=True)
def undone(taught: Taught, db: None) -> Iterator[None]:
    with rolled_back():
        Class.objects.update(exercises=[CREDIT, SCENARIO])
        yield


@pytest.fixture
def back(taught: Taught) -> Callable[[str], Client]:
    def come_back(name: str) -> Client:
        client = Client()
        client.post("/practice/", {"code": codes.typed(taught.return_codes[name])})
        return client

    return come_back


@pytest.fixture
def anna(back: Callable[[str], Client]) -> Client:
    return back("Anna")


def room(name: str = "Anna") -> Room:
    return Room.objects.select_related("of_class").get(name=name)


def send(
    client: Client,
    act: str,
    slug: str = CREDIT,
    *,
    of: str = "Anna",
    answer: str = "",
    **more: Any,
) -> Any:
    """What a button of the panel does on the page of the benefits."""
    form = {"act": act, "exercise": slug, "room": room(of).pk, "next": BENEFITS, "answer": answer}
    return client.post(LIST, form, **more)


def state(slug: str = CREDIT) -> State:
    return next(
        step.state for step in progress_of([room()])[room().pk] if step.exercise.slug == slug
    )


def solve(slug: str = CREDIT) -> None:
    play(room(), exercises()[slug], exercises()[slug].solutions[0])


@pytest.mark.parametrize("url", ["/", BENEFITS, "/account/users/", "/help/", "/practice/"])
def test_it_is_on_every_page_of_a_room_and_on_no_other(anna: Client, url: str) -> None:
    assert "Exercise 1 of 2" in anna.get(url).text
    assert 'id="exercise"' not in Client().get(url, follow=True).text


def test_where_all_are_listed_there_is_no_panel_beside_them(anna: Client) -> None:
    page = anna.get(LIST).text

    assert str(exercises()[CREDIT].goal) in page
    assert 'id="exercise"' not in page


def test_it_adds_one_query_to_a_page(anna: Client) -> None:
    send(anna, "begin")
    anna.get(BENEFITS)
    with CaptureQueriesContext(connection) as with_it:
        anna.get(BENEFITS)
    Class.objects.filter(rooms=room()).update(exercises=[])
    with CaptureQueriesContext(connection) as without:
        anna.get(BENEFITS)

    assert len(with_it) == len(without) + 1


def test_beginning_leads_to_its_page_as_the_person_who_does_it(anna: Client) -> None:
    anna.post(reverse("demo-sign-in"), {"persona": "member"})
    offered = anna.get(BENEFITS).text

    there = send(anna, "begin")
    first, later = anna.get(BENEFITS).text, anna.get(BENEFITS).text
    send(anna, "open")

    assert "Begin as MPN partner admin" in offered
    assert there["Location"] == BENEFITS
    who = "For this exercise you work as Diego Siciliani (MPN partner admin)."
    assert [who in page for page in (first, later, anna.get(BENEFITS).text)] == [True, False, False]
    assert persona_of(anna) == "partner-admin"
    assert state() is State.BEGUN


def test_goal_and_hints_are_open_at_first_and_once_it_is_passed(anna: Client) -> None:
    opened = '<details class="exercise-rest" open>'
    send(anna, "begin")
    first, later = anna.get(BENEFITS).text, anna.get(BENEFITS).text
    failed = send(anna, "check", follow=True).text
    solve()
    passed = send(anna, "check", follow=True).text

    pages = (first, later, failed, passed)
    assert [opened in page for page in pages] == [True, False, False, True]
    assert '<details class="exercise-rest">' in later


def test_a_check_says_what_is_missing_and_then_that_it_is_passed(anna: Client) -> None:
    send(anna, "begin")
    failed = send(anna, "check", follow=True)
    solve()
    passed = send(anna, "check", follow=True)

    assert failed.redirect_chain == [(f"{BENEFITS}#exercise", 302)]
    assert "Not yet. No one has this credit (Silver competency)." in failed.text
    assert "Next: Scenario 1" in passed.text
    assert state() is State.PASSED


def test_with_script_the_panel_alone_comes_back_and_is_read_out(anna: Client) -> None:
    send(anna, "begin")

    answer = send(anna, "check", headers={"hx-request": "true"}).text

    assert answer.strip().startswith("<aside")
    assert 'data-announce="Not yet. No one has this credit (Silver competency)."' in answer
    assert f'name="next" value="{BENEFITS}"' in answer


def test_a_second_check_takes_the_place_of_one_that_still_runs(anna: Client) -> None:
    send(anna, "begin")

    panel = anna.get(BENEFITS).text
    start = panel.index('id="exercise-check"')

    assert 'data-hx-sync="this:replace"' in panel[start : panel.index(">", start)]


def test_a_verdict_is_loud_on_the_page_that_answers_and_dated_on_later_ones(anna: Client) -> None:
    send(anna, "begin")
    answer = send(anna, "check", follow=True).text
    later = anna.get(BENEFITS).text
    listed = anna.get(LIST).text

    assert "Not yet. No one has this credit" in answer
    assert "data-stale" not in answer
    assert "Not yet." not in later
    assert "At the last check, just now: No one has this credit (Silver competency)." in later
    assert "Last, just now: No one has this credit (Silver competency)." in listed


@pytest.mark.parametrize(
    ("minutes", "ago"), [(0.9, "just now"), (1, "1 minute ago"), (119, "1 hour ago")]
)
def test_a_check_was_so_long_ago_by_every_clock(anna: Client, minutes: float, ago: str) -> None:
    """The pages of a partner have its clocks, and those of the class the portal's."""
    send(anna, "begin")
    send(anna, "check", follow=True)
    anna.get(BENEFITS)

    with time_machine.travel(clock.now() + timedelta(minutes=minutes)):
        pages = [anna.get(url).text.replace("\xa0", " ") for url in (BENEFITS, ENTER)]

    assert [f"At the last check, {ago}: No one has" in page for page in pages] == [True, True]


def test_a_verdict_is_outdated_once_something_was_done(anna: Client) -> None:
    send(anna, "begin")
    send(anna, "check", follow=True)
    before = anna.get(BENEFITS).text

    play(room(), exercises()[CREDIT], exercises()[CREDIT].solutions[0])
    after = anna.get(BENEFITS).text

    outdated = "Something has changed since then: check again."
    assert [outdated in page for page in (before, after)] == [False, True]


def test_with_script_too_a_verdict_is_dated_on_the_next_page(anna: Client) -> None:
    send(anna, "begin")
    send(anna, "check", headers={"hx-request": "true"})

    assert "At the last check, " in anna.get(BENEFITS).text


def test_hints_are_there_one_within_the_other(anna: Client) -> None:
    send(anna, "begin")

    page = anna.get(BENEFITS).text

    first, second = exercises()[CREDIT].hints
    assert page.index("Hint 1 of 2") < page.index(str(first)) < page.index("Hint 2 of 2")
    assert "</details>" not in page[page.index(str(first)) : page.index(str(second))]


def test_what_was_shown_is_done_and_does_not_count_as_passed(anna: Client) -> None:
    send(anna, "begin")
    asked = anna.get(BENEFITS).text

    shown = send(anna, "show", follow=True)

    assert "The exercise then counts as shown, not as passed." in asked
    assert state() is State.SHOWN
    assert "It counts as shown, not as passed." in shown.text
    assert "All exercises: 0 passed, 1 shown, of 2" in shown.text
    partner = room().partners().get()
    held = Assignment.objects.for_partner(partner).running(partner.today())
    assert held.filter(directory_user__display_name="Nestor Wilke").exists()


@pytest.fixture
def looking(anna: Client) -> Client:
    """Anna, at an exercise that asks for a figure."""
    Class.objects.filter(rooms=room()).update(exercises=[LOOK])
    send(anna, "begin", LOOK)
    return anna


def test_a_figure_is_typed_in_the_panel(looking: Client) -> None:
    figures = exercises()[LOOK].figures(scope_of(room(), exercises()[LOOK]))
    assert figures

    asked = looking.get(BENEFITS).text
    keys = figures.typed_for("counted-keys")
    failed = send(looking, "check", LOOK, answer=keys, headers={"hx-request": "true"})
    passed = send(looking, "check", LOOK, answer=f" {figures.right} ", follow=True)

    assert '<label class="exercise-answer" for="exercise-answer">' in asked
    assert f"Not yet. {keys} is the number of keys, not of their licenses." in failed.text
    assert f'value="{keys}"' in failed.text
    assert "Passed" in passed.text
    assert state(LOOK) is State.PASSED


def test_a_wrong_figure_leaves_the_question_open_and_leads_to_its_page(looking: Client) -> None:
    opened, again = '<details class="exercise-rest" open>', "Look again on its page"
    looking.get("/")

    refused = send(looking, "check", LOOK, answer="7", follow=True).text
    later = looking.get("/").text

    assert [text in refused for text in (opened, again)] == [True, True]
    assert refused.index("Check exercise") < refused.index(again)
    assert [text.count('value="open"') for text in (refused, later)] == [1, 1]
    assert [text in later for text in (opened, again)] == [False, False]


def test_a_wrong_figure_stays_in_the_field_without_script_too(looking: Client) -> None:
    answered = send(looking, "check", LOOK, answer="981 000", follow=True)
    later = looking.get("/")

    assert ['value="981 000"' in page.text for page in (answered, later)] == [True, False]


def test_whoever_is_shown_a_figure_reads_it_again_later(looking: Client) -> None:
    figures = exercises()[LOOK].figures(scope_of(room(), exercises()[LOOK]))
    assert figures
    send(looking, "show", LOOK)

    for url in (BENEFITS, LIST):
        assert f"The answer is {figures.right}." in looking.get(url).text
    assert state(LOOK) is State.SHOWN


@pytest.mark.parametrize("act", ["begin", "check", "show", "open", "fold"])
def test_a_form_of_another_room_does_nothing(
    anna: Client, back: Callable[[str], Client], act: str
) -> None:
    bob = back("Bob")

    answer = send(bob, act, of="Anna")

    assert messages_of(answer) == ["This page belonged to another room, so nothing was done."]
    assert not ExerciseAttempt.objects.exists()


@pytest.mark.parametrize("form", [{"exercise": "of-nobody"}, {"act": "undo"}])
def test_what_is_not_offered_is_no_matter_of_another_room(
    anna: Client, form: dict[str, str]
) -> None:
    sent = {"exercise": CREDIT, "act": "begin", "room": str(room().pk)} | form
    answer = anna.post(reverse("practice-exercises"), sent)
    assert messages_of(answer) == [
        "What this page asked for isn't offered here. Choose one of these exercises."
    ]
    assert not ExerciseAttempt.objects.exists()


@pytest.mark.parametrize("act", ["check", "show"])
def test_what_was_not_begun_is_not_checked_or_shown(anna: Client, act: str) -> None:
    assert messages_of(send(anna, act)) == ["Begin this exercise first."]
    assert "HX-Redirect" in send(anna, act, headers={"hx-request": "true"}).headers


def test_an_exercise_that_is_not_offered_says_why_and_leads_on(anna: Client) -> None:
    solve(SCENARIO)
    refused = send(anna, "begin", SCENARIO, follow=True)

    assert "To do this exercise, start the room over." in refused.text
    assert "Not offered" in refused.text
    assert "Next: Assign monthly Azure credit" in anna.get(BENEFITS).text


def test_it_stays_folded_on_other_pages_and_unfolds(anna: Client) -> None:
    send(anna, "begin")
    send(anna, "fold")
    folded = anna.get("/").text
    send(anna, "unfold")

    assert "Show the exercise" in folded
    assert "Check exercise</button>" not in folded
    assert "Check exercise</button>" in anna.get("/").text


def test_it_stays_with_whoever_becomes_somebody_else_there(anna: Client) -> None:
    send(anna, "begin", SCENARIO)

    anna.post(reverse("demo-sign-in"), {"persona": "global-admin"})

    assert "Exercise 2 of 2" in anna.get(BENEFITS).text


def test_whoever_comes_back_elsewhere_is_at_the_exercise_begun_last(
    anna: Client, back: Callable[[str], Client]
) -> None:
    send(anna, "begin", SCENARIO)

    assert "Exercise 2 of 2" in back("Anna").get(BENEFITS).text


def test_all_are_listed_with_how_the_room_stands(anna: Client) -> None:
    send(anna, "begin", SCENARIO)
    send(anna, "begin")
    solve()
    send(anna, "check")

    page = anna.get(LIST)

    assert [step.state for step in page.context["steps"]] == [State.PASSED, State.BEGUN]
    assert "1 of 2 passed" in page.text


def test_next_is_the_first_that_is_open(anna: Client) -> None:
    send(anna, "begin")
    send(anna, "begin", SCENARIO)

    shown = send(anna, "show", SCENARIO, follow=True)

    assert "Next: Assign monthly Azure credit" in shown.text


def test_one_s_room_leads_to_the_exercise_that_is_next(anna: Client) -> None:
    anna.post(ENTER, {"act": "return-code"})
    first = anna.get(ENTER).text
    send(anna, "begin", SCENARIO)
    begun = anna.get(ENTER).text
    send(anna, "show", SCENARIO)
    send(anna, "begin")
    send(anna, "show")
    done = anna.get(ENTER).text

    assert "Your return code" in first
    assert 'id="exercise"' in first
    assert "Begin: Assign monthly Azure credit" in first
    assert "Go on: Scenario 1" in begun
    assert 'value="start"' not in done


def test_a_room_without_exercises_has_no_panel_and_says_so(anna: Client) -> None:
    Class.objects.filter(rooms=room()).update(exercises=[])

    page = anna.get(LIST).text

    assert 'id="exercise"' not in page
    assert "This class has no exercises." in page


def test_in_the_shared_world_it_is_there_once_one_is_begun(client: Client) -> None:
    client.post(reverse("demo-sign-in"), {"persona": "member"})
    before = client.get(BENEFITS).text
    shared = Room.objects.get(suffix="")
    form = {"exercise": CREDIT, "room": shared.pk, "next": BENEFITS}

    client.post(LIST, form | {"act": "begin"})
    begun, persona = client.get(BENEFITS).text, persona_of(client)
    client.post(LIST, form | {"act": "stop"})

    assert 'id="exercise"' not in before
    assert "Check exercise</button>" in begun
    assert persona == "partner-admin"
    assert 'id="exercise"' not in client.get(BENEFITS).text


def test_outside_of_a_class_one_reads_as_whom_one_works_before_beginning(client: Client) -> None:
    client.post(reverse("demo-sign-in"), {"persona": "trainer"})

    page = client.get(LIST).text

    assert "You work as MPN partner admin." in page
    assert "To come back to the pages of <bdi>Ana Bowman</bdi>, sign in again." in page


def test_a_newcomer_begins_the_first_exercise_in_one_step(client: Client) -> None:
    offered = client.get(reverse("tenants:sign-in")).text

    page = client.post(LIST, {"act": "start"}, follow=True)

    assert 'name="act" value="start"' in offered
    assert (page.wsgi_request.path, persona_of(client)) == ("/", "partner-admin")
    assert "Exercise 1 of 19" in page.text
    assert "Look around: what will be lost" in page.text


def test_a_newcomer_who_comes_back_goes_on_until_all_is_done(anna: Client) -> None:
    send(anna, "begin", SCENARIO)
    begun = anna.post(LIST, {"act": "start"})["Location"]
    send(anna, "show", SCENARIO)
    following = anna.post(LIST, {"act": "start"})["Location"]
    send(anna, "show")

    assert begun == exercises()[SCENARIO].url(room())
    assert following == BENEFITS
    assert anna.post(LIST, {"act": "start"})["Location"] == LIST


def test_what_was_not_offered_can_be_tried_again(anna: Client) -> None:
    save_attempt(
        room(),
        exercises()[CREDIT],
        ExerciseAttempt.What.NOT_OFFERED,
        clock.today(),
        "",
        finding=Finding(GONE),
    )
    send(anna, "open")
    refused = [anna.get(url).text for url in (LIST, BENEFITS)]

    send(anna, "begin")

    assert ["Try again" in page for page in refused] == [True, True]
    assert state() is State.BEGUN


def test_the_door_to_a_class_is_on_the_page_to_sign_in(anna: Client) -> None:
    anna.post(reverse("tenants:sign-out"))

    assert reverse("practice") in anna.get(reverse("tenants:sign-in")).text


@pytest.mark.rule("K3")
def test_a_product_key_that_is_typed_as_an_answer_is_not_kept(anna: Client) -> None:
    for act in ("begin", "check"):
        send(anna, act, SCENARIO, answer=SHOWN)

    assert SHOWN[6:] not in str(dict(anna.session))
