"""Log lines without personal data or product keys (K3); one line per event, with a request ID.

A line says what happened where in the code, not to whom: the record says that. Requests are logged
by their route instead of their path, and exceptions by type and stack instead of their text, in
which databases quote values. Libraries put paths, hosts and user input into their messages, so
only the library's own words are logged (`library_message`).
"""

import json
import logging
import re
import time
import traceback
import uuid
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, datetime
from http.client import responses
from types import TracebackType
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from benefits_portal import metrics
from benefits_portal.key_format import without_keys

request_id: ContextVar[str] = ContextVar("request_id", default="")

_requests = logging.getLogger("benefits_portal.requests")
MAX_MESSAGE = 2_000  # characters; longer messages are cut before patterns are applied
OURS = "benefits_portal"
NOT_SHOWN = "not shown, for it may quote what was sent"

_PROXY_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_PLACEHOLDER = re.compile(r"%(?:\(\w{1,40}\))?[-+ #0-9.]{0,8}[a-zA-Z]")
# Possessive, and only from the beginning of a word, so that matching takes linear time
_PRIVATE = (
    (re.compile(r"PCBEN(?:(?:[^\w/]|_){0,3}[0-9A-Z]){5,20}", re.IGNORECASE), "PCBEN-…"),
    (re.compile(r"(?<![^\s@'\"<>/])[^\s@'\"<>/]++@[^\s@'\"<>/]++"), "…@…"),
)


def logging_config(level: str, *, as_json: bool) -> dict[str, Any]:
    """The setting LOGGING: one line per event, to standard error."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {"()": "benefits_portal.logs.PlainLines"},
            "json": {"()": "benefits_portal.logs.JsonLines"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "json" if as_json else "line",
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "benefits_portal.requests": {"level": "INFO"},
            "django": {"handlers": []},  # Django's own handlers write paths, with DEBUG
            # The lines of runserver contain paths; ours replace them
            "django.server": {"handlers": [], "level": "CRITICAL"},
        },
    }


class JsonLines(logging.Formatter):
    """One JSON object per line, for collectors of logs."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
        }
        return json.dumps(line | details(record), ensure_ascii=False)


class PlainLines(logging.Formatter):
    """The same as plain text, for a terminal; with DEBUG, also the traceback."""

    def format(self, record: logging.LogRecord) -> str:
        shown = details(record)
        trace = shown.pop("trace", [])
        head = f"{self.formatTime(record)} {record.levelname} {record.name}"
        lines = [" ".join([head, *(str(value) for value in shown.values())]), *trace]
        if settings.DEBUG and record.exc_info:
            lines.append(self.formatException(record.exc_info))
        return "\n".join(lines)


def details(record: logging.LogRecord) -> dict[str, Any]:
    """The fields of a line, without time, level and logger."""
    request = getattr(record, "request", None)
    fields: dict[str, Any] = {"message": message_of(record)}
    if known := getattr(request, "request_id", "") or request_id.get():
        fields["request_id"] = known
    if request:
        fields["route"] = route_of(request)
    fields |= getattr(record, "fields", {})
    if record.exc_info and record.exc_info[0]:
        fields["exception"] = record.exc_info[0].__qualname__
        fields["trace"] = frames(record.exc_info[2])
    return fields


def message_of(record: logging.LogRecord) -> str:
    """The message: ours without private data, or a library's own words."""
    is_ours = record.name.partition(".")[0] == OURS
    return without_private(record.getMessage() if is_ours else library_message(record))


def library_message(record: logging.LogRecord) -> str:
    """A library's message template, with numbers filled in and other values left out.

    For a response, the phrase of its status. A message without arguments may be a formatted text
    (`str(exception)`, an f-string), so it is not shown, except for gunicorn's own INFO messages.
    """
    if status := getattr(record, "status_code", None):
        return responses.get(status, str(status))
    if record.name == "gunicorn.error" and record.levelno <= logging.INFO:
        return record.getMessage()
    if not record.args or not isinstance(record.msg, str):
        return NOT_SHOWN
    values = iter(record.args if isinstance(record.args, tuple) else ())
    return _PLACEHOLDER.sub(lambda _found: _only_number(next(values, "")), record.msg)


def _only_number(value: object) -> str:
    return str(value) if isinstance(value, int | float) else "…"


def without_private(text: str) -> str:
    """`text` without keys and email addresses, cut to MAX_MESSAGE characters."""
    text = text[:MAX_MESSAGE]
    text = without_keys(text, at_least=10)
    for pattern, instead in _PRIVATE:
        text = pattern.sub(instead, text)
    return text


def route_of(request: HttpRequest) -> str:
    """The pattern that the request's path matched; empty if none did."""
    match = getattr(request, "resolver_match", None)
    return match.route if match else ""


def name_of(request: HttpRequest) -> str:
    """The URL name of the request's page, such as `licensing:extend`; empty if there is none."""
    match = getattr(request, "resolver_match", None)
    return match.view_name if match else ""


def frames(trace: TracebackType | None) -> list[str]:
    """The stack frames of a traceback, the innermost last."""
    return [
        f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)
    ]


def log_response(request: HttpRequest, status: int, seconds: float) -> None:
    """Log the response to `request`, and count it."""
    fields = {
        "method": request.method,
        "route": route_of(request),
        "page": name_of(request),
        "status": status,
        "ms": round(seconds * 1000, 1),
    }
    _requests.info("request", extra={"fields": fields})
    metrics.count_request(name_of(request), request.method, status, seconds)


def log_requests(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """The outermost middleware: set the request's ID, from a trusted proxy or new, and log it."""

    def respond(request: HttpRequest) -> HttpResponse:
        from_proxy = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
        known = from_proxy if _PROXY_ID.fullmatch(from_proxy) else uuid.uuid4().hex
        # On the request too: Django logs error responses after all middleware has ended
        request.request_id = known  # type: ignore[attr-defined]
        token = request_id.set(known)
        started = time.perf_counter()
        try:
            response = get_response(request)
            response.headers["X-Request-ID"] = request_id.get()
            log_response(request, response.status_code, time.perf_counter() - started)
            return response
        finally:
            request_id.reset(token)

    return respond
