"""The back office in a browser: accessible, light and dark, wide and narrow.

The console stays empty under the CSP.
"""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Literal

import pytest
from django.contrib import admin
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import Page, expect

from benefits_portal.benefits.models import (
    Benefit,
    HeldOffer,
    Membership,
    Offer,
    Product,
)
from benefits_portal.tenants.admin.base import BackOfficeAdmin
from benefits_portal.tenants.models import Partner, RoleAssignment, User
from tests.browser.conftest import Visit
from tests.browser.test_every_page import faults_of

type Theme = Literal["light", "dark"]
THEMES: list[Theme] = ["light", "dark"]
LOOKS = list(product(THEMES, [1280, 390, 320]))


def url(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def some_pages() -> dict[str, str]:
    """One page of each sort.

    The first, a list, forms with rows and with choices, pages of our own, a confirmation.
    """
    partner, role = Partner.objects.get(name="Contoso"), RoleAssignment.objects.latest("pk")
    membership = (
        Membership.objects.running(partner.today()).filter(partner=partner).latest("starts_on")
    )
    return {
        "index": reverse("admin:index"),
        "benefits": url(Benefit, "changelist"),
        "benefit": url(Benefit, "change", Benefit.objects.latest("pk").pk),
        "partner": url(Partner, "change", partner.pk),
        "held-offer-add": url(HeldOffer, "add"),
        "product": url(Product, "change", Product.objects.filter(replaced_by__isnull=False)[0].pk),
        "import": url(Partner, "import"),
        "view-as": url(Partner, "view_as", partner.pk),
        "renew": url(Membership, "renew", membership.pk),
        "end": url(Membership, "end", membership.pk),
        "role-delete": url(RoleAssignment, "delete", role.pk),
    }


def every_page() -> Iterator[tuple[str, str]]:
    """Each list, each row's page and each form for a new one that the program team can open."""
    yield from some_pages().items()
    for model in admin.site._registry:
        name, row = str(model._meta.model_name), model._default_manager.first()
        yield f"{name}-list", url(model, "changelist")
        yield f"{name}-add", url(model, "add")
        if row:
            yield f"{name}-change", url(model, "change", row.pk)
    yield "app", reverse("admin:app_list", args=["benefits"])
    yield "own-password", reverse("admin:password_change")
    yield "nothing-found", f"{url(Benefit, 'changelist')}?q=nothing"
    yield "popup", f"{url(Offer, 'add')}?_popup=1"


@pytest.fixture
def short_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows to a page: the others look alike, and most of the time went into their colors."""
    monkeypatch.setattr(BackOfficeAdmin, "list_per_page", 3)


def faults_in(page: Page, looks: Iterable[tuple[Theme, int]], name: str) -> list[str]:
    """What is wrong with the page that is open, in each of the looks.

    Wide tables scroll sideways, as Django's do.
    """
    faults = []
    for theme, width in looks:
        page.emulate_media(color_scheme=theme)
        page.set_viewport_size({"width": width, "height": 900})
        faults += [
            fault
            for fault in faults_of(page, f"{name}-{theme}-{width}", ours=True)
            if "too wide" not in fault
        ]
    return faults


@pytest.mark.usefixtures("short_lists")
def test_each_sort_of_page_is_accessible_dark_and_narrow(visit: Visit) -> None:
    page = visit("programme", reduced_motion="reduce")
    faults = []
    for name, where in some_pages().items():
        page.goto(where)
        faults += faults_in(page, LOOKS[-1:], name)
    assert faults == []


@pytest.mark.release
@pytest.mark.usefixtures("short_lists")
@pytest.mark.parametrize("persona", ["programme", "support"])
def test_every_page_is_accessible_in_every_look(visit: Visit, persona: str) -> None:
    page = visit(persona, reduced_motion="reduce")
    faults, opened = [], 0
    for name, where in every_page():
        answer = page.goto(where)
        if answer and answer.status == 200:
            opened += 1
            faults += faults_in(page, LOOKS, f"{persona}-{name}")
    assert faults == []
    assert opened > 40


def test_choices_and_rows_are_named_as_they_are_opened_and_added(visit: Visit) -> None:
    page = visit("programme", reduced_motion="reduce")
    page.goto(url(Membership, "add"))
    page.get_by_role("combobox", name="Partner").click()
    expect(page.get_by_role("option", name="Contoso")).to_be_visible()
    faults = faults_of(page, "choosing", ours=True)
    page.keyboard.press("Escape")
    page.goto(url(User, "change", User.objects.get(persona__slug="member").pk))
    page.locator(".add-row a").first.click()
    assert faults + faults_of(page, "another-row", ours=True) == []


def test_the_first_page_keeps_its_links_and_icons_whole(visit: Visit) -> None:
    page = visit("programme", reduced_motion="reduce", viewport={"width": 1280, "height": 900})
    page.goto(reverse("admin:index"))
    lines = page.locator("#user-tools a").evaluate_all(
        "links => new Set(links.map((link) => link.offsetTop)).size"
    )
    page.set_viewport_size({"width": 390, "height": 900})
    icons = page.locator("#content .app-list :is(.addlink, .changelink, .viewlink)")
    sizes = icons.evaluate_all(
        "icons => icons.map((icon) => [icon.offsetWidth, icon.offsetHeight])"
    )
    assert (lines, {tuple(size) for size in sizes}) == (1, {(24, 24)})


BROKEN_WORDS = """cells => cells.flatMap((cell) => {
  const texts = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  const broken = [];
  while (texts.nextNode()) {
    for (const { 0: word, index } of texts.currentNode.data.matchAll(/[\\p{L}\\p{N}]+/gu)) {
      const range = document.createRange();
      range.setStart(texts.currentNode, index);
      range.setEnd(texts.currentNode, index + word.length);
      if (range.getClientRects().length > 1) broken.push(word);
    }
  }
  return broken;
})"""


@pytest.mark.parametrize("width", [768, 390])
def test_rows_on_a_page_keep_their_words_whole_and_scroll(visit: Visit, width: int) -> None:
    page = visit("programme", viewport={"width": width, "height": 900})
    page.goto(url(Membership, "change", Membership.objects.latest("starts_on").pk))
    table = page.locator(".inline-group .tabular table")
    broken = table.locator("td p").evaluate_all(BROKEN_WORDS)
    last = table.locator("tr.has_original .field-status_today").first
    last.scroll_into_view_if_needed()
    seen = last.bounding_box()
    assert (broken, page.evaluate("document.documentElement.scrollWidth")) == ([], width)
    assert seen is not None
    assert seen["x"] + seen["width"] <= width


CUT_OR_WRAPPED = """() => {
  const lines = (cell) => {
    const range = document.createRange();
    range.selectNodeContents(cell);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top / 6))).size;
  };
  const days = ":is([class*=_on], [class*=_at])";
  const cells = [...document.querySelectorAll(`#result_list tbody :is(td, th)${days}`)];
  const list = document.querySelector(".results");
  const { scrollWidth, clientWidth } = document.documentElement;
  return [
    ...(list && list.scrollWidth > list.clientWidth + 1 ? ["cut off"] : []),
    ...(scrollWidth > clientWidth ? ["too wide"] : []),
    ...cells.filter((cell) => lines(cell) > 1).map((cell) => cell.innerText),
  ];
}"""


@pytest.mark.release
@pytest.mark.parametrize("width", [1280, 768, 390])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_list_is_whole_with_dates_on_one_line(
    visit: Visit, language: str, width: int
) -> None:
    """A table where there is room for one, else cards."""
    looks = {"viewport": {"width": width, "height": 900}, "locale": language}
    page = visit("programme", reduced_motion="reduce", **looks)
    faults, seen = {}, 0
    for model in admin.site._registry:
        page.goto(url(model, "changelist"))
        seen += page.locator("#result_list").count()
        if found := page.evaluate(CUT_OR_WRAPPED):
            faults[model._meta.label] = found
    assert faults == {}
    assert seen > 15
