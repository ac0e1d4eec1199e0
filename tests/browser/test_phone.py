"""What a phone has little room for."""

import pytest

from tests.browser.conftest import Visit

PHONE = {"viewport": {"width": 390, "height": 900}}


@pytest.mark.rule("P4")
def test_what_stands_above_a_page_is_as_high_for_a_long_name(visit: Visit) -> None:
    heights = []
    for persona in ("partner-admin", "adventure-admin"):
        page = visit(persona, **PHONE)
        page.goto("/")
        heights.append(page.evaluate("document.querySelector('.main').offsetTop"))
    assert heights == [148, 148]


def test_personas_to_sign_in_as_take_two_screens(visit: Visit) -> None:
    page = visit("", **PHONE)
    page.goto("/sign-in/")
    last = page.locator(".persona-card").last.bounding_box()
    assert last
    assert last["y"] + last["height"] < 1800
    page.locator(".persona-card", has_text="Megan Bowen").click()
    page.wait_for_url("/")
