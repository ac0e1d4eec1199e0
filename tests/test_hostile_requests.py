"""Whatever is in a URL or a header: no page fails, repeats it as markup, or leads elsewhere.

Every URL is asked for as different people, with parameters that pages read and some that none does,
and with headers that no browser sends. Once each with every change, 8 times before a release. A
failure's note has all that was sent.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import reverse

from benefits_portal.charsets import mark_charset
from benefits_portal.redirects import URL_HEADERS
from tests.back_office.test_hostile_lookups import LOOKUPS, VALUES
from tests.clients import ClientResponse
from tests.properties import BEFORE_A_RELEASE
from tests.world import World, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.rule("P1", "P4")]
CODE = Path(__file__).parent.parent / "benefits_portal"
MARK = "zq9"  # between what would end an attribute and begin a tag
MARKUP = f"\"'><{MARK} onload=x>{{{{7*7}}}}</script>"
HOSTILE = [
    *VALUES,
    MARKUP,
    "//evil.example/",
    "https://evil.example",
    "javascript:alert(1)",
    "\r\nSet-Cookie: a=b",
    "\u202e\ud800",
]
HOSTILE += [
    "../../etc/passwd",
    "%00",
    "%ff%fe",
    "' OR 1=1--",
    "A" * 3_000,
    "[]",
    "{}",
    "1e999",
    "-0",
    "2026-13-45",
    "0001-01-01",
]
HOSTILE += ["9999-12-31", "İ", "\u0000\u0000", "${7*7}", "a;b", "==", "MTo6", "1:a:b"]
HEADERS = {
    "HTTP_HOST": [
        "evil.example",
        "testserver:99999",
        "[::1",
        "a" * 300,
        "testserver\x00",
        "",
        "testserver, evil.example",
        "@",
    ],
    "HTTP_HX_REQUEST": ["true", "false", "x"],
    "HTTP_HX_BOOSTED": ["true"],
    "HTTP_HX_TARGET": [MARKUP, "rows"],
    "HTTP_HX_TRIGGER": [MARKUP],
    "HTTP_HX_PROMPT": [MARKUP],
    "HTTP_HX_CURRENT_URL": ["//evil.example", "http://[", "%ff", MARKUP, "https://testserver:x/"],
    "HTTP_HX_CURRENT_URL_URI_AUTOENCODED": ["true"],
    "HTTP_HX_HISTORY_RESTORE_REQUEST": ["true"],
    "HTTP_TRIGGERING_EVENT": ["{", "[1]", MARKUP],
    "HTTP_ACCEPT_LANGUAGE": [
        "x" * 5_000,
        "nl;q=NaN",
        "../nl",
        "en-" * 300,
        ",;=",
        "zz-ZZ,*;q=9",
        MARKUP,
    ],
    "HTTP_ACCEPT": ["x/x", MARKUP, "*"],
    "HTTP_ACCEPT_ENCODING": ["gzip;q=x", "\x00"],
    "HTTP_X_FORWARDED_FOR": ["x", "1.2.3.4" * 99, "::1, ,", "999.1.1.1", "\x00"],
    "HTTP_X_FORWARDED_HOST": ["evil.example"],
    "HTTP_X_FORWARDED_PROTO": ["https", "gopher", "https,http"],
    "HTTP_FORWARDED": ["for=evil;host=evil.example"],
    "HTTP_X_REQUEST_ID": ["\r\nX: y", "A" * 5_000, MARKUP],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE"],
    "HTTP_RANGE": ["bytes=0-", "bytes=-1", "bytes=9-1", "bytes=x", "bytes=" + "0-1," * 500],
    "HTTP_IF_MODIFIED_SINCE": [
        "x",
        "Thu, 99 Foo 9999 99:99:99 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "0" * 999,
    ],
    "HTTP_IF_NONE_MATCH": ["*", '"', 'W/"' + "x" * 999],
    "HTTP_REFERER": ["//evil.example", "http://[", MARKUP, "https://evil.example/" + "x" * 3_000],
    "HTTP_ORIGIN": ["null", "https://evil.example", "http://["],
    "HTTP_USER_AGENT": ["", MARKUP, "A" * 5_000],
    "HTTP_AUTHORIZATION": ["Basic x", "Bearer " + "A" * 3_000],
    "CONTENT_TYPE": [
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=\x00",
        "application/json",
        MARKUP,
    ]
    + [
        f"application/x-www-form-urlencoded; charset={charset}"
        for charset in ("hex", "utf-7", "utf-16", "no-such", '"hex"')
    ],
    "CONTENT_LENGTH": ["x", "-1", "5"],
}
COOKIES = ["csrftoken", "messages", "theme", "django_language", "written", "unheard-of"]
METHODS = ["GET"] * 12 + ["HEAD", "POST", "PUT", "OPTIONS", "TRACE", "BREW"]
PERSONS = ["anonymous", "no role", "member", "admin", "global", "other", "support", "programme"]


def parameters_that_pages_read() -> list[str]:
    """Names in the code that a query string is asked for, and fields of the forms that read one."""
    code = "".join(path.read_text() for path in sorted(CODE.rglob("*.py")))
    read = set(re.findall(r'GET(?:\.get(?:list)?\(|\[)\s*"([a-z_-]+)"', code))
    read |= set(
        re.findall(r"^    ([a-z_]+)(?:: [\w.]+)? = (?:forms\.)?\w+Field\(", code, re.MULTILINE)
    )
    return sorted(
        read
        | {
            "o",
            "p",
            "q",
            "e",
            "all",
            "_to_field",
            "_popup",
            "_changelist_filters",
            "term",
            "unheard-of",
            "next",
        }
    )


def filters_of(url: str) -> list[str]:
    """What the list of the back office at `url` is filtered by, with every look-up."""
    for model, model_admin in admin.site._registry.items():
        if url.startswith(
            reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        ):
            names = [field.name for field in model._meta.get_fields()]
            names += [
                name for name in model_admin.get_list_filter(HttpRequest()) if isinstance(name, str)
            ]
            return [name + lookup for name in names for lookup in LOOKUPS]
    return []


def quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"))


def as_served(environ: dict[str, Any]) -> dict[str, Any]:
    """`environ` as the server's own wrapper hands it to Django."""
    handed: list[dict[str, Any]] = []
    mark_charset(lambda marked, start: handed.append(marked) or [])(environ, lambda *_: None)  # type: ignore[func-returns-value]
    return handed[0]


