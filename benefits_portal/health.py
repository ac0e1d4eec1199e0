"""`/healthz` and `/readyz`: whether this process answers, and whether it can serve."""

from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_safe

from benefits_portal.database_errors import Reason, reason

READY = "ready"
# The URLs that monitors request
HEALTH = {"/healthz", "/readyz", "/healthz/mail", "/healthz/reminders", "/metrics"}
FAULTS = {
    Reason.FULL: "database full",
    Reason.READ_ONLY: "database read-only",
    # The table of applied migrations is missing, so none has run
    Reason.UPDATING: "migrations pending",
}
# Whether the database is read-only; and a sort that exceeds work_mem, so that PostgreSQL writes to
# its disk, and fails if that is full.
PROBE = """
    SET LOCAL work_mem = '64kB';
    SELECT current_setting('transaction_read_only'), count(*)
    FROM (SELECT md5(n::text) FROM generate_series(1, 4000) n ORDER BY 1 OFFSET 0) sorted
"""


def ask_no_session(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: ignore the session on health checks, since the database may be away."""

    def respond(request: HttpRequest) -> HttpResponse:
        if request.path not in HEALTH:
            return get_response(request)
        request.COOKIES.pop(settings.SESSION_COOKIE_NAME, None)
        response = get_response(request)
        add_never_cache_headers(response)
        return response

    return respond


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Alive: the process answers."""
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Able to serve: the database answers, takes changes, has room, and is of this version."""
    try:
        state_text = state()
    except (DatabaseError, InterfaceError) as problem:
        state_text = fault(problem)
    return HttpResponse(
        f"{state_text}\n", content_type="text/plain", status=200 if state_text == READY else 503
    )


def fault(problem: Exception) -> str:
    """The text of `/readyz` for an exception of the database."""
    return FAULTS.get(reason(problem) or Reason.AWAY, "database unavailable")


def state() -> str:
    """READY, or the text of `/readyz` that says what is missing.

    Not cached: the database may be migrated or made read-only while this process runs.
    """
    if takes_no_changes():
        return FAULTS[Reason.READ_ONLY]
    applied = set(MigrationRecorder.Migration.objects.values_list("app", "name"))
    code, known = migrations()
    if not all(
        key in applied or (replaced and replaced <= applied) for key, replaced in code.items()
    ):
        return FAULTS[Reason.UPDATING]
    apps = {app for app, _ in code}
    if any(key not in known and key[0] in apps for key in applied):
        return "restart pending: the database is newer than this process"
    return READY


def takes_no_changes() -> bool:
    """Whether the database is a standby or closed for changes.

    Raises OperationalError if its disk is full.
    """
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        cursor.execute(PROBE)
        cursor.nextset()  # skip the result of SET
        return bool(cursor.fetchone()[0] == "on")


@cache
def migrations() -> tuple[dict[tuple[str, str], set[tuple[str, str]]], set[tuple[str, str]]]:
    """This code's migrations, each with those that it replaces; and all names that it knows."""
    loader = MigrationLoader(None)
    replaced = {key: set(loader.disk_migrations[key].replaces) for key in loader.graph.nodes}
    return replaced, set(loader.disk_migrations).union(*replaced.values())
