"""A demo answers browsers on its own machine alone, wherever it was told to listen."""

from collections.abc import Callable
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from django.conf import settings

from benefits_portal import wsgi
from benefits_portal.local_only import local_only

ANSWERED, REFUSED = "200 OK", "403 Forbidden"


def hello(environ: dict[str, Any], start_response: Callable[..., object]) -> list[bytes]:
    start_response(ANSWERED, [])
    return [b"hello"]


def status_for(**environ: str) -> str:
    """What somebody gets who sends `Host: localhost`, as all of these do."""
    environ |= {"HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    answers: list[str] = []
    b"".join(local_only(hello)(environ, lambda status, headers: answers.append(status)))
    return answers[0]


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_a_browser_on_the_same_machine_is_answered(peer: str) -> None:
    assert status_for(REMOTE_ADDR=peer) == ANSWERED


@pytest.mark.parametrize(
    "peer",
    ["192.0.2.7", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1", "0.0.0.0", "", "x"],  # noqa: S104
)
def test_whoever_is_elsewhere_is_refused_whatever_host_they_name(peer: str) -> None:
    assert status_for(REMOTE_ADDR=peer) == REFUSED


@pytest.mark.parametrize("header", ["HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_X_REAL_IP"])
def test_whoever_comes_through_a_proxy_is_refused(header: str) -> None:
    assert status_for(REMOTE_ADDR="127.0.0.1", **{header: "127.0.0.1"}) == REFUSED


def test_the_demos_own_application_refuses_whoever_is_elsewhere() -> None:
    assert settings.IS_LOCAL
    answers: list[str] = []
    environ = {"REMOTE_ADDR": "192.0.2.7", "HTTP_HOST": "localhost", "PATH_INFO": "/healthz"}
    setup_testing_defaults(environ)
    wsgi.application(environ, lambda status, headers: answers.append(status))
    assert answers == [REFUSED]
