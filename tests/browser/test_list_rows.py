"""The list of benefits keeps its rows in one line at the usual width, in both languages."""

import pytest

from tests.browser.conftest import Visit
from tests.browser.pages import key_of

ENDS = "rows => rows.map((row) => row.getBoundingClientRect().bottom)"
CUT = "names => names.filter((name) => name.scrollWidth > name.clientWidth).length"
HEIGHTS = "rows => rows.map((row) => Math.round(row.getBoundingClientRect().height))"


@pytest.mark.parametrize("locale", ["en", "nl"])
def test_a_row_of_the_list_is_44_to_48_pixels_high_at_1280(
    visit: Visit, portal: str, locale: str
) -> None:
    page = visit("partner-admin", viewport={"width": 1280, "height": 900}, locale=locale)
    page.context.add_cookies([{"name": "django_language", "value": locale, "url": portal}])
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
    assert page.locator("main tbody th").evaluate_all(CUT) == 0, "no name ends in dots"
    ends = page.locator("main tbody tr").evaluate_all(ENDS)
    assert sum(end <= 900 for end in ends) == 13, "as many are seen without scrolling"


@pytest.mark.parametrize("locale", ["en", "nl"])
def test_on_a_phone_the_frame_and_each_way_of_a_key_are_low(
    visit: Visit, portal: str, locale: str
) -> None:
    page = visit("partner-admin", viewport={"width": 390, "height": 844}, locale=locale)
    page.context.add_cookies([{"name": "django_language", "value": locale, "url": portal}])
    page.goto(f"/mpn/benefits/azure-cloud/{key_of('Azure AD Basic', 100).benefit_id}/walkthrough/")
    crumbs = page.locator(".crumbs").bounding_box()
    assert crumbs
    assert crumbs["y"] + crumbs["height"] <= 150
    ways = page.locator(".ways tbody tr:not(.ways-group)").evaluate_all(HEIGHTS)
    assert (len(ways), [height for height in ways if height > 140]) == (7, [])
    # 4,237 before the ways became one table
    assert page.evaluate("document.documentElement.scrollHeight") < 2_800


def test_the_list_on_a_phone_is_compact_cards_with_one_choice_of_order(visit: Visit) -> None:
    page = visit("partner-admin", viewport={"width": 390, "height": 844})
    page.goto("/mpn/benefits/azure-cloud/")
    heights = page.locator("main tbody tr").evaluate_all(HEIGHTS)
    assert len(heights) == 32
    assert max(heights) <= 100
    assert sum(heights) / len(heights) <= 86
    assert page.evaluate("document.documentElement.scrollHeight") < 5_000
    assert page.locator("thead").first.is_hidden()
    page.get_by_label("Sort by").select_option("Benefit, descending")
    page.wait_for_url("**sort=-benefit")
    assert "Visio Plan 2" in page.locator("main tbody tr[id] th").nth(6).inner_text()


@pytest.mark.parametrize("width", [320, 390, 1280])
def test_open_filters_stay_within_the_page(visit: Visit, width: int) -> None:
    page = visit("partner-admin", viewport={"width": width, "height": 844})
    page.goto("/mpn/benefits/azure-cloud/?show=unused&type=core")
    assert page.locator("details.list-fields[open] select").count() == 6
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_names_are_printed_whole_in_the_list(visit: Visit) -> None:
    page = visit("partner-admin", viewport={"width": 794, "height": 1123})  # A4
    page.goto("/mpn/benefits/azure-cloud/")
    names = page.locator("main tbody th")
    assert names.evaluate_all(CUT) > 0, "on the screen some end in dots"
    page.emulate_media(media="print")
    assert names.evaluate_all(CUT) == 0
