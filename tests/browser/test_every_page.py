"""Every page in both languages, both themes and two widths.

It is accessible, does not scroll sideways, and leaves the console empty.

`uv run screenshots.py` runs this too, and keeps each page as a picture to be looked at.
"""

import os
from collections.abc import Iterable
from itertools import product
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import URLPattern, URLResolver, get_resolver, resolve
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.pages import Sight, every_page

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PICTURES = os.environ.get("SCREENSHOTS", "")
NO_PAGES = {  # what answers no GET with a page
    *(
        "licensing:key",
        "tenants:sign-out",
        "tenants:activity-csv",
        "set_language",
        "theme",
        "healthz",
        "readyz",
        "metrics",
        "tenants:mail-health",
        "reminders:reminders-health",
    ),
    *(
        "demo-sign-in",
        "demo-clock",
        "demo-mail",  # a mail, in no frame of ours: tests/browser/test_mail_html.py
        "practice-class-results",
        "practice-start-over",  # in a room only: tests/browser/test_classroom.py
        "reminders:feed",
        "benefits:azure-cloud-csv",
        "benefits:holders-csv",
        "tenants:roles-csv",
        "tenants:users-csv",
        "tenants:end-viewing",
        "licensing:losses-csv",
        "licensing:products-csv",
        "licensing:license-holders-csv",
        "reminders:send-today",
        "reminders:send-program-today",
        "reminders:switch-benefit",
        "reminders:switch-subscription",
    ),
}


# One page of each sort, tried with every change: in the look farthest from what one builds in.
SORTS = {
    *("anybody-sign-in-refused", "anybody-help", "anybody-possibilities", "anybody-mailbox"),
    *(
        "partner-admin-home",
        "partner-admin-list-opened",
        "partner-admin-assign-refused",
        "partner-admin-walkthrough",
    ),
    *(
        "partner-admin-start-refused",
        "partner-admin-start-key",
        "partner-admin-limit-refused",
        "partner-admin-panel",
        "partner-admin-plan-steps",
        "partner-admin-review",
        "partner-admin-receipt",
        "partner-admin-search",
    ),
    *("global-admin-users", "global-admin-activity", "partner-admin-losses", "trainer-class"),
}


@pytest.mark.urls("tests.browser.pages")
def test_each_sort_of_page_is_accessible_and_fits(visit: Visit) -> None:
    sights = [sight for sight in every_page() if str(sight) in SORTS]
    assert len(sights) == len(SORTS)
    look_at(sights, visit, "dark", 390, "nl")


@pytest.mark.release
@pytest.mark.parametrize(
    ("theme", "width", "language"), [*product(["light", "dark"], [1280, 390], ["en", "nl"])]
)
@pytest.mark.urls("tests.browser.pages")
def test_every_page_is_accessible_and_fits(
    visit: Visit, theme: str, width: int, language: str
) -> None:
    look_at(every_page(), visit, theme, width, language)


def look_at(sights: Iterable[Sight], visit: Visit, theme: str, width: int, language: str) -> None:
    pages: dict[str, Page] = {}
    faults = []
    for sight in sights:
        if sight.persona not in pages:
            looks = {
                "reduced_motion": "reduce",
                "color_scheme": theme,
                "viewport": {"width": width, "height": 900},
                "locale": language,
            }
            pages[sight.persona] = visit(sight.persona, **looks)
        page = pages[sight.persona]
        sight.open(page)
        faults += faults_of(
            page, f"{sight}-{theme}-{width}-{language}", ours=sight.persona != "programme"
        )
    if faults:
        pytest.fail("\n".join(faults), pytrace=False)


def test_every_page_is_among_them(portal: str) -> None:
    seen = {
        resolve(sight.url.split("?")[0]).view_name
        for sight in every_page()
        if sight.name not in ("broken", "missing")
    }
    assert names(get_resolver().url_patterns) - NO_PAGES - seen == set()


def names(patterns: list[URLPattern | URLResolver], room: str = "") -> set[str]:
    """The names of the portal's own pages; the back office has Django's."""
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            found.add(f"{room}{pattern.name}")
        elif pattern.namespace != "admin":
            found |= names(
                pattern.url_patterns, f"{pattern.namespace}:" if pattern.namespace else ""
            )
    return found


def faults_of(page: Page, name: str, *, ours: bool) -> list[str]:
    """What axe finds, on our pages in best practices too, and whether one scrolls sideways."""
    if PICTURES:
        Path(PICTURES).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    options = {
        "runOnly": [*WCAG, *(["best-practice"] if ours else [])],
        "resultTypes": ["violations"],
    }
    found = Axe().run(page, options=options).response["violations"]
    sideways = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return [
        f"{name}: {fault['id']} {[node['target'] for node in fault['nodes']][:3]}"
        for fault in found
    ] + ([f"{name}: {sideways} pixels too wide"] if sideways > 0 else [])
