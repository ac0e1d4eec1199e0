"""After signing out nothing is left in the browser, its back-forward cache on (W9).

Playwright's own flags switch that cache off.
"""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

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
    ("persona", "urls"),
    [
        pytest.param(
            "global-admin",
            ["/account/activity/", "/account/users/", "/mpn/benefits/azure-cloud/?q=Microsoft"],
            marks=pytest.mark.release,
        ),
        pytest.param(
            "programme",
            ["/back-office/tenants/record/", "/back-office/tenants/user/"],
            marks=pytest.mark.release,
        ),
    ],
    ids=["global-admin", "programme"],
)
def test_every_page_before_is_the_sign_in_page(visit: Visit, persona: str, urls: list[str]) -> None:
    page = visit(persona)
    for url in [*urls, "/"]:
        page.goto(url)
    sign_out(page)
    for url in ["/", *reversed(urls)]:
        go_back(page)
        expect(page.locator("h1")).to_have_text(SIGN_IN)
        assert parse_qs(urlsplit(page.url).query)["next"] == [url]
    assert kept(page)["local"] == (["theme"] if persona == "programme" else []), (
        "light or dark, which Django's admin keeps there"
    )
