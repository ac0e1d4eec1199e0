"""Before the session ends one is told, and stays by one keystroke (WCAG 2.2.1).

Nothing that was typed is lost.
"""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Page, expect

from benefits_portal import clock
from benefits_portal.tenants.models import DirectoryUser
from tests.browser.conftest import Visit

ADD = "/account/users/add/"


def store(page: Page) -> SessionStore:
    return SessionStore(
        next(cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "sessionid")
    )


def end_in(page: Page, **time: int) -> None:
    session = store(page)
    session.set_expiry(clock.now() + timedelta(**time))
    session.save()


def hours_left(page: Page) -> int:
    return round((store(page).get_expiry_date() - clock.now()).total_seconds() / 3600)


@pytest.fixture
def page(visit: Visit) -> Page:
    """A page that was opened four minutes before the end."""
    page = visit("global-admin")
    end_in(page, minutes=4)
    page.goto(ADD)
    return page


def test_it_is_told_in_a_dialog_and_put_off_by_one_keystroke(page: Page) -> None:
    dialog = page.get_by_role("dialog", name="You'll be signed out soon")
    expect(dialog).to_contain_text("Stay signed in to keep what you've typed.")
    expect(dialog.get_by_role("button", name="Stay signed in")).to_be_focused()
    page.keyboard.press("Space")
    expect(dialog).to_have_count(0)
    expect(page.locator("[data-near]")).to_have_count(0)
    assert hours_left(page) == 8
    assert page.url.endswith(ADD)


def test_after_the_end_what_was_typed_can_be_sent_after_signing_in_again(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_label("Name", exact=True).fill("Rosa Lind")
    page.get_by_label("Address", exact=True).fill("rosa.lind@contoso.onmicrosoft.com")
    store(page).delete()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    dialog = page.get_by_role("dialog", name="You've been signed out")
    expect(dialog.get_by_role("link", name="Sign in in a new tab")).to_be_focused()

    with page.expect_popup() as popup:
        page.keyboard.press("Enter")
    popup.value.locator("form:has(input[value=global-admin]) button").click()
    expect(popup.value.locator("h1")).to_have_text("Home Contoso")
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(dialog).to_have_count(0)
    page.get_by_role("button", name="Add", exact=True).click()

    expect(page.locator("main")).to_contain_text("Rosa Lind")
    assert DirectoryUser.objects.filter(display_name="Rosa Lind").exists()


def test_without_javascript_its_time_is_told_and_put_off_in_another_tab(
    visit: Visit,
) -> None:
    page = visit("global-admin", java_script_enabled=False)
    end_in(page, minutes=4)
    page.goto(ADD)
    page.get_by_label("Name", exact=True).fill("Rosa Lind")
    expect(page.get_by_role("alert")).to_contain_text("be signed out at")
    with page.expect_popup() as popup:
        page.get_by_role("alert").get_by_role("button", name="Stay signed in").press("Enter")
    expect(popup.value.locator("h1")).to_have_text("You stay signed in")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Rosa Lind")
    assert hours_left(page) == 8
