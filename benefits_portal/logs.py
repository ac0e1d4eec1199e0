"""What the portal tells its operator: one line an event, with the id of its request, without personal data or keys (K3).

A line says what happened where in the code, never to whom or with what: the Record of the back office says that. So a
request is told by its route, not by its address, and an exception by its type and place, not by its text, in which
databases quote what was typed.
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
from types import TracebackType

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from benefits_portal.key_format import without_keys

request_id: ContextVar[str] = ContextVar("request_id", default="")

_requests = logging.getLogger("benefits_portal.requests")
_PROXY_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
_PRIVATE = (
    (re.compile(r"PCBEN(?:(?:[^\w/]|_){0,3}[0-9A-Z]){5,20}", re.IGNORECASE), "PCBEN-…"),
    (re.compile(r"[^\s@'\"<>/]+@[^\s@'\"<>/]+"), "…@…"),
)


class JsonLines(logging.Formatter):
    """One JSON object a line, for whatever collects the lines of many machines."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": without_private(record.getMessage()),
        }
        if told := request_id.get():
            line["request_id"] = told
        line |= getattr(record, "facts", {})
        if record.exc_info and record.exc_info[0]:
            line["exception"] = record.exc_info[0].__qualname__
            line["trace"] = places(record.exc_info[2])
        return json.dumps(line, ensure_ascii=False)


def without_private(text: str) -> str:
    """`text` without keys and addresses, whoever put them there: an address that was typed in, a library's own message."""
    text = without_keys(text, at_least=10)
    for pattern, instead in _PRIVATE:
        text = pattern.sub(instead, text)
    return text


def places(trace: TracebackType | None) -> list[str]:
    """Where it happened, the innermost last."""
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(trace)]


def tell_requests(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, the outermost: gives the request its id, a trusted proxy's or its own, and tells how it went."""

    def respond(request: HttpRequest) -> HttpResponse:
        proxys = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
        token = request_id.set(proxys if _PROXY_ID.fullmatch(proxys) else uuid.uuid4().hex)
        started = time.perf_counter()
        try:
            response = get_response(request)
            response.headers["X-Request-ID"] = request_id.get()
            facts = {
                "method": request.method,
                "route": request.resolver_match.route if request.resolver_match else "",
                "status": response.status_code,
                "ms": round((time.perf_counter() - started) * 1000, 1),
            }
            _requests.info("request", extra={"facts": facts})
            return response
        finally:
            request_id.reset(token)

    return respond
