"""Extending by keyboard, without JavaScript, on a phone, and in Dutch (rule S8).

The whole main job is done so too.

Each time the date is known before anything is redeemed, and so is the other date that Add licenses
would have given.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.dates import add_months
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Redemption, Subscription
from tests.browser.conftest import Visit, click_card
from tests.browser.pages import key_of, subscription_of


@pytest.fixture
def subscription(portal: str) -> Subscription:
    """100 licenses; a key of 25 extends it by three months."""
    return subscription_of("Microsoft 365 E3", 100)


def expect_extended(page: Page, subscription: Subscription, heading: str = "Receipt") -> None:
    expected = add_months(subscription.ends_on, 3)
    expect(page.get_by_role("heading", name=heading, exact=False).first).to_be_visible()
    subscription.refresh_from_db()
    assert subscription.ends_on == expected


def press_until_focused(page: Page, text: str, key: str = "Tab") -> None:
    """Press `key` until what has the focus says `text`, as somebody without a mouse does."""
    for _ in range(80):
        page.keyboard.press(key)
        if page.evaluate("document.activeElement.innerText").strip() == text:
            return
    raise AssertionError(f"{text} cannot be reached by {key}")


def test_a_panel_opened_again_at_once_stays(visit: Visit, subscription: Subscription) -> None:
    page = visit("partner-admin")
    page.goto(f"/admin-center/products/{subscription.pk}/")
    page.get_by_role("link", name="Extend end date").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Extend end date")).to_be_focused()
    page.locator("dialog.panel-dialog").evaluate("""(dialog) => {
        const closed = new Promise((done) => dialog.addEventListener("close", done));
        dialog.close();
        dialog.showModal();
        return closed;
    }""")
    expect(dialog).to_be_visible()


def test_by_keyboard_alone(visit: Visit, subscription: Subscription) -> None:
    page = visit("partner-admin")
    page.goto(f"/admin-center/products/{subscription.pk}/")

    press_until_focused(page, "Extend end date")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="Extend end date")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="Extend end date")).to_be_focused()

    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", name="Extend end date")).to_be_focused()
    press_until_focused(page, "Next")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("heading", name="Review: Extend end date")).to_be_focused()
    press_until_focused(page, f"Extend to {as_day(add_months(subscription.ends_on, 3))}")
    page.keyboard.press("Enter")

    expect_extended(page, subscription)


def test_without_javascript(visit: Visit, subscription: Subscription) -> None:
    page = visit("", java_script_enabled=False)
    click_card(page, "partner-admin")
    page.get_by_role("link", name="Your products").first.click()
    page.get_by_role("link", name="Microsoft 365 E3").click()
    page.get_by_role("link", name="Extend end date").click()
    page.get_by_role("button", name="Next").click()
    review = page.locator("main").inner_text()
    assert as_day(add_months(subscription.ends_on, 3)) in review
    assert "If you choose Add licenses instead: 125 licenses" in review
    page.get_by_role("button", name="Extend to").click()
    expect_extended(page, subscription)


def test_on_a_phone(visit: Visit, subscription: Subscription) -> None:
    page = visit(
        "partner-admin", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    page.goto(f"/mpn/benefits/azure-cloud/{key_of('Microsoft 365 E3', 25).benefit_id}/")
    page.get_by_role("link", name="Activation walkthrough").tap()
    page.get_by_role("link", name="Extend to").tap()
    expect(page.get_by_role("heading", name="Review")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_role("button", name="Extend to").tap()
    expect_extended(page, subscription)


def test_in_dutch(visit: Visit, subscription: Subscription) -> None:
    page = visit("partner-admin")
    page.goto("/")
    page.locator("summary[title=Language]").click()
    page.get_by_role("button", name="Nederlands").click()
    expect(page.locator("html")).to_have_attribute("lang", "nl")
    page.goto(f"/admin-center/products/{subscription.pk}/")
    page.get_by_role("link", name="Einddatum verlengen").click()
    page.get_by_role("dialog").get_by_role("button", name="Volgende").click()
    page.get_by_role("dialog").get_by_role("button", name="Verlengen t/m").click()
    expect_extended(page, subscription, "Inwisselbewijs")


WAYS: dict[str, dict[str, Any]] = {
    "keyboard": {},
    "no-javascript": {"java_script_enabled": False},
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
}


def use(way: str, what: Locator) -> None:
    """Choose or follow `what`, as one does without a mouse, or on a phone."""
    if way == "keyboard":
        what.focus()
        what.press("Space" if what.get_attribute("type") in ("radio", "checkbox") else "Enter")
    elif way == "phone":
        what.tap()
    else:
        what.click()


@pytest.mark.slow
@pytest.mark.release
@pytest.mark.parametrize("way", WAYS)
def test_the_whole_main_job(visit: Visit, way: str) -> None:
    page = visit("partner-admin", **WAYS[way])
    credit = Benefit.objects.filter(
        partner__name="Contoso",
        product__kind="monthly-credit",
        membership__offer__name="Silver competency",
    ).latest("expires_on")
    page.goto(f"/mpn/benefits/azure-cloud/{credit.pk}/")
    use(way, page.locator("label.person", has_text="Adele Vance").locator("input"))
    use(way, page.get_by_role("button", name=re.compile("^Assign (user|to Adele Vance)$")))
    told = "Done. The portal doesn't notify Adele Vance: send the message on this page."
    expect(page.get_by_role("status").first).to_have_text(told)
    assert Assignment.objects.get(benefit=credit).directory_user.display_name == "Adele Vance"

    key = key_of("Microsoft 365 Audio Conferencing", 25)
    page.goto(f"/mpn/benefits/azure-cloud/{key.benefit_id}/")
    use(way, page.get_by_label("I have verified the tenant"))
    use(way, page.get_by_role("button", name="Get key"))
    typed = page.locator(".copy-value").inner_text()
    use(way, page.get_by_role("link", name="Activation walkthrough").last)
    expect(page.get_by_role("link", name="Start new subscription")).to_be_visible()

    page.goto("/product-key/start/")
    use(way, page.get_by_role("radio").first)
    use(way, page.get_by_role("button", name="Next"))
    use(way, page.get_by_label("Another key"))
    page.get_by_role("textbox", name="Product key").fill(typed)
    use(way, page.get_by_role("button", name="Next"))
    use(way, page.get_by_role("button", name="Start new subscription"))
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()

    for link, act, product, licenses in (
        ("Extend end date", "Extend to", "Microsoft 365 E3", 100),
        ("Add licenses", "Add", "Azure AD Basic", 100),
    ):
        page.goto(f"/admin-center/products/{subscription_of(product, licenses).pk}/")
        use(way, page.get_by_role("link", name=link))
        where = page.locator("main" if way == "no-javascript" else "dialog[open]")
        use(way, where.get_by_role("button", name="Next"))
        use(way, where.get_by_role("button", name=act))
        expect(page.get_by_role("heading", name="Receipt")).to_contain_text(product)
    ways = (
        Redemption.objects.filter(redeemed_by__persona__slug="partner-admin")
        .order_by("-pk")
        .values_list("way", flat=True)
    )
    assert list(ways[:3]) == ["add", "extend", "new"]
