"""What stands in log lines, whatever is sent (K3).

And no pattern of the portal gets slow over text of others.
"""

import ast
import importlib
import io
import json
import logging
import pkgutil
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import SuspiciousFileOperation, SuspiciousOperation, ValidationError
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import Client
from django.urls import URLResolver, get_resolver, path
from django.urls.converters import get_converters
from gunicorn.config import Config
from gunicorn.glogging import Logger
from pytest_django import Settings

import benefits_portal
from benefits_portal.logs import JsonLines, PlainLines
from benefits_portal.urls import urlpatterns as portal_urls
from tests.clients import ClientResponse

SECRET = "Zq7typedBySomebody"
LINK = f"/sign-in/reset/MQ/{SECRET}-token/"


class Written(io.StringIO):
    """Everything that is logged, in both ways of writing it."""

    @property
    def lines(self) -> list[str]:
        return self.getvalue().splitlines()


@pytest.fixture
def written() -> Iterator[Written]:
    stream = Written()
    handlers = []
    for formatter in (JsonLines(), PlainLines()):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(formatter)
        handlers.append(handler)
    root, level = logging.getLogger(), logging.getLogger().level
    root.setLevel(logging.DEBUG)
    root.handlers += handlers
    # Another test's configuration may have silenced some.
    for logger in logging.root.manager.loggerDict.values():
        if isinstance(logger, logging.Logger):
            logger.disabled = False
    yield stream
    root.handlers = [handler for handler in root.handlers if handler not in handlers]
    root.setLevel(level)


# What anybody can send


@login_not_required
def failing(request: HttpRequest) -> HttpResponse:
    raise {
        "error": RuntimeError,
        "operation": SuspiciousOperation,
        "file": SuspiciousFileOperation,
        "signature": BadSignature,
    }[request.GET["how"]](request.GET["typed"])


