"""Signing out empties every tab, and scripts keep nothing of a page in the browser (W9)."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.test_after_signing_out import SIGN_IN, kept, sign_out


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
