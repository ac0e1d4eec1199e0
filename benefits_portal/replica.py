"""Read lists from a streaming replica (REPLICA_URL), and everything else from the primary.

People always see what they have just written: a write stores the primary's log position (LSN) in a
cookie, and lists come from the replica once it has replayed up to there. A replica that is behind,
away or promoted is not used (docs/adr/0011).
"""

import re
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import DatabaseError, InterfaceError, connection, connections
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase

BACK_OFFICE_LIST = re.compile(r"admin:\w+_changelist")
# The age is in seconds; a replica that lags more is an incident
COOKIE, COOKIE_AGE = f"{settings.COOKIE_PREFIX}written", 10 * 60
LSN = re.compile(r"[0-9A-F]{1,8}/[0-9A-F]{1,8}")
REST = 10  # seconds during which a replica that did not answer is not used

_from_replica: ContextVar[bool] = ContextVar("from_replica", default=False)
_resting_until = 0.0  # of this process, by its monotonic clock


def list_from_replica[View: Callable[..., HttpResponseBase]](view: View) -> View:
    """Decorator: the view may read from the replica."""
    view.may_be_read_from_replica = True  # type: ignore[attr-defined]
    return view


class Router:
    """Routes reads to where `ListsFromReplica` decided, and all writes to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str:
        return "replica" if _from_replica.get() else "default"

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        return "default"

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        return True  # they are the same rows

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "default"


class ListsFromReplica:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        token = _from_replica.set(False)
        try:
            response = self.get_response(request)
        finally:
            _from_replica.reset(token)
        if request.method not in ("GET", "HEAD") and (position := written_up_to()):
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(
                COOKIE, position, max_age=COOKIE_AGE, secure=secure, httponly=True, samesite="Lax"
            )
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        if request.method in ("GET", "HEAD") and (
            hasattr(view, "may_be_read_from_replica") or BACK_OFFICE_LIST.fullmatch(name)
        ):
            _from_replica.set(has_got_as_far_as(request.COOKIES.get(COOKIE, "")))


def written_up_to() -> str:
    """The primary's log position; empty if it does not answer, since the write was done."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_current_wal_insert_lsn()")
            return str(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError):
        return ""


def has_got_as_far_as(position: str) -> bool:
    """Whether the replica answers and has replayed up to `position`; False if it was promoted."""
    global _resting_until
    if time.monotonic() < _resting_until:
        return False
    try:
        with connections["replica"].cursor() as cursor:
            cursor.execute(
                "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn",
                [position if LSN.fullmatch(position) else "0/0"],
            )
            return bool(cursor.fetchone()[0])
    except (DatabaseError, InterfaceError):
        _resting_until = time.monotonic() + REST
        return False
