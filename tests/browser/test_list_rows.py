"""The list of benefits keeps its rows in one line at the usual width, in both languages."""

import pytest

from tests.browser.conftest import Visit

HEIGHTS = "rows => rows.map((row) => Math.round(row.getBoundingClientRect().height))"


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en", "nl"])
def test_a_row_of_the_list_is_44_to_48_pixels_high_at_1280(visit: Visit, locale: str) -> None:
    page = visit("partner-admin", viewport={"width": 1280, "height": 900}, locale=locale)
    page.context.add_cookies([{"name": "django_language", "value": locale, "url": page.url}])
    page.goto("/mpn/benefits/azure-cloud/")
    heights = page.locator("main tbody tr").evaluate_all(HEIGHTS)
    assert len(heights) == 32
    too_high = [height for height in heights if not 44 <= height <= 48]
    assert too_high == []
    usage = page.locator("section:has(#usage-based)")
    assert usage.locator("th", has_text="100").count() > 0
    assert usage.locator("td:not(:has(a))", has_text="100").count() == 0, (
        "the amount stands in the name alone"
    )
    first = page.locator("main tbody tr").first.bounding_box()
    assert first is not None
    assert first["y"] <= 360


@pytest.mark.slow
def test_the_list_on_a_phone_is_compact_cards_with_one_choice_of_order(visit: Visit) -> None:
    page = visit("partner-admin", viewport={"width": 390, "height": 844})
    page.goto("/mpn/benefits/azure-cloud/")
    heights = page.locator("main tbody tr").evaluate_all(HEIGHTS)
    assert (len(heights), max(heights) <= 100, sum(heights) / len(heights) <= 86) == (
        32,
        True,
        True,
    )
    assert page.evaluate("document.documentElement.scrollHeight") < 5_000
    assert page.locator("thead").first.is_hidden()
    page.get_by_label("Sort by").select_option("Benefit, descending")
    page.wait_for_url("**sort=-benefit")
    assert "Visio Plan 2" in page.locator("main tbody tr[id] th").nth(6).inner_text()
