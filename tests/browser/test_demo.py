"""The demo shows itself: the calendar moves and the pages follow."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.pages import subscription_of


@pytest.mark.rule("S2")
@pytest.mark.parametrize("javascript", [True, False])
def test_a_subscription_goes_from_active_to_deleted_before_ones_eyes(
    visit: Visit, javascript: bool
) -> None:
    page = visit("partner-admin", java_script_enabled=javascript)
    url = f"/admin-center/products/{subscription_of('Power BI Pro', 100).pk}/"
    page.goto(url)
    seen = []
    for jump in ("30 days later", "30 days later", "90 days later"):
        seen.append(page.locator("main .description-list .badge").first.inner_text())
        page.locator(".demo-banner summary").click()
        page.get_by_role("button", name=jump).click()
        expect(page.locator("main .message-bar").first).to_contain_text("for everyone")
        assert page.url.endswith(url)
    seen.append(page.locator("main .description-list .badge").first.inner_text())
    assert seen == ["Active", "Expired", "Disabled", "Deleted"]
