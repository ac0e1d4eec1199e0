"""Only UTF-8 is read: any other charset gets a page that says so, never an error."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client

from benefits_portal.wsgi import application

FORM = "application/x-www-form-urlencoded"


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def connection_that_stays() -> Iterator[None]:
    """The test's own, which a server would close before and after each request."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


def status_and_page(
    content_type: str, method: str = "POST", path: str = "/sign-in/"
) -> tuple[int, str]:
    """What a server gets from the portal for a form with `content_type`."""
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": "next=/",
        "HTTP_HOST": "localhost",
        "REMOTE_ADDR": "127.0.0.1",
    }
    environ |= {
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "10",
        "wsgi.input": BytesIO(b"username=a"),
    }
    setup_testing_defaults(environ)
    answers: list[str] = []
    body = b"".join(application(environ, lambda status, headers: answers.append(status)))
    return int(answers[0].split()[0]), body.decode()


@pytest.mark.parametrize(
    "charset",
    ["hex", "base64", "undefined", "utf-16", "idna", "no-such", '"hex"', " hex", "utf-8\x00"],
)
@pytest.mark.parametrize(
    ("method", "kind"), [("POST", FORM), ("GET", "multipart/form-data; boundary=x")]
)
def test_a_charset_other_than_utf_8_is_refused(method: str, kind: str, charset: str) -> None:
    status, page = status_and_page(f"{kind}; charset={charset}", method)
    assert status == 400
    assert "doesn't understand this request" in page


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
def test_utf_8_is_read_however_it_is_written(charset: str) -> None:
    assert status_and_page(f"{FORM}; charset={charset}", "GET", "/healthz") == (200, "ok\n")


@pytest.mark.parametrize(
    "part",
    [
        b"name=\"username\"; filename*=hex''a\r\nContent-Type: text/plain; charset=hex",
        b'name="username"\r\nContent-Type: text/plain; charset=hex',
        b"name*=hex''username",
        b'name="username"\r\nContent-Transfer-Encoding: hex',
    ],
)
def test_a_part_of_a_form_in_another_charset_breaks_nothing(part: bytes) -> None:
    body = b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n\r\nabc\r\n--x--\r\n"
    answer = Client().generic("POST", "/sign-in/", body, "multipart/form-data; boundary=x")
    assert answer.status_code == 200
