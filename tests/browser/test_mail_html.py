"""The HTML part of a reminder in a browser: for everybody, on a phone and in the dark too (R8)."""

from itertools import product

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from pytest_django import Settings

from tests.covering import covering
from tests.reminders.test_digest_mail import ENDING, HELD, KEY, LAPSED, html_of, mail

pytestmark = pytest.mark.rule("R8")
LOOKS = [*product(["en", "nl"], ["light", "dark"])]
IN_CI = covering(LOOKS)
FINDINGS = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.mark.parametrize(
    ("language", "theme"),
    [pytest.param(*look, marks=[] if look in IN_CI else pytest.mark.release) for look in LOOKS],
)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    browser: Browser, settings: Settings, language: str, theme: str
) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]
    context = browser.new_context(
        viewport={"width": 390, "height": 800},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page = context.new_page()
    page.set_content(html_of(mail(KEY, ENDING, HELD, LAPSED, language=language)))
    found = Axe().run(page, options=FINDINGS).response["violations"]
    assert [violation["id"] for violation in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("a").count() == 7
    context.close()
