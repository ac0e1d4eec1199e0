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
    assert len(heights) == 50
    too_high = [height for height in heights if not 44 <= height <= 48]
    assert too_high == []
    assert page.locator("#usage-based ~ table td:not(:has(a))", has_text="100").count() == 0, (
        "the amount stands in the name alone"
    )
