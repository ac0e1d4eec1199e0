"""What opens in place opens a page of its own where it cannot be shown there."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from benefits_portal.tenants.models import Role, RoleAssignment
from tests.browser.conftest import Visit
from tests.browser.pages import key_of

LIST = "/mpn/benefits/azure-cloud/"


@pytest.fixture
def page(visit: Visit) -> Page:
    page = visit("partner-admin")
    page.goto(LIST)
    return page


def opener(page: Page, benefit: int) -> Locator:
    return page.locator(f"[data-opens=details-{benefit}]")


def test_a_row_opened_after_the_session_ended_leads_to_sign_in_and_back(page: Page) -> None:
    benefit = key_of("Microsoft 365 E3", 25).benefit_id
    page.context.clear_cookies()
    opener(page, benefit).click()
    expect(page).to_have_url(re.compile(rf"/sign-in/\?next={LIST}{benefit}/$"))
    expect(page.locator("h1")).to_contain_text("Sign in")


def test_get_key_after_the_role_was_taken_shows_the_page_that_says_why(page: Page) -> None:
    benefit = key_of("Microsoft 365 E3", 25).benefit_id
    opener(page, benefit).click()
    details = page.locator(f"#details-{benefit}")
    details.get_by_role("checkbox").check()
    RoleAssignment.objects.filter(user__persona__slug="partner-admin").update(role=Role.MEMBER)
    details.get_by_role("button", name="Get key").click()
    expect(page.locator("h1")).to_have_text("Your role doesn't include this")
    expect(page.locator("main")).to_have_count(1)
    expect(page.locator("main main, table")).to_have_count(0)
