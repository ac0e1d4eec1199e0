"""Every page in both languages, both themes and two widths: accessible, no sideways scrolling, an empty console.

With SCREENSHOTS=<folder> each page is kept as a picture there, to be looked at:
`SCREENSHOTS=screenshots uv run pytest -m slow tests/browser/test_every_page.py`
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.licensing.models import Redemption
from tests.browser.conftest import Visit
from tests.browser.test_main_job import key_of, subscription_of

pytestmark = pytest.mark.slow

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
PICTURES = os.environ.get("SCREENSHOTS", "")

type Step = Callable[[Page], None]


def opened(*benefits: Benefit) -> Step:
    """Open the rows of `benefits` in the list."""

    def step(page: Page) -> None:
        for benefit in benefits:
            page.locator(f"#benefit-{benefit.pk} a.opener").click()
            expect(page.locator(f"#details-{benefit.pk} h2").first).to_be_visible()

    return step


def panel(page: Page) -> None:
    """Open the first side panel of the page."""
    page.locator("a[data-panel-link]").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def stay(page: Page) -> None:
    """Look at the page as it is."""


def contoso_pages() -> dict[str, tuple[str, Step]]:
    """Every page of an admin: its name, address, and what to open first."""
    benefits = Benefit.objects.filter(partner__name="Contoso").order_by("-expires_on", "pk")
    monthly = benefits.filter(product__kind="monthly-credit", assignments__ended_at=None).first()
    bulk = benefits.filter(product__kind="bulk-credit", assignments__ended_at=None).first()
    assert monthly
    assert bulk
    remove, transfer = (Assignment.objects.filter(benefit=benefit, ended_at=None).first() for benefit in (monthly, bulk))
    key, subscription = key_of("Microsoft 365 E3", 25), subscription_of("Microsoft 365 E3", 100)
    small, large = subscription_of("Azure AD Basic", 5), key_of("Azure AD Basic", 25)
    expired = key_of("Dynamics 365 Finance", 200)
    receipt = Redemption.objects.filter(
        partner__name="Contoso", way="extend", tenant=subscription.tenant
    ).first() or Redemption.objects.filter(tenant=subscription.tenant).latest("pk")
    azure, admin_center = "/mpn/benefits/azure-cloud/", "/admin-center/products/"
    return {
        "home": ("/", stay),
        "list": (azure, stay),
        "list-opened": (azure, opened(monthly, bulk, key.benefit)),
        "list-nothing": (azure + "?q=nothing", stay),
        "credit": (f"{azure}{monthly.pk}/", stay),
        "bulk-credit": (f"{azure}{bulk.pk}/", stay),
        "licenses": (f"{azure}{key.benefit_id}/", stay),
        "assign": (f"{azure}{monthly.pk}/assign/", stay),
        "remove": (f"{azure}{monthly.pk}/assignments/{remove.pk if remove else 0}/remove/", stay),
        "transfer": (f"{azure}{bulk.pk}/assignments/{transfer.pk if transfer else 0}/transfer/", stay),
        "walkthrough": (f"{azure}{key.benefit_id}/walkthrough/", stay),
        "walkthrough-expired": (f"{azure}{expired.benefit_id}/walkthrough/", stay),
        "start-tenant": ("/product-key/start/", stay),
        "products": (admin_center, stay),
        "products-all": (admin_center + "?show=all", stay),
        "subscription": (f"{admin_center}{subscription.pk}/", stay),
        "panel": (f"{admin_center}{subscription.pk}/", panel),
        "extend": (f"{admin_center}{subscription.pk}/extend/", stay),
        "review": (f"{admin_center}{subscription.pk}/extend/?key={key.pk}", stay),
        "over-the-limit": (f"{admin_center}{small.pk}/extend/?key={large.pk}", stay),
        "add": (f"{admin_center}{subscription.pk}/add-licenses/?key={key.pk}", stay),
        "receipt": (f"/admin-center/receipts/{receipt.pk}/", stay),
        "calculator": ("/calculator/?licenses=10&ends_on=2099-01-31&keys=10,3&on=2097-10-01", stay),
        "calculator-errors": ("/calculator/?licenses=many&ends_on=2099-01-31&keys=none", stay),
        "help": ("/help/", stay),
        "switch": ("/switch/", stay),
        "missing": ("/mpn/benefits/azure-cloud/999999/", stay),
    }


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_is_accessible_and_fits(visit: Visit, theme: str, width: int, language: str) -> None:
    page = visit("partner-admin", reduced_motion="reduce", color_scheme=theme, viewport={"width": width, "height": 900}, locale=language)
    faults = []
    for name, (address, step) in contoso_pages().items():
        page.goto(address)
        step(page)
        faults += faults_of(page, f"{name}-{theme}-{width}-{language}")
    assert faults == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("persona", ["member", "no-role", "fabrikam-admin", "adventure-admin"])
def test_what_others_see_is_accessible_and_fits(visit: Visit, persona: str, theme: str) -> None:
    page = visit(persona, color_scheme=theme, viewport={"width": 390, "height": 900})
    faults = []
    addresses = ["/"] if persona == "no-role" else ["/", "/mpn/benefits/azure-cloud/", "/admin-center/products/?show=all"]
    for number, address in enumerate(addresses):
        page.goto(address)
        faults += faults_of(page, f"{persona}-{number}-{theme}")
    assert faults == []


def faults_of(page: Page, name: str) -> list[str]:
    """What axe finds on the page, and whether it scrolls sideways."""
    if PICTURES:
        Path(PICTURES).mkdir(exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    found = Axe().run(page, options=RULES).response["violations"]
    sideways = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{name}: {fault['id']} {[node['target'] for node in fault['nodes']][:3]}" for fault in found] + (
        [f"{name}: {sideways} pixels too wide"] if sideways > 0 else []
    )
