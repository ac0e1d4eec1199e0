"""How many clicks redeeming takes from Home, and that the way back is where it happened."""

from collections.abc import Sequence

import pytest
from playwright.sync_api import Locator, Page, expect

from benefits_portal.licensing.models import Redemption
from tests.browser.conftest import Visit
from tests.browser.pages import key_of, subscription_of

REVIEWED = "form[data-whole-page] button[data-kind=primary]"
MANY = 12  # clicks: whoever needs as many has lost the way


def furthest(page: Page, ways: Sequence[str]) -> Locator:
    """Of what is on the page the thing that leads furthest; `ways` begin with the last step."""
    page.locator(", ".join(ways)).locator("visible=true").first.wait_for()
    there = (page.locator(way).locator("visible=true").first for way in ways)
    return next(way for way in there if way.count())


def clicks_to_receipt(page: Page, ways: Sequence[str]) -> tuple[int, int]:
    """How many clicks it took, and how many of the pages under way asked to check the tenant."""
    clicks = checks = 0
    while "/receipts/" not in page.url and clicks < MANY:
        way = furthest(page, ways)
        is_under_way = (
            page.locator(REVIEWED).count()
            or "/walkthrough/" in page.url
            or "/product-key/" in page.url
        )
        checks += (
            is_under_way and page.locator("main .tenant-card, dialog .tenant-card").count() > 0
        )
        before = page.url, page.locator("dialog[open] .panel-title").all_inner_texts()
        way.click()
        clicks += 1
        page.wait_for_load_state()
        for _ in range(40):
            if before != (page.url, page.locator("dialog[open] .panel-title").all_inner_texts()):
                break
            page.wait_for_timeout(50)
    return clicks, checks


def expect_receipt(page: Page) -> None:
    expect(page.get_by_role("status").filter(has_text="Done just now")).to_be_visible()
    expect(page.get_by_role("link", name="Request a replacement key")).to_be_visible()


@pytest.mark.slow
@pytest.mark.rule("K5", "K8", "S8")
def test_redeeming_takes_few_clicks_and_says_how_to_undo_it(visit: Visit) -> None:
    page = visit("partner-admin")
    key = key_of("Microsoft 365 Audio Conferencing", 25)
    benefit = f"/mpn/benefits/azure-cloud/{key.benefit_id}/"
    page.goto("/")
    clicks, checks = clicks_to_receipt(
        page,
        [
            REVIEWED,
            f"main a[href*='/product-key/start/'][href*='key={key.pk}'][href*='way=new']",
            f"main a[href='{benefit}walkthrough/']",
            f"main a[href='{benefit}']",
            "main a[href='/mpn/benefits/azure-cloud/']",
        ],
    )
    assert clicks <= 6, (clicks, checks)
    assert checks <= 2, (clicks, checks)
    expect_receipt(page)
    assert Redemption.objects.get(key=key).way == "new"

    subscription = subscription_of("Power BI Pro", 100)
    page.goto("/")
    address = f"/admin-center/products/{subscription.pk}/"
    clicks, checks = clicks_to_receipt(
        page,
        [
            REVIEWED,
            "dialog form.step-form button[data-kind=primary]",
            f"main a[href^='{address}extend/']",
            f"main a[href='{address}']",
        ],
    )
    assert clicks <= 4, (clicks, checks)
    assert checks <= 2, (clicks, checks)
    expect_receipt(page)
    assert subscription.redemptions.latest("pk").way == "extend"
