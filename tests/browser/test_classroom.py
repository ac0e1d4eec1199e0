"""A class from the code on the wall to one's own room, and on the trainer's page."""

import re

import pytest
from playwright.sync_api import Page, expect

from benefits_portal.practice import codes
from benefits_portal.practice.models import Class
from benefits_portal.tenants.models import User
from tests import factories
from tests.browser.conftest import Visit
from tests.browser.test_every_page import faults_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]
SMALL = {"viewport": {"width": 320, "height": 700}, "color_scheme": "dark", "locale": "nl"}


def opened_class() -> Class:
    trainer = User.objects.get(persona__slug="trainer")
    return factories.ClassFactory.create(made_by=trainer, language="nl")


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


def test_a_trainee_gets_in_without_javascript(visit: Visit) -> None:
    page = visit("", java_script_enabled=False)
    page.goto(f"/practice/join/{codes.spaced(opened_class().code())}/")
    page.locator("#id_name").fill("Bram")
    page.locator("main form button").first.click()

    expect(page.locator("h1")).to_contain_text("Bram")
