"""The first load of the list: an empty cache, static files as production serves them."""

import gzip
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.http import HttpResponse
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.practice.world import make_world
from benefits_portal.templatetags import kept

SHIFTS = """window.shifted = 0;
new PerformanceObserver((list) => {
  list.getEntries().forEach((shift) => (window.shifted += shift.value));
}).observe({ type: "layout-shift", buffered: true });
"""
BLOCKING = (
    "performance.getEntriesByType('resource').filter((part) => "
    "part.renderBlockingStatus == 'blocking').map((part) => part.name)"
)


class Quiet(WSGIRequestHandler):
    def log_message(self, *args: Any) -> None:
        """Nobody reads it."""


def pieces(page: HttpResponse) -> Iterator[bytes]:
    """As a slow line brings them: a browser may show each before the next one is there."""
    for start in range(0, len(page.content), 4096):
        yield page.content[start : start + 4096]
        time.sleep(0.1)
    page.close()


def on_a_slow_line(portal: WSGIHandler) -> Callable[..., Iterable[bytes]]:
    def serve(*request: Any) -> Iterable[bytes]:
        answer = portal(*request)
        return pieces(answer) if isinstance(answer, HttpResponse) else answer

    return serve


@pytest.fixture
def production(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """A portal's address: WhiteNoise serves its static files, hashed and compressed."""
    settings.STATIC_ROOT = tmp_path
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    settings.STORAGES = {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=["admin"])
    kept.forget()
    make_world(clock.today())
    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    server.set_app(on_a_slow_line(WSGIHandler()))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def first_visit(production: str, browser: Browser) -> Iterator[Page]:
    """Somebody who is signed in, and whose browser has nothing of the portal yet."""
    before = browser.new_context(base_url=production)
    page = before.new_page()
    page.goto("/sign-in/")
    page.locator("form:has(input[value=partner-admin]) button").click()
    page.wait_for_url(production + "/")
    context = browser.new_context(base_url=production, storage_state=before.storage_state())
    before.close()
    yield context.new_page()
    context.close()


def test_it_is_small_from_one_host_shifts_nothing_and_awaits_no_script(
    first_visit: Page, production: str
) -> None:
    wire = first_visit.context.new_cdp_session(first_visit)
    wire.send("Network.enable")
    asked: dict[str, str] = {}
    sizes: dict[str, int] = {}
    wire.on(
        "Network.requestWillBeSent",
        lambda sent: asked.update({sent["requestId"]: sent["request"]["url"]}),
    )
    wire.on(
        "Network.loadingFinished",
        lambda done: sizes.update({asked[done["requestId"]]: done["encodedDataLength"]}),
    )
    first_visit.add_init_script(SHIFTS)

    answer = first_visit.goto(reverse("benefits:azure-cloud"), wait_until="networkidle")

    assert answer
    page = answer.body()
    # The proxy before the portal compresses what Django makes.
    sizes[answer.url] += len(gzip.compress(page, 6)) - len(page)
    addresses = [url for url in asked.values() if not url.startswith("data:")]
    static = [url for url in addresses if "/static/" in url]
    kept = [
        url
        for url in static
        if "immutable" in first_visit.request.get(url).headers["cache-control"]
    ]
    assert [url for url in addresses if not url.startswith(f"{production}/")] == []
    assert kept == static
    assert (sum(sizes.values()) <= 60 * 1024, len(addresses) <= 6) == (True, True), sizes
    assert first_visit.evaluate("window.shifted") == 0
    assert [url for url in first_visit.evaluate(BLOCKING) if not url.endswith(".css")] == []
