"""From an empty database, by what the README says.

An officer sets everything up, and a partner's admin redeems a key.
"""

import os
from pathlib import Path

import pytest
from django.core.management import call_command
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.licensing.models import Redemption
from benefits_portal.tenants.models import Record
from tests.browser.conftest import Visit

pytestmark = pytest.mark.release
PASSWORD = "correct horse battery staple"
PICTURES = os.environ.get("SCREENSHOTS", "")


@pytest.fixture
def portal(live_server: LiveServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """A portal with an empty database, and the superuser that `createsuperuser` makes."""
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command(
        "createsuperuser",
        email="first@programme.example",
        name="First",
        interactive=False,
        verbosity=0,
    )
    return live_server.url


def picture(page: Page, name: str) -> None:
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"officer-{name}.png", full_page=True)


def sign_in(page: Page, url: str, where: str) -> None:
    page.goto(where)
    page.get_by_label("Email address").fill(url)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def add(page: Page, plural: str, singular: str) -> None:
    """Open the form for a new one, from the first page."""
    page.goto("/back-office/")
    page.get_by_role("link", name=plural, exact=True).click()
    page.get_by_role("link", name=f"Add {singular}", exact=True).click()


def choose(page: Page, number: int, text: str) -> None:
    """Pick `text` in one of the boxes that are searched by typing."""
    page.get_by_role("combobox").and_(page.locator(".select2-selection")).nth(number).click()
    page.locator(".select2-search__field").last.fill(text)
    page.locator(".select2-results__option", has_text=text).first.click()


def save(page: Page) -> None:
    if page.get_by_label("Reason").count():
        page.get_by_label("Reason").first.fill("Setting up")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success").first).to_be_visible()


def make_account(page: Page, url: str, name: str, person: str = "") -> None:
    add(page, "Users", "user")
    page.get_by_label("Email address").fill(url)
    page.get_by_label("Name", exact=False).first.fill(name)
    if person:
        choose(page, 0, person)
    page.locator("[name=password1]").fill(PASSWORD)
    page.locator("[name=password2]").fill(PASSWORD)
    save(page)


def test_an_officer_sets_up_a_program_and_an_admin_redeems_a_key(visit: Visit) -> None:
    page = visit("")
    sign_in(page, "first@programme.example", "/back-office/")
    make_account(page, "officer@programme.example", "Olga Officer")
    page.locator("summary", has_text="Back office").click()
    page.get_by_label("Back-office staff").check()
    page.locator("#id_groups_from").select_option(label="Program")
    page.locator("#id_groups_add").click()
    save(page)
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, "officer@programme.example", "/back-office/")
    picture(page, "1-first-page")
    for product in ("Microsoft 365 E3", "Power BI Pro", "Visio Plan 2"):
        add(page, "Products", "product")
        page.get_by_label("Name").fill(product)
        save(page)
    add(page, "Offers", "offer")
    page.get_by_label("Name").fill("Gold competency")
    for row, product in enumerate(("Microsoft 365 E3", "Power BI Pro", "Visio Plan 2")):
        page.locator(".add-row a").first.click()
        choose(page, row, product)
        page.locator(f"[name=lines-{row}-quantity]").fill("25")
    picture(page, "2-offer")
    save(page)

    add(page, "Partners", "partner")
    for name, value in (
        ("name", "Northwind"),
        ("mpn_id", "7654321"),
        ("country", "NL"),
        ("currency", "EUR"),
    ):
        page.locator(f"#id_{name}").fill(value)
    page.locator(".add-row a").first.click()
    page.locator("[name=tenants-0-name]").fill("Northwind")
    page.locator("[name=tenants-0-domain]").fill("northwind.example")
    page.locator("[name=tenants-0-is_primary]").check()
    picture(page, "3-partner")
    save(page)
    for person in ("Ann Admin", "Ben Colleague"):
        add(page, "Directory users", "directory user")
        choose(page, 0, "northwind.example")
        page.locator("#id_display_name").fill(person)
        page.locator("#id_user_principal_name").fill(
            f"{person.split()[0].lower()}@northwind.example"
        )
        save(page)
    make_account(page, "ann@northwind.example", "Ann Admin", person="Ann Admin")
    add(page, "Roles", "role")
    choose(page, 0, "ann@northwind.example")
    choose(page, 1, "Northwind")
    page.locator("#id_role").select_option("global-admin")
    save(page)

    add(page, "Memberships", "membership")
    choose(page, 0, "Northwind")
    choose(page, 1, "Gold competency")
    page.locator("#id_starts_on").fill(clock.today().isoformat())
    page.get_by_role("button", name="Save", exact=True).click()
    picture(page, "4-enrollment-shown")
    page.locator("main form input[type=submit], main form button[type=submit]").last.click()
    expect(page.locator(".messagelist .success").first).to_contain_text(
        "3 benefits and 3 product keys"
    )
    picture(page, "5-enrolled")
    page.get_by_role("button", name="Sign out").click()

    sign_in(page, "ann@northwind.example", "/sign-in/")
    key = ProductKey.objects.get(product__name="Power BI Pro")
    page.goto("/mpn/benefits/azure-cloud/")
    picture(page, "6-benefits")
    page.goto(f"/mpn/benefits/azure-cloud/{key.benefit_id}/walkthrough/")
    page.goto("/product-key/start/")
    page.get_by_text("northwind.example", exact=True).last.click()
    page.get_by_label("domain", exact=False).last.fill("northwind.example")
    page.get_by_role("button", name="Next").click()
    page.locator("label", has_text=key.last_five).locator("input").check()
    page.get_by_role("button", name="Next").click()
    picture(page, "7-review")
    page.get_by_role("button", name="Start new subscription").click()
    expect(page.get_by_role("heading", name="Receipt")).to_be_visible()
    picture(page, "8-receipt")
    assert Redemption.objects.get().key == key
    assert (Benefit.objects.count(), Record.objects.exclude(refused="").count()) == (3, 0)