def leads_elsewhere(answer: ClientResponse | HttpResponse) -> list[str]:
    urls = [answer.headers.get(name, "") for name in URL_HEADERS]
    return [url for url in urls if url.startswith(("//", "/\\", "http", "javascript"))]


def is_repeated_as_markup(answer: ClientResponse | HttpResponse) -> bool:
    # A download too: it is made while it is read.
    page = b"".join(answer).decode("utf-8", "replace")
    return "html" in answer.headers.get("Content-Type", "") and (
        f"<{MARK}" in page or f"\"'><{MARK}" in page
    )


def hostile(draw: Random, url: str, names: list[str]) -> tuple[str, dict[str, str]]:
    """A query string and headers."""
    chosen = draw.sample([*names, *filters_of(url)] if draw.random() < 0.5 else names, 3)
    query = "&".join(f"{quoted(name)}={quoted(draw.choice(HOSTILE))}" for name in chosen)
    kinds = draw.sample(sorted(HEADERS.keys() - {"HTTP_HOST"}), 4)
    if draw.random() < 0.1:  # which most are refused for, before anything else is looked at
        kinds.append("HTTP_HOST")
    return query, {kind: draw.choice(HEADERS[kind]) for kind in kinds}


def cookies(draw: Random, session: str | None) -> str:
    pairs = [f"{settings.SESSION_COOKIE_NAME}={session}"] if session else []
    pairs += [
        f"{name}={draw.choice(['', 'x:y', MARKUP.replace(';', ''), 'A' * 500, '[[', '"'])}"
        for name in draw.sample(COOKIES, 2)
    ]
    return "; ".join(pairs)


def requests(
    world: World, urls: list[str], rounds: int, seed: int
) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    """Person, method, URL with query, and headers.

    Each URL `rounds` times, as one person after the other.
    """
    draw, names = Random(seed), parameters_that_pages_read()
    for turn in range(rounds):
        for number, url in enumerate(urls):
            person = PERSONS[(number + turn) % len(PERSONS)]
            if "back-office" in url and draw.random() < 0.7:
                person = draw.choice(["support", "programme"])
            query, headers = hostile(draw, url, names)
            headers["HTTP_COOKIE"] = cookies(draw, world.sessions.get(person))
            yield person, draw.choice(METHODS), f"{url}?{query}", headers


def send(client: Client, method: str, url: str, headers: dict[str, str]) -> ClientResponse:
    path, _, query = url.partition("?")
    return client.generic(
        method, path, **as_served({"CONTENT_TYPE": ""} | headers | {"QUERY_STRING": query})
    )


@pytest.mark.parametrize("rounds", [1, pytest.param(8, marks=BEFORE_A_RELEASE)])
def test_no_url_or_header_breaks_a_page_or_is_repeated_as_markup(
    world: World, rows: dict[str, list[str]], rounds: int
) -> None:
    urls, client = sorted({url for some in rows.values() for url in some}), Client()
    counts: dict[int, int] = {}
    for person, method, url, headers in requests(world, urls, rounds, seed=rounds):
        try:
            with rolled_back():
                answer = send(client, method, url, headers)
                faults = (
                    answer.status_code >= 500,
                    is_repeated_as_markup(answer),
                    leads_elsewhere(answer),
                )
            assert faults == (False, False, [])
        except Exception as problem:
            problem.add_note(f"{person}: {method} {url} {headers}")
            raise
        counts[answer.status_code] = counts.get(answer.status_code, 0) + 1
    assert sum(counts.values()) == rounds * len(urls)
    assert counts[200] > len(urls) * rounds / 10  # so pages were made, not only refused


def test_the_sweep_notices_what_is_repeated_and_what_leads_elsewhere() -> None:
    page: Callable[..., HttpResponse] = HttpResponse
    assert is_repeated_as_markup(page(f"<p>{MARKUP}"))
    assert not is_repeated_as_markup(page("&quot;&#x27;&gt;&lt;zq9"))
    assert leads_elsewhere(page(headers={"Location": "//evil.example"})) == ["//evil.example"]
    assert leads_elsewhere(page(headers={"Location": "/help/"})) == []
