"""After signing out nothing is left in the browser, its back-forward cache on (W9).

Playwright's own flags switch that cache off.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserType, Page, expect

from tests.browser.conftest import CHROMIUM, Visit, launch_args
from tests.browser.pages import key_of

SIGN_IN = "Sign in try the portal as …"


@pytest.fixture(scope="session")
def browser(browser_type: BrowserType) -> Iterator[Browser]:
    """Keeps pages for going back, as people's browsers do: the headless shell keeps none."""
    started = browser_type.launch(
        **launch_args(CHROMIUM), ignore_default_args=["--disable-back-forward-cache"]
    )
    yield started
    started.close()


def sign_out(page: Page) -> None:
    page.get_by_title("Account").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text(SIGN_IN)


def go_back(page: Page) -> None:
    """Without waiting for a load: a page that was kept is not loaded again."""
    page.go_back(wait_until="commit")


def kept(page: Page) -> dict[str, list[str]]:
    """The names of all that scripts left in the browser."""
    return page.evaluate(
        "({local: Object.keys(localStorage), session: Object.keys(sessionStorage)})"
    )


def test_the_browser_of_these_tests_does_keep_pages_for_going_back(visit: Visit) -> None:
    page = visit("")
    page.goto("/help/")
    page.evaluate("window.left = true")
    page.goto("/calculator/")
    go_back(page)
    expect(page.locator("h1")).to_contain_text("Help")
    assert page.evaluate("window.left") is True


def test_a_revealed_key_is_gone_after_signing_out(visit: Visit) -> None:
    page = visit("partner-admin")
    page.goto("/")
    page.goto(f"/mpn/benefits/azure-cloud/{key_of('Microsoft 365 E3', 25).benefit_id}/")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="Get key").click()
    expect(page.locator("main")).to_contain_text("PCBEN-")
    page.get_by_role("link", name="Home").first.click()
    sign_out(page)
    for _ in range(3):
        go_back(page)
        expect(page.locator("h1")).to_have_text(SIGN_IN)
        assert "PCBEN-" not in page.content()


@pytest.mark.parametrize(
    ("persona", "url"),
    [
        ("global-admin", "/account/activity/"),
        ("global-admin", "/account/users/"),
        ("global-admin", "/mpn/benefits/azure-cloud/?q=Microsoft"),
        ("programme", "/back-office/tenants/record/"),
        ("programme", "/back-office/tenants/user/"),
    ],
)
def test_the_page_before_is_the_sign_in_page(visit: Visit, persona: str, url: str) -> None:
    page = visit(persona)
    page.goto(url)
    page.goto("/")
    sign_out(page)
    go_back(page)
    expect(page.locator("h1")).to_have_text(SIGN_IN)
    go_back(page)
    expect(page.locator("h1")).to_have_text(SIGN_IN)
    assert kept(page)["local"] == (["theme"] if persona == "programme" else []), (
        "light or dark, which Django's admin keeps there"
    )


def test_signing_out_in_one_tab_empties_the_other(visit: Visit) -> None:
    page = visit("global-admin")
    page.goto("/")
    other = page.context.new_page()
    other.goto("/account/users/")
    expect(other.locator("main")).to_contain_text("@contoso")
    sign_out(page)
    expect(other.locator("h1")).to_have_text(SIGN_IN)


def test_htmx_keeps_no_snapshot_of_a_list(visit: Visit) -> None:
    page = visit("global-admin")
    page.goto("/account/users/")
    page.get_by_role("link", name="Email").click()
    expect(page).to_have_url(re.compile("sort="))
    assert kept(page) == {"local": [], "session": ["htmx-current-path-for-history"]}, (
        "where it is, and nothing of what it showed"
    )
