"""A class from the code on the wall to one's own room, and on the trainer's page."""

import re
from datetime import timedelta

import time_machine
from playwright.sync_api import Page, expect

from benefits_portal import clock
from benefits_portal.practice import codes
from benefits_portal.practice.exercises import begin, check, exercises
from benefits_portal.practice.models import Class
from benefits_portal.practice.room_world import open_room
from benefits_portal.tenants.models import User
from tests import factories
from tests.browser.conftest import Visit
from tests.browser.test_every_page import faults_of

SMALL = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "locale": "nl"}


EXERCISES = ["look-around", "give-monthly-credit", "scenario-1"]


def opened_class() -> Class:
    trainer = User.objects.get(persona__slug="trainer")
    return factories.ClassFactory.create(made_by=trainer, language="nl", exercises=EXERCISES)


def in_a_room(page: Page, of_class: Class) -> list[str]:
    """What is wrong with the pages on the way in."""
    page.goto("/practice/")
    faults = faults_of(page, "enter", ours=True)
    page.locator("#id_code").fill(codes.spaced(of_class.code()))
    page.locator("main form button").first.click()
    page.locator("#id_name").fill("Anna")
    faults += faults_of(page, "join", ours=True)
    page.locator("main form button").first.click()
    expect(page.locator(".practice-code")).to_have_text(re.compile("^[A-Z2-9-]{14}$"))
    return faults + faults_of(page, "room", ours=True)


def test_a_trainee_gets_in_and_the_trainer_sees_it(visit: Visit) -> None:
    of_class = opened_class()
    page = visit("", **SMALL)
    faults = in_a_room(page, of_class)
    trainer = visit("trainer")
    trainer.goto(f"/practice/classes/{of_class.pk}/")

    page.locator("button[value=raise-hand]").click()
    page.goto("/practice/start-over/")
    faults += faults_of(page, "start-over", ours=True)

    expect(trainer.locator("#rooms-now .badge")).to_have_text("Hand is up", timeout=30_000)
    assert faults == []


def join(page: Page, of_class: Class, name: str) -> str:
    """Get in by the link; what brings back to the room."""
    page.goto(f"/practice/join/{codes.spaced(of_class.code())}/")
    page.locator("#id_name").fill(name)
    page.locator("main form button").first.click()
    return page.locator(".practice-code").inner_text()


TYPE_WHILE_CHECKED = """figure => {
    document.getElementById("exercise-check").click();
    document.getElementById("exercise-answer").value = figure;
}"""


def type_answer(page: Page, figure: str) -> None:
    page.locator("#exercise-answer").fill(figure)
    page.locator("#exercise-answer").press("Enter")


def test_a_trainee_solves_an_exercise_and_goes_on_on_a_phone(visit: Visit) -> None:
    of_class = opened_class()
    page, phone = visit(""), visit("", **SMALL)
    back = join(page, of_class, "Anna")

    page.goto("/")
    page.locator(".exercise button[value=begin]").click()
    [keys, licenses] = re.findall(
        r"(\d+) productcodes \((\d+) licenties\)", page.inner_text("main")
    )[0]
    type_answer(page, keys)
    expect(page.locator("#announcer")).to_contain_text(f"{keys} is het aantal productcodes")
    expect(page.locator("#exercise-answer")).to_be_focused()
    page.locator("#exercise-answer").fill("0")
    page.evaluate(TYPE_WHILE_CHECKED, licenses)
    expect(page.locator("#announcer")).to_contain_text("Het is niet 0")
    expect(page.locator("#exercise-answer")).to_have_value(licenses)
    page.locator("#exercise-answer").press("Enter")
    expect(page.locator("#announcer")).to_contain_text("Geslaagd: Rondkijken")

    page.locator(".exercise-next button").click()
    page.locator("#exercise-check").click()
    expect(page.locator("#announcer")).to_contain_text("Niemand heeft dit tegoed")
    expect(page.locator("#exercise-check")).to_be_focused()
    page.get_by_text("Tip 1 van 2").click()
    expect(page.get_by_text("Tip 2 van 2")).to_be_visible()
    faults = faults_of(page, "panel", ours=True)

    page.locator("main a", has_text="per maand").first.click()
    page.locator("main label", has_text="Nestor Wilke").first.click()
    page.locator("main form:has([name=directory_user]) button").last.click()
    page.locator("#exercise-check").click()
    expect(page.locator("#announcer")).to_contain_text("Geslaagd: Maandelijks Azure-tegoed")
    page.locator(".exercise-next button").click()

    phone.goto("/practice/")
    phone.locator("#id_code").fill(back)
    phone.locator("main form button").first.click()
    expect(phone.locator("#exercise-title")).to_contain_text("Oefening 3 van 3")
    expect(phone.locator("#exercise-check")).to_be_visible()
    expect(phone.get_by_text("Tip 1 van")).to_be_hidden()
    phone.locator(".exercise-rest > summary").press("Enter")
    expect(phone.get_by_text("Tip 1 van")).to_be_visible()
    faults += faults_of(phone, "panel-phone", ours=True)
    phone.goto("/practice/exercises/")
    expect(phone.locator(".exercise-item .badge").first).to_have_text("Geslaagd")
    faults += faults_of(phone, "exercises-phone", ours=True)

    assert faults == []


def test_a_trainer_opens_a_class_sees_who_is_stuck_and_ends_it(visit: Visit) -> None:
    trainer = visit("trainer")
    trainer.goto("/practice/classes/")
    trainer.locator("#id_title").fill("Monday")
    trainer.get_by_role("button", name="Open the class").click()
    faults = faults_of(trainer, "class-code", ours=True)
    of_class = Class.objects.get(title="Monday")
    room, _new = of_class.room_for("Anna", "browser")
    open_room(room)
    with time_machine.travel(clock.now() - timedelta(minutes=10)):
        begin(room, exercises()["give-monthly-credit"])
    for _time in range(3):
        check(room, exercises()["give-monthly-credit"])

    trainer.get_by_role("link", name="To the rooms").click()
    expect(trainer.locator("#rooms-now .badge")).to_have_text("Stuck")
    expect(trainer.locator("#rooms-now")).to_contain_text("No one has this credit")
    faults += faults_of(trainer, "class-stuck", ours=True)
    trainer.get_by_role("link", name="Anna").click()
    faults += faults_of(trainer, "class-room-show", ours=True)
    trainer.get_by_role("button", name="Carry out the solution").click()
    expect(trainer.locator(".messages")).to_contain_text("Shown in the room of Anna")
    trainer.get_by_role("link", name="Start over").last.click()
    faults += faults_of(trainer, "class-asks-start-over", ours=True)
    trainer.get_by_role("link", name="Monday").click()
    trainer.get_by_role("link", name="End the class").click()
    faults += faults_of(trainer, "class-asks-end", ours=True)
    trainer.get_by_role("button", name="End the class").click()

    expect(trainer.locator("h1")).to_contain_text("Has ended")
    assert faults == []


def test_a_trainee_gets_in_without_javascript(visit: Visit) -> None:
    page = visit("", java_script_enabled=False)
    page.goto(f"/practice/join/{codes.spaced(opened_class().code())}/")
    page.locator("#id_name").fill("Bram")
    page.locator("main form button").first.click()

    expect(page.locator("h1")).to_contain_text("Bram")
    page.goto("/")
    page.locator(".exercise button[value=begin]").click()
    type_answer(page, "1")
    expect(page.locator(".exercise-finding")).to_contain_text("Het is niet 1")
    page.locator("#exercise-fold").click()
    expect(page.locator("#exercise-check")).to_have_count(0)