@login_not_required
def away(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(f"evil:{request.GET['typed']}")


@login_not_required
def form(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(len(request.POST) + len(request.FILES)))


@login_not_required
def performing(request: HttpRequest) -> HttpResponse:
    logging.getLogger("some.library").error(
        "%s of %d at %s", request.GET["typed"], 12, request.path
    )
    logging.getLogger("some.library").error(f"put together: {request.GET['typed']}")
    logging.getLogger("some.library").error(RuntimeError(request.GET["typed"]))
    logging.getLogger("some.library").error("%(typed)s", {"typed": request.GET["typed"]})
    return HttpResponse()


urlpatterns = [
    path("failing/", failing),
    path("away/", away),
    path("form/", form),
    path("telling/", performing),
    *portal_urls,
]
handler400 = "benefits_portal.views.bad_request"
handler500 = "benefits_portal.views.server_error"

MULTIPART = "multipart/form-data; boundary=x"
REACHED: dict[str, tuple[str, Callable[[Client], ClientResponse], int]] = {
    "missing": ("django.request", lambda c: c.get(f"/{SECRET}/"), 404),
    "not a method": ("django.request", lambda c: c.post(f"/help/?{SECRET}"), 405),
    "a reset link": ("", lambda c: c.get(LINK), 200),
    "bad host": (
        "django.security.DisallowedHost",
        lambda c: c.get("/help/", headers={"host": f"{SECRET}.example"}),
        400,
    ),
    "enormous host": (
        "django.security.DisallowedHost",
        lambda c: c.get("/help/", headers={"host": SECRET * 400}),
        400,
    ),
    "no token": (
        "django.security.csrf",
        lambda c: Client(enforce_csrf_checks=True).post(LINK, {"x": SECRET}),
        403,
    ),
    "bad origin": (
        "django.security.csrf",
        lambda c: Client(enforce_csrf_checks=True).post(
            LINK, headers={"origin": f"https://{SECRET}.example"}
        ),
        403,
    ),
    "error": ("django.request", lambda c: c.get(f"/failing/?how=error&typed={SECRET}"), 500),
    "suspicious": (
        "django.security.SuspiciousOperation",
        lambda c: c.get(f"/failing/?how=operation&typed={SECRET}"),
        400,
    ),
    "suspicious file": (
        "django.security.SuspiciousFileOperation",
        lambda c: c.get(f"/failing/?how=file&typed={SECRET}"),
        400,
    ),
    "bad signature": (
        "django.request",
        lambda c: c.get(f"/failing/?how=signature&typed={SECRET}"),
        500,
    ),
    "disallowed redirect": (
        "django.security.DisallowedRedirect",
        lambda c: c.get(f"/away/?typed={SECRET}"),
        400,
    ),
    "too many fields": (
        "django.security.TooManyFieldsSent",
        lambda c: c.generic(
            "POST",
            f"/form/?{SECRET}",
            f"{SECRET}&" * 1_002,
            content_type="application/x-www-form-urlencoded",
        ),
        413,
    ),
    "too much": (
        "django.security.RequestDataTooBig",
        lambda c: c.post(f"/form/?{SECRET}", {"x": SECRET * 200_000}),
        413,
    ),
    "bad multipart": (
        "django.request",
        lambda c: c.generic("POST", f"/form/?{SECRET}", SECRET, content_type="multipart/form-data"),
        400,
    ),
    "bad boundary": (
        "django.request",
        lambda c: c.generic(
            "POST",
            f"/form/?{SECRET}",
            f"--x\r\n{SECRET}",
            content_type=MULTIPART,
            headers={"content-length": "-1"},
        ),
        400,
    ),
    "a library's own": ("some.library", lambda c: c.get(f"/telling/?typed={SECRET}"), 200),
}


@pytest.mark.rule("K3")
@pytest.mark.parametrize("case", REACHED)
def test_no_logger_that_a_page_can_reach_quotes_what_was_sent(
    db: None, settings: Settings, written: Written, case: str
) -> None:
    settings.ROOT_URLCONF = __name__
    logger, send, status = REACHED[case]
    answer = send(Client(raise_request_exception=False))
    lines = [json.loads(line) for line in written.lines if line.startswith("{")]
    assert answer.status_code == status
    assert status == 200 or logger in {line["logger"] for line in lines}, (
        "it reached the logger that it is about"
    )
    assert SECRET.lower() not in written.getvalue().lower()
    ids = {
        line["request_id"]
        for line in lines
        if line["logger"].startswith(("django.", "some.", "benefits_portal."))
    }
    assert ids == {answer.headers["X-Request-ID"]}


def test_a_library_s_line_tells_code_route_and_request_id(
    db: None, settings: Settings, written: Written
) -> None:
    settings.ROOT_URLCONF = __name__
    answer = Client(raise_request_exception=False).get(f"/failing/?how=error&typed={SECRET}")
    [line] = [json.loads(line) for line in written.lines if '"logger": "django.request"' in line]
    fields = {name: line[name] for name in ("message", "route", "request_id", "exception")}
    assert fields == {
        "message": "Internal Server Error",
        "route": "failing/",
        "request_id": answer.headers["X-Request-ID"],
        "exception": "RuntimeError",
    }


def test_a_library_s_numbers_are_told_and_its_texts_are_not(written: Written) -> None:
    logging.getLogger("some.library").warning(
        "Worker %d of %s took %.1f s: 5%% %r", 12, SECRET, 1.5, SECRET
    )
    assert json.loads(written.lines[0])["message"] == "Worker 12 of … took 1.5 s: 5%% …"


def test_gunicorn_tells_of_itself_and_not_of_what_was_sent(written: Written) -> None:
    log = Logger(Config())
    log.error_log.propagate = True
    log.info("Listening at: %s (%s)", "unix:/run/portal.sock", 12)
    log.warning(f"Invalid request from ip=192.0.2.1: Invalid Request Line '{LINK}'")
    log.exception("Error handling request %s %s", "GET", LINK)
    messages = [json.loads(line)["message"] for line in written.lines if line.startswith("{")]
    assert messages[0] == "Listening at: unix:/run/portal.sock (12)"
    assert messages[2] == "Error handling request … …"
    assert [text for text in (SECRET, "192.0.2.1") if text in written.getvalue()] == []


def test_django_s_own_handlers_which_write_paths_are_gone() -> None:
    """In a demo too, whose server would tell each path.

    It is asked of a process without pytest's own handlers.
    """
    script = (
        "import logging, django; django.setup(); print([logging.getLogger(name).handlers for "
        "name in ('django', 'django.server')])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout
        == "[[], []]\n"
    )


# No pattern gets slow

BROKEN = [
    lambda n: "a" * n,
    lambda n: "A" * n,
    lambda n: "1" * n,
    lambda n: " " * n,
    lambda n: "-" * n,
    lambda n: "." * n,
    lambda n: "@" * n,
    lambda n: "=" * n,
    lambda n: "_" * n,
    lambda n: "é" * n,
    lambda n: "PCBEN" * (n // 5),
    lambda n: "PCBEN" + "-" * n,
    lambda n: "PCBEN" + "A-" * (n // 2) + "!",
    lambda n: "a@" * (n // 2),
    lambda n: "a." * (n // 2) + "!",
    lambda n: "a" * n + "@",
    lambda n: "1," * (n // 2) + "x",
    lambda n: "1.000" * (n // 5) + "x",
    lambda n: "ABCDE-" * (n // 6),
    lambda n: "{a" * (n // 2),
    lambda n: "%(" * (n // 2),
    lambda n: "%" * n,
    lambda n: "<" * n,
    lambda n: "/" * n,
    lambda n: "a/" * (n // 2),
]


def modules() -> Iterator[Any]:
    """What a running portal has loaded of itself, and its commands."""
    for found in pkgutil.walk_packages(benefits_portal.__path__, "benefits_portal."):
        if found.name in sys.modules or ".commands." in found.name:
            yield importlib.import_module(found.name)


def within(value: object, depth: int = 3) -> Iterator[re.Pattern[str]]:
    """The patterns of a module's constant, in tables and classes too."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, dict):
        for part in value.values():
            yield from within(part, depth - 1)
    elif depth and isinstance(value, list | tuple | set | frozenset):
        for part in value:
            yield from within(part, depth - 1)
    elif depth and isinstance(value, type) and value.__module__.startswith("benefits_portal"):
        for part in vars(value).values():
            yield from within(part, depth - 1)


def patterns() -> dict[str, Callable[[str], object]]:
    """Every pattern of the product.

    Constants of modules, literals within functions, URLs, converters, validators.
    """
    found: dict[str, Callable[[str], object]] = {}
    for module in modules():
        for value in vars(module).values():
            found |= {
                compiled.pattern: compiled.search
                for compiled in within(value)
                if isinstance(compiled.pattern, str)
            }
        for call in ast.walk(ast.parse(Path(module.__file__ or "").read_text())):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and ast.unparse(call.func.value) == "re"
                and isinstance(call.args[0], ast.Constant)
                and isinstance(call.args[0].value, str)
            ):
                anchored = ast.unparse(call.func) in ("re.match", "re.fullmatch")
                compiled = re.compile(call.args[0].value)
                found.setdefault(
                    compiled.pattern, compiled.fullmatch if anchored else compiled.search
                )
    found |= {f"URL {pattern}": pattern.match for pattern in urls(get_resolver().url_patterns)}
    found |= {
        f"<{name}>": re.compile(converter.regex).fullmatch
        for name, converter in get_converters().items()
    }
    return found | validators()


def urls(resolvers: list[Any]) -> Iterator[Any]:
    for each in resolvers:
        yield each.pattern
        if isinstance(each, URLResolver):
            yield from urls(each.url_patterns)


def validators() -> dict[str, Callable[[str], object]]:
    """Those of the models' fields; of equal ones the first, whose field names it."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("benefits_portal")]
    found: dict[str, Callable[[str], object]] = {}
    for model in ours:
        for field in model._meta.concrete_fields:
            for validator in field.validators:
                if validator not in found.values():
                    found[f"{model._meta.label}.{field.name} {validator!r}"] = validator
    return found


def seconds(look: Callable[[str], object], text: str, enough: float) -> float:
    """CPU of looking at `text` once, the least of up to five times.

    What is quick enough, or slow for certain, is not repeated.
    """
    least = float("inf")
    for _ in range(5):
        began = time.thread_time()
        with suppress(ValidationError, TypeError, AttributeError):  # refused, or meant for numbers
            look(text)
        least = min(least, time.thread_time() - began)
        if least < enough or least > 0.1:
            break
    return least


def grows(look: Callable[[str], object], make: Callable[[int], str]) -> bool:
    """Takes a tenth of a second over 500 characters, or grows faster than the text.

    That is 2 ms over 20,000, and more than eight times as long as over 5,000.
    """
    if seconds(look, make(500), 0.1) >= 0.1:
        return True
    long = seconds(look, make(20_000), 0.002)
    return long >= 0.002 and long > 8 * seconds(look, make(5_000), 0)


@pytest.mark.slow
def test_no_pattern_of_the_portal_gets_slow_over_what_others_send() -> None:
    found, slow = patterns(), {}
    assert len(found) > 100
    for name, look in found.items():
        for make in BROKEN:
            if grows(look, make) and grows(look, make):  # once may be the machine
                slow[name] = make(8)
    assert slow == {}


@pytest.mark.slow
def test_a_slow_pattern_would_be_found() -> None:
    quadratic = re.compile(r"[^\s@'\"<>/]+@[^\s@'\"<>/]+").search
    assert grows(quadratic, lambda n: "a" * n)
