"""/readyz knows what keeps the portal from serving; people are told on a page.

Also what came after the process began.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg.errors
import pytest
from django.db import (
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.urls import reverse

from benefits_portal import health
from benefits_portal.database_errors import Reason, reason
from benefits_portal.tenants.models import Record, Tenant, User
from tests.clients import SignIn
from tests.factories import PASSWORD
from tests.simultaneous import IS_POSTGRES
from tests.test_queries import PAGES, GrowingPartner

on_postgres = pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has no standby")
NEWER = "restart pending: the database is newer than this process"


def asked() -> tuple[int, str]:
    answer = Client().get("/readyz")
    return answer.status_code, answer.text.removesuffix("\n")


def test_health_is_told_without_signing_in(db: None) -> None:
    answers = [Client().get(address) for address in ("/healthz", "/readyz")]
    assert [(answer.status_code, answer.text) for answer in answers] == [
        (200, "ok\n"),
        (200, "ready\n"),
    ]


def test_migrations_that_the_database_lacks_are_told_until_they_ran(db: None) -> None:
    latest = max(node for node in health.migrations()[0] if node[0] == "tenants")
    recorder, answers = MigrationRecorder(connection), [asked()]
    recorder.record_unapplied(*latest)
    answers += [asked(), asked()]
    recorder.record_applied(*latest)
    assert [*answers, asked()] == [
        (200, "ready"),
        (503, "migrations pending"),
        (503, "migrations pending"),
        (200, "ready"),
    ]


@pytest.mark.parametrize(
    ("app", "answer"),
    [("tenants", (503, NEWER)), ("sessions", (503, NEWER)), ("gone", (200, "ready"))],
)
def test_a_process_older_than_the_database_says_so(
    db: None, app: str, answer: tuple[int, str]
) -> None:
    """Also one that was ready before; an app that this code lacks is none of its business."""
    before = asked()
    MigrationRecorder(connection).record_applied(app, "0999_of_the_next_version")
    assert (before, asked()) == ((200, "ready"), answer)


def test_migrations_that_were_squashed_count_by_either_name(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    nodes, known = health.migrations()
    old, new = {("tenants", "0001_a"), ("tenants", "0002_b")}, ("tenants", "0001_squashed")
    monkeypatch.setattr(health, "migrations", lambda: (nodes | {new: old}, known | old | {new}))
    recorder, answers = MigrationRecorder(connection), [asked()]
    recorder.record_applied(*min(old))
    answers.append(asked())
    recorder.record_applied(*max(old))
    answers.append(asked())
    assert answers == [(503, "migrations pending")] * 2 + [(200, "ready")]


def failing(problem: Exception) -> Callable[..., None]:
    def fail(*_args: object) -> None:
        raise problem

    return fail


def caused(kind: type[Exception], cause: Exception) -> Exception:
    problem = kind(str(cause))
    problem.__cause__ = cause
    return problem


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (OperationalError(), "database unavailable"),
        (InterfaceError(), "database unavailable"),
        (caused(OperationalError, psycopg.errors.QueryCanceled()), "database unavailable"),
        (caused(OperationalError, psycopg.errors.DiskFull()), "database full"),
        (caused(ProgrammingError, psycopg.errors.UndefinedTable()), "migrations pending"),
    ],
)
def test_a_database_that_does_not_serve_is_told_with_the_reason(
    db: None, problem: Exception, reason: str
) -> None:
    before = asked()
    with connection.execute_wrapper(failing(problem)):
        assert (before, asked()) == ((200, "ready"), (503, reason))


@pytest.mark.parametrize(
    ("address", "health"),
    [
        ("/healthz", (200, "ok\n")),
        ("/readyz", (503, "database unavailable\n")),
        ("/healthz/mail", (503, "database unavailable\n")),
    ],
)
def test_whoever_is_signed_in_is_told_of_health_as_anybody(
    admin: User, sign_in: SignIn, address: str, health: tuple[int, str]
) -> None:
    """A browser with a session looks at the same page as a monitor.

    Also while the database with the sessions is away.
    """
    clients = [Client(), sign_in(admin)]
    with connection.execute_wrapper(failing(OperationalError())):
        answers = [client.get(address) for client in clients]
    assert [(answer.status_code, answer.text) for answer in answers] == [health, health]


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (caused(InternalError, psycopg.errors.ReadOnlySqlTransaction()), Reason.READ_ONLY),
        (caused(ProgrammingError, psycopg.errors.UndefinedColumn()), Reason.UPDATING),
        (
            caused(RuntimeError, caused(OperationalError, psycopg.errors.DeadlockDetected())),
            Reason.BUSY,
        ),
        (caused(NotSupportedError, psycopg.errors.FeatureNotSupported()), Reason.BUSY),
        (
            caused(ProgrammingError, psycopg.errors.InvalidSqlStatementName()),
            Reason.BUSY,
        ),
        (caused(ProgrammingError, psycopg.errors.SyntaxError()), None),
        (ValueError(), None),
        (None, None),
    ],
)
def test_the_database_s_own_code_tells_why_it_failed(
    problem: Exception | None, why: Reason | None
) -> None:
    assert reason(problem) is why


@on_postgres
def test_the_probe_writes_to_the_disk_of_the_database(db: None) -> None:
    """What is full is found by writing: its sort does not fit into memory."""
    with connection.cursor() as cursor:
        cursor.execute(health.PROBE.replace("SELECT current", "EXPLAIN (ANALYZE) SELECT current"))
        cursor.nextset()
        assert "Sort Method: external merge  Disk" in "".join(line for (line,) in cursor.fetchall())


# On a standby, or a primary that was closed for changes


@contextmanager
def read_only() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ROLLBACK; RESET default_transaction_read_only")


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_readyz_knows_that_the_database_takes_no_changes() -> None:
    before = asked()
    with read_only():
        meanwhile = asked()
    assert [before, meanwhile, asked()] == [
        (200, "ready"),
        (503, "database read-only"),
        (200, "ready"),
    ]


@on_postgres
@pytest.mark.django_db(transaction=True)
def test_no_mail_leaves_while_the_database_takes_no_changes(client: Client) -> None:
    """No mail waits yet; the one that is asked for now cannot even be queued."""
    before = client.get("/healthz/mail").text
    with read_only():
        meanwhile = client.get("/healthz/mail")
    assert (before, meanwhile.status_code, meanwhile.text) == ("ok\n", 503, "database read-only\n")


@on_postgres
def test_no_mail_leaves_while_the_disk_of_the_database_is_full(db: None, client: Client) -> None:
    """Such a database goes on reading what there is; only what it writes down fails."""
    before = client.get("/healthz/mail").text

    def full(execute: Callable[..., object], sql: str, *args: object) -> object:
        if "generate_series" in sql:
            raise caused(OperationalError, psycopg.errors.DiskFull())
        return execute(sql, *args)

    with connection.execute_wrapper(full):
        meanwhile = client.get("/healthz/mail")
    assert (before, meanwhile.status_code, meanwhile.text) == ("ok\n", 503, "database full\n")


@on_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "The portal is read-only right now"),
        ("nl", "Het portaal is nu alleen-lezen"),
    ],
)
def test_on_a_read_only_database_whoever_signs_in_is_told_why_not(
    admin: User, language: str, title: str
) -> None:
    client = Client(raise_request_exception=False, headers={"Accept-Language": language})
    form = {"username": admin.email, "password": PASSWORD}
    with read_only():
        answers = [
            client.post(reverse("tenants:sign-in"), form),
            client.post(reverse("tenants:sign-in"), form | {"password": "wrong"}),
        ]
        sign_in_page = client.get(reverse("tenants:sign-in"))
    assert [
        (answer.status_code, answer.headers["Retry-After"], title in answer.text)
        for answer in answers
    ] == [(503, "5", True)] * 2
    assert (sign_in_page.status_code, Record.objects.count()) == (200, 0)
    assert client.post(reverse("tenants:sign-in"), form).status_code == 302


@pytest.mark.slow
@on_postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("today")
def test_on_a_read_only_database_pages_are_shown_and_nothing_is_changed(
    tenant: Tenant, sign_in: SignIn
) -> None:
    with transaction.atomic():
        partner = GrowingPartner(tenant=tenant)
        partner.grow(1)
        urls = [page.url(partner) for page in PAGES if page.page != "readyz"]
    client = sign_in(partner.boss)
    client.raise_request_exception = False
    with read_only():
        shown = {url: client.get(url).status_code for url in urls}
        forms = [
            client.post(reverse(name), partner.acting_in)
            for name in ("tenants:add-user", "tenants:sign-out", "tenants:session", "set_language")
        ]
    # Searches and downloads are written down, and that a calendar's feed was fetched: a calendar
    # program keeps what it has, and asks again.
    counted = {address for address in shown if "csv" in address or "q=" in address}
    assert {
        address: shown[address] for address in shown.keys() - counted if shown[address] != 200
    } == {
        reverse("tenants:sign-in"): 302,
        reverse("tenants:mail-health"): 503,
        partner.url("reminders:feed"): 503,
    }
    assert {shown[address] for address in counted} <= {200, 503}
    assert [(answer.status_code, "read-only right now" in answer.text) for answer in forms] == [
        (503, True)
    ] * 4
    assert client.get("/").status_code == 200
