"""The main job, in a browser, as somebody who has never seen the portal would do it."""

import re

import pytest
from playwright.sync_api import Page, expect

from benefits_portal import clock
from benefits_portal.benefits.models import Assignment, Benefit, ProductKey
from benefits_portal.dates import add_months
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Redemption
from tests.browser.conftest import Visit, click_card
from tests.browser.pages import key_of, subscription_of


def take_key(page: Page, key: ProductKey) -> None:
    """In the panel: choose `key` from one's own benefits, and go on."""
    panel = page.get_by_role("dialog")
    panel.locator(f"label:has-text('{key.last_five}') input").check()
    panel.get_by_role("button", name="Next").click()


def redeem(page: Page) -> None:
    """In the panel's review: do what it announces."""
    expect(page.get_by_role("dialog").locator(".headline")).to_be_visible()
    page.get_by_role("dialog").locator("form button[data-kind=primary]").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()


def fact(page: Page, label: str) -> str:
    return page.locator(f"tr:has(th:text-is('{label}')) td").last.inner_text()


def test_an_admin_gives_credit_activates_a_key_extends_and_adds_licenses(
    visit: Visit,
) -> None:
    page = visit("")
    click_card(page, "partner-admin")

    page.get_by_role("link", name="Azure & cloud products").first.click()
    credit = Benefit.objects.for_display().get(
        partner__name="Contoso",
        product__kind="monthly-credit",
        membership__offer__name="Silver competency",
        expires_on__gte=clock.today(),
    )
    row = page.locator(f"#benefit-{credit.pk}")
    expect(row).to_contain_text("Not assigned")
    row.get_by_role("link", name="View details").click()
    opened = page.locator(f"#details-{credit.pk}")
    opened.get_by_label("Name or email").fill("adele")
    expect(opened.get_by_role("radio")).to_have_count(1)
    opened.get_by_text("Adele Vance").click()
    opened.get_by_role("button", name="Assign to Adele Vance").click()
    told = "Done. The portal doesn't notify Adele Vance: send the message on this page."
    expect(page.get_by_role("status").first).to_have_text(told)
    assert Assignment.objects.get(benefit=credit).directory_user.display_name == "Adele Vance"

    page.get_by_role("link", name="Azure & cloud").first.click()
    key = key_of("Microsoft 365 Audio Conferencing", 25)
    page.locator(f"#benefit-{key.benefit_id}").get_by_role("link", name="View details").click()
    opened = page.locator(f"#details-{key.benefit_id}")
    opened.get_by_label("I have verified the tenant").check()
    opened.get_by_role("button", name="Get key").click()
    typed = opened.locator(".copy-value").inner_text()
    assert re.fullmatch(r"PCBEN(-[A-Z0-9]{5}){4}", typed)

    opened.get_by_role("link", name="Activation walkthrough").click()
    expect(page.get_by_role("link", name="Start new subscription")).to_be_visible()
    page.goto("/product-key/start/")
    page.get_by_text("contoso.onmicrosoft.com", exact=True).last.click()
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Another key").check()
    page.get_by_role("textbox", name="Product key").fill(typed.lower().replace("-", " "))
    page.get_by_role("button", name="Next").click()
    expect(page.locator(".headline")).to_contain_text("will start today with 25 licenses")
    page.get_by_role("button", name="Start new subscription").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    assert Redemption.objects.get(key=key).way == "new"

    page.get_by_role("link", name="Your products").first.click()
    page.get_by_role("link", name="Microsoft 365 E3").click()
    page.get_by_role("link", name="Extend end date").click()
    take_key(page, key_of("Microsoft 365 E3", 25))
    redeem(page)
    expect(page.get_by_role("status").filter(has_text="Done just now")).to_contain_text(
        "The end date of Microsoft 365 E3 (100 licenses) moved from"
    )

    page.get_by_role("link", name="Your products").first.click()
    page.get_by_role("link", name="Azure AD Basic").last.click()
    page.get_by_role("link", name="Add licenses").click()
    page.get_by_role("dialog").get_by_role("button", name="Next").click()
    redeem(page)
    expect(page.get_by_role("status").filter(has_text="Done just now")).to_contain_text(
        "Azure AD Basic went from"
    )


@pytest.mark.rule("S4", "scenario 1", "scenario 2", "scenario 3")
@pytest.mark.parametrize(
    ("product", "licenses", "key_licenses", "months"),
    [
        ("Microsoft 365 E3", 100, 25, 3),
        ("Azure AD Basic", 100, 100, 12),
        ("Dynamics 365 Team Members", 5, 10, 24),
    ],
)
def test_the_scenarios_move_the_end_date_as_the_source_document_says(
    visit: Visit, product: str, licenses: int, key_licenses: int, months: int
) -> None:
    subscription, key = subscription_of(product, licenses), key_of(product, key_licenses)
    expected = as_day(add_months(subscription.ends_on, months))
    page = visit("partner-admin")
    page.goto(f"/admin-center/products/{subscription.pk}/")

    page.get_by_role("link", name="Extend end date").click()
    take_key(page, key)
    expect(page.get_by_role("dialog").locator(".headline")).to_be_visible()
    foreseen = fact(page, "End date")
    redeem(page)

    assert foreseen.split("\n")[0].startswith(expected)
    assert fact(page, "End date").startswith(expected)
    subscription.refresh_from_db()
    assert (subscription.licenses, as_day(subscription.ends_on)) == (licenses, expected)


@pytest.mark.rule("S5", "scenario 4")
def test_a_key_of_over_three_times_the_licenses_is_told_what_would_fit(
    visit: Visit,
) -> None:
    subscription, key = subscription_of("Azure AD Basic", 5), key_of("Azure AD Basic", 25)
    page = visit("partner-admin")
    page.goto(f"/admin-center/products/{subscription.pk}/")

    page.get_by_role("link", name="Extend end date").click()
    take_key(page, key)

    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text(
        "A key with 25 licenses would move the end date more than 3 years. The largest key "
        "that fits this subscription has 15 licenses. "
        "Use a smaller one, add licenses, or start a new subscription."
    )
    instead = page.get_by_role("dialog").get_by_role("link", name="Add licenses instead")
    expect(instead).to_be_visible()
    key.refresh_from_db()
    assert key.redeemed_at is None
