"""What holds for every URL of the project.

No POST without a token, and the headers that a browser keeps people safe by.
"""

from contextlib import closing

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve

from tests.world import RequestAs, World, rolled_back

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
HEADERS = {
    "Content-Security-Policy": {
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    },
    "Cross-Origin-Opener-Policy": {"same-origin"},
    "Cross-Origin-Resource-Policy": {"same-origin"},
    "Permissions-Policy": {"camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    "Referrer-Policy": {"same-origin"},
    "X-Content-Type-Options": {"nosniff"},
    "X-Frame-Options": {"DENY"},
}


# A mail program stops reminders there, by a signed token and without a cookie (RFC 8058).
ONE_CLICK = "reminders:unsubscribe"


def test_no_url_takes_a_post_without_a_token(world: World, rows: dict[str, list[str]]) -> None:
    """Not even where there is no form; only one click of a mail's own button does without.

    One of each row of the matrix is sent one; of the others the view makes no exception.
    """
    strict, taken = Client(enforce_csrf_checks=True), {}
    for row, (address, *_alike) in rows.items():
        person = "programme" if row.startswith(("office:", "admin:")) else "global"
        strict.cookies[settings.SESSION_COOKIE_NAME] = world.sessions[person]
        with rolled_back() as written:
            answer = strict.post(
                address, world.sample.form(row) | {"acting_in": world.tenant_token(person)}
            )
        got = (
            answer.status_code,
            [template.name for template in answer.templates[:1]],
            written - {"django_session"},
        )
        if got != (403, ["csrf_failure.html"], set()):
            taken[row] = got
    paths = [address.partition("?")[0] for addresses in rows.values() for address in addresses]
    exempt = [path for path in paths if getattr(resolve(path).func, "csrf_exempt", False)]
    assert (list(taken), exempt) == ([ONE_CLICK], rows[ONE_CLICK])


def test_every_kind_of_answer_has_the_headers(world: World, request_as: RequestAs) -> None:
    answers = {
        "signed out": request_as("anonymous", "get", "/sign-in/", {}),
        "portal": request_as("global", "get", world.sample.url("benefits:azure-cloud"), {}),
        "download": request_as("global", "get", world.sample.url("benefits:azure-cloud-csv"), {}),
        "redirect": request_as("anonymous", "get", "/", {}),
        "back office": request_as("programme", "get", "/back-office/", {}),
        "not found": request_as("global", "get", "/nowhere/", {}),
        "not allowed": request_as("member", "get", world.sample.url("tenants:give-role"), {}),
        "not a method": request_as(
            "global", "post", "/help/", {"acting_in": world.sample.tenant_token}
        ),
        "too much": request_as("anonymous", "post", "/sign-in/", "&".join("a" * 1_001)),
    }
    assert {kind: answer.status_code for kind, answer in answers.items()} == {
        "signed out": 200,
        "portal": 200,
        "download": 200,
        "redirect": 302,
        "back office": 200,
        "not found": 404,
        "not allowed": 403,
        "not a method": 405,
        "too much": 413,
    }
    found = {
        kind: {name: set(answer.headers.get(name, "").split("; ")) for name in HEADERS}
        for kind, answer in answers.items()
    }
    assert found == dict.fromkeys(answers, HEADERS)


def test_a_static_file_is_taken_for_nothing_else_and_framed_by_nobody(
    world: World, request_as: RequestAs
) -> None:
    with closing(request_as("global", "get", "/static/js/portal.js", {})) as answer:
        headers = {
            name: answer.headers.get(name) for name in ("X-Content-Type-Options", "X-Frame-Options")
        }
        assert "no-store" not in answer.headers["Cache-Control"], (
            "the browser keeps it, whoever is signed in"
        )
    assert (answer.status_code, headers) == (
        200,
        {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"},
    )


def test_an_answer_to_a_failure_has_the_headers_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "benefits_portal.tenants.views.signing_in.SignInView.get", lambda *_arguments: 1 / 0
    )
    answer = Client(raise_request_exception=False).get("/sign-in/")
    found = {name: set(answer.headers.get(name, "").split("; ")) for name in HEADERS}
    assert (answer.status_code, found) == (500, HEADERS)
