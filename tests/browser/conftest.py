"""A real browser on a practice world.

Debian's Chromium; without one the tests are skipped, in CI they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from benefits_portal import clock
from benefits_portal.practice.world import make_world
from tests.kept_rows import lay_out

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
# The same browser without an interface of its own: a window costs it a fifth.
HEADLESS = shutil.which("chromium-headless-shell") or CHROMIUM
QUIET = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# The main job, in all ways of doing it
QUICK = {"test_main_job", "test_clicks", "test_ways", "test_key_field"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = f"{Path(__file__).parent}{os.sep}"
    for item in items:
        if str(item.path).startswith(here):
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))
            if item.path.stem not in QUICK:
                item.add_marker(pytest.mark.slow)


def launch_args(executable: str) -> dict[str, Any]:
    if not executable:
        missing = "Chromium is not installed: apt-get install chromium"
        pytest.fail(missing) if "CI" in os.environ else pytest.skip(missing)
    return {"executable_path": executable, "chromium_sandbox": os.geteuid() != 0, "args": QUIET}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    return launch_args(HEADLESS)


@pytest.fixture
def portal(live_server: LiveServer) -> str:
    """The address of a running portal with a practice world made today."""
    lay_out(make_world, clock.today())
    return live_server.url


def is_meant(message: ConsoleMessage) -> bool:
    """An answer that was to be an error, or that Chromium did what the sign-out asked for."""
    if message.text.startswith("Clear-Site-Data header on"):
        return message.text.endswith('Cleared data types: "cache".')
    return "status of 4" in message.text or (
        "status of 500" in message.text and message.location["url"].endswith("/broken/")
    )


def sign_in(context: BrowserContext, portal: str, persona: str) -> None:
    """Give a browser what a click on the persona's card gives it, without loading two pages."""
    client = Client()
    client.post(reverse("demo-sign-in"), {"persona": persona})
    context.add_cookies(
        [
            {"name": name, "value": cookie.value, "url": portal}
            for name, cookie in client.cookies.items()
        ]
    )


def click_card(page: Page, persona: str) -> None:
    """Sign in as a visitor of the practice portal does."""
    page.goto("/sign-in/")
    page.locator(f"form:has(input[value={persona}]) button").click()
    expect(page.locator("h1").first).to_be_visible()


type Visit = Callable[..., Page]
# Milliseconds: a busy machine answers late, and that is not what these tests are about.
PATIENCE = 20_000
expect.set_options(timeout=PATIENCE)


@pytest.fixture
def visit(portal: str, browser: Browser) -> Iterator[Visit]:
    """`visit("partner-admin")`: an empty browser window; that persona is signed in, or nobody.

    Its console stays empty.

    All a browser may say by itself is that an answer was an error, where it was meant to be one.
    """
    contexts, said = [], []

    def visiting(persona: str, **options: Any) -> Page:
        context = browser.new_context(base_url=portal, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE)

        def note(message: ConsoleMessage) -> None:
            if not is_meant(message):
                said.append(f"{page.url}: {message.text}")

        page.on("console", note)
        page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
        if persona:
            sign_in(context, portal, persona)
        return page

    yield visiting
    for context in contexts:
        context.close()
    assert said == []
