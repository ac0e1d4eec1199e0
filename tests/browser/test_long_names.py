"""A word of 80 letters in every name and address wraps (rule W7).

No page scrolls sideways for it, in the back office neither.
"""

from collections.abc import Iterable

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import ViewportSize

from benefits_portal.benefits.models import Offer, PackageLine, Product
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Record,
    Tenant,
    TenantRequest,
    User,
)
from tests.browser.conftest import Visit
from tests.browser.pages import Sight, every_page
from tests.browser.test_every_page import SORTS

LONG = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"
NAMES = {
    User: "name",
    DirectoryUser: "display_name",
    Partner: "name",
    Tenant: "name",
    TenantRequest: "name",
    Product: "name",
    Offer: "name",
}
WIDEST = """() => [...document.querySelectorAll("body *")]
  .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((one) => `${one.tagName}.${one.className}#${one.id}`).slice(-3).join(" ")"""
WIDTHS = (320, 390, 1280)


def lengthen() -> None:
    """Give everything a name of one long word, people a long address too."""
    for model, field in NAMES.items():
        for row in model._default_manager.all():
            setattr(row, field, f"{row.pk}{LONG}"[:80])
            row.save()
    for person in DirectoryUser.objects.filter(user=None):
        local, domain = person.user_principal_name.split("@")
        DirectoryUser.objects.filter(pk=person.pk).update(
            user_principal_name=f"{local}{LONG.lower()}"[:64] + f"@{domain}"
        )
    for line in PackageLine.objects.exclude(competency=""):
        PackageLine.objects.filter(pk=line.pk).update(competency=f"{line.pk}{LONG}"[:80])


def office_pages(models: Iterable[type[Model]]) -> list[Sight]:
    """The list of each of the back office's `models`, and its first row."""
    found = []
    for model in models:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.first()
        found += [
            reverse(f"{name}_changelist"),
            *([reverse(f"{name}_change", args=[row.pk])] if row else []),
        ]
    return [Sight("programme", f"office: {url}", url) for url in found]


@pytest.mark.urls("tests.browser.pages")
def test_no_sort_of_page_scrolls_sideways_for_a_long_name(visit: Visit) -> None:
    sights = [sight for sight in every_page() if str(sight) in SORTS]
    fit_long_names(visit, [*sights, *office_pages([Partner, User, Record])])


@pytest.mark.release
@pytest.mark.urls("tests.browser.pages")
def test_no_page_scrolls_sideways_for_a_long_name(visit: Visit) -> None:
    fit_long_names(visit, [*every_page(), *office_pages(admin.site._registry)])


def fit_long_names(visit: Visit, sights: list[Sight]) -> None:
    sights = [sight for sight in sights if "?q=Microsoft" not in sight.url]
    wide: ViewportSize = {"width": WIDTHS[-1], "height": 900}
    pages = {
        persona: visit(persona, viewport=wide) for persona in {sight.persona for sight in sights}
    }
    lengthen()
    faults = []
    for sight in sights:
        page = pages[sight.persona]
        sight.open(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            sideways = page.evaluate(
                "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            )
            if sideways > 0:
                faults.append(
                    f"{sight} at {width}: {sideways} pixels too wide: {page.evaluate(WIDEST)}"
                )
        page.set_viewport_size(wide)
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


WORD = "Ondersteuningsmedewerkersaccounts"  # fits a card, not what its label leaves beside it
LINES = """(cell) => {
  cell.textContent = "%s";
  const range = document.createRange();
  range.selectNodeContents(cell);
  return new Set([...range.getClientRects()].map(({ top }) => top)).size;
}"""


def test_a_word_that_fits_a_card_of_activity_is_not_broken(visit: Visit) -> None:
    page = visit("global-admin", viewport=ViewportSize(width=390, height=844), locale="nl")
    page.goto(reverse("tenants:activity"))
    for cell in (".table .subject", ".table .change"):
        assert page.locator(cell).first.evaluate(LINES % WORD) == 1
        assert page.locator(cell).first.evaluate(LINES % LONG) > 1


def test_the_actions_of_a_role_stand_at_the_end_of_its_card(visit: Visit) -> None:
    page = visit("global-admin", viewport=ViewportSize(width=390, height=844), locale="nl")
    page.goto(reverse("tenants:roles"))
    page.locator(".row-actions .reason").wait_for()  # of the last Global admin
    ends = page.evaluate(
        "[...document.querySelectorAll('.row-actions')].map((actions) => "
        "Math.round(actions.querySelector('[role=link], a').parentElement"
        ".querySelectorAll(':scope > :is([role=link], a)')[1].getBoundingClientRect().right))"
    )
    assert len(ends) > 1
    assert len(set(ends)) == 1
