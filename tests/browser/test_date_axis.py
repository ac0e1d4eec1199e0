"""The date axis and the table of ways fit: no label covers another, no page scrolls sideways."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Visit
from tests.browser.pages import key_of

QUERY = "?licenses=100&keys=25&on=2026-11-29&ends_on="
ENDS = ["2026-11-30", "2027-06-30", "2029-10-01"]  # beside today, early, late
WIDTHS = (320, 390, 768, 1280)
FAULTS = """() => {
  const figure = document.querySelector(".axis").getBoundingClientRect();
  const shown = [...document.querySelectorAll(".axis-lanes :is(text, .axis-name)")]
    .map((one) => [one.textContent, one.getBoundingClientRect()])
    .filter(([text, box]) => text.trim() && box.width);
  const outside = shown.filter(([, box]) =>
    box.left < figure.left - 1 || box.right > figure.right + 1);
  const covered = shown.filter(([, one], index) => shown.slice(index + 1).some(([, other]) =>
    one.left < other.right && other.left < one.right
    && one.top + 3 < other.bottom && other.top + 3 < one.bottom));
  return {lanes: shown.length > 6, faults: [...outside, ...covered].map(([text]) => text)};
}"""


@pytest.fixture
def page(portal: str, browser: Browser) -> Page:
    return browser.new_page(base_url=portal)


@pytest.mark.parametrize("language", ["en", "nl"])
def test_labels_on_the_axis_never_collide(page: Page, language: str) -> None:
    page.set_extra_http_headers({"Accept-Language": language})
    for ends_on in ENDS:
        page.goto(f"/calculator/{QUERY}{ends_on}")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            where = (language, ends_on, width)
            assert (where, page.evaluate(FAULTS)) == (where, {"lanes": True, "faults": []})


def test_the_table_of_ways_fits_every_width_in_dutch(visit: Visit) -> None:
    page = visit("partner-admin", locale="nl")
    page.goto(f"/mpn/benefits/azure-cloud/{key_of('Microsoft 365 E3', 25).benefit_id}/walkthrough/")
    expect(page.get_by_role("link", name="Verlengen t/m")).to_be_visible()
    for width in (*WIDTHS, 900, 1024, 1440):
        page.set_viewport_size({"width": width, "height": 900})
        whole = page.evaluate("document.documentElement.scrollWidth")
        assert (width, whole) == (width, width)
