"""What the operator sees and what people see when something fails.

Log lines, request ids, 503 instead of a stack trace.
"""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import psycopg.errors
import pytest
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path, resolve, reverse
from pytest_django import Settings

from benefits_portal import replica
from benefits_portal.benefits import key_encryption
from benefits_portal.licensing.models import Redemption
from benefits_portal.logs import JsonLines, without_private
from benefits_portal.tenants.models import Tenant, User
from benefits_portal.urls import urlpatterns as portal_urls
from tests.factories import SubscriptionFactory, key_for


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """Everything that is logged within the test, at every level, as production writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonLines())
    root, requests = logging.getLogger(), logging.getLogger("benefits_portal.requests")
    levels = root.level, requests.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    requests.setLevel(logging.INFO)
    yield written
    root.removeHandler(handler)
    root.setLevel(levels[0])
    requests.setLevel(levels[1])


@contextmanager
def failing(problem: Exception) -> Iterator[None]:
    """Within the block every query fails as if the database said so."""

    def fail(*_args: object) -> None:
        raise problem

    with connection.execute_wrapper(fail):
        yield


def because(cause: Exception) -> OperationalError:
    problem = OperationalError(str(cause))
    problem.__cause__ = cause
    return problem


# Log lines


@login_not_required
def quoting(request: HttpRequest) -> HttpResponse:
    raise IntegrityError(f"Key (email)=({request.GET['email']}) already exists.")


urlpatterns = [path("quoting/", quoting), *portal_urls]
handler500 = "benefits_portal.views.server_error"


@pytest.mark.rule("K3")
def test_no_key_address_name_or_password_is_ever_in_a_log_line(
    lines: io.StringIO, admin: User, tenant: Tenant, settings: Settings
) -> None:
    key, secret = key_encryption.draw(), "a password that nobody knows"
    client = Client(raise_request_exception=False)
    client.post(reverse("tenants:sign-in"), {"username": admin.email, "password": secret})
    client.force_login(admin)
    client.get(
        f"/{key}/{key_encryption.grouped(key)}/{admin.email}", {"q": admin.email, "key": key}
    )
    client.post(
        reverse("licensing:product-key-start"),
        {"key": key, "acting_in": f"{tenant.partner_id}-{tenant.pk}"},
    )
    client.get(reverse("tenants:users"), {"q": admin.email})
    settings.ROOT_URLCONF = __name__
    assert client.get("/quoting/", {"email": admin.email}).status_code == 500
    written = lines.getvalue()
    assert "IntegrityError" in written
    forbidden = (
        key,
        key_encryption.grouped(key),
        admin.email,
        admin.email.partition("@")[0],
        secret,
        str(admin),
        tenant.name,
    )
    assert [text for text in forbidden if text.lower() in written.lower()] == []


def test_every_line_is_json_with_the_id_that_the_answer_carries(
    lines: io.StringIO, db: None
) -> None:
    answer = Client().get("/help/")
    logged = [json.loads(line) for line in lines.getvalue().splitlines()]
    facts = ("logger", "request_id", "method", "route", "status")
    assert [[line[fact] for fact in facts] for line in logged] == [
        ["benefits_portal.requests", answer.headers["X-Request-ID"], "GET", "help/", 200]
    ]


@pytest.mark.parametrize(
    ("proxies", "sent", "kept"),
    [(1, "proxy-0123456789", True), (0, "proxy-0123456789", False), (1, "x\ny", False)],
)
def test_a_request_keeps_the_id_of_a_trusted_proxy_and_of_nobody_else(
    settings: Settings, db: None, proxies: int, sent: str, kept: bool
) -> None:
    settings.TRUSTED_PROXIES = proxies
    answer = Client(headers={"X-Request-ID": sent}).get("/healthz")
    assert (answer.headers["X-Request-ID"] == sent) is kept


def test_what_is_private_is_taken_out_of_a_message_and_the_rest_stays() -> None:
    assert (
        without_private("Not Found: /a@b.example/pcben-bcdfg hjkmp/25/")
        == "Not Found: /…@…/PCBEN-…/25/"
    )


# Lists from a replica (tried for real by `python -m drills replica`)


def test_the_four_long_lists_may_come_from_a_replica() -> None:
    names = ["benefits:azure-cloud", "licensing:products", "tenants:users", "tenants:activity"]
    assert [
        name
        for name in names
        if not hasattr(resolve(reverse(name)).func, "may_be_read_from_replica")
    ] == []


def test_only_within_a_list_reads_go_to_the_replica_and_writes_never() -> None:
    router = replica.Router()
    token = replica._from_replica.set(True)
    read, written = router.db_for_read(Redemption), router.db_for_write(Redemption)
    replica._from_replica.reset(token)
    assert (read, written, router.db_for_read(Redemption)) == ("replica", "default", "default")


# When the database is away, busy or full

AWAY = [
    (
        because(psycopg.OperationalError("connection refused")),
        "The portal is not available right now",
    ),
    (InterfaceError("the connection is closed"), "The portal is not available right now"),
    (because(psycopg.errors.LockNotAvailable()), "Someone else is working on the same item"),
    (because(psycopg.errors.QueryCanceled()), "Someone else is working on the same item"),
    (because(psycopg.errors.DiskFull()), "The portal can't save anything right now"),
]


@pytest.mark.parametrize(
    ("problem", "title"), AWAY, ids=["refused", "closed", "locked", "too slow", "full"]
)
def test_a_database_that_fails_is_told_kindly_with_when_to_come_back(
    admin: User, lines: io.StringIO, problem: Exception, title: str
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    with failing(problem):
        answers = [
            client.get("/"),
            client.post("/product-key/start/"),
            client.post(reverse("tenants:sign-in"), {"username": "x"}),
        ]
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in answers[:2]] == [
        (503, "5")
    ] * 2
    assert all(
        title in answer.text and answer.headers["X-Request-ID"] in answer.text
        for answer in answers[:2]
    )
    assert not re.search(r"Traceback|psycopg|Error\b", "".join(answer.text for answer in answers))


def test_a_failure_in_the_middle_of_redeeming_leaves_nothing_of_it(
    admin: User, tenant: Tenant, today: date
) -> None:
    subscription = SubscriptionFactory.create(tenant=tenant)
    key, before = key_for(subscription), subscription.term
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    address = f"{reverse('licensing:extend', args=[subscription.pk])}?key={key.pk}"
    fields = dict(re.findall(r'name="(acting_in|quote)" value="([^"]+)"', client.get(address).text))

    def fail_at_the_redemption(
        execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if "INSERT" in sql and Redemption._meta.db_table in sql:
            raise because(psycopg.errors.AdminShutdown())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail_at_the_redemption):
        assert client.post(address, fields).status_code == 503
    key.refresh_from_db()
    subscription.refresh_from_db()
    assert (key.redeemed_at, subscription.term, Redemption.objects.count()) == (None, before, 0)
    assert client.post(address, fields).status_code == 302


def test_other_failures_stay_500(db: None, settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    answer = Client(raise_request_exception=False).get("/quoting/", {"email": "a@b.example"})
    assert answer.status_code == 500
    assert "a@b.example" not in answer.text


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one time-out, of its own")
def test_the_database_ends_what_takes_long_and_plans_few_tables_together(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            [list(settings.POSTGRES_OPTIONS)],
        )
        assert dict(cursor.fetchall()) == {
            name: str(value) for name, value in settings.POSTGRES_OPTIONS.items()
        }


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL says 53100, tried above")
@pytest.mark.django_db(transaction=True)
def test_a_full_disk_under_sqlite_is_told_as_such_and_changes_nothing(
    admin: User, tenant: Tenant
) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    # An MPN partner admin is refused, and that is put on record.
    form = {"acting_in": f"{tenant.partner_id}-{tenant.pk}"}
    with connection.cursor() as cursor:
        # Gives back the pages of what earlier tests deleted, which would be room enough.
        cursor.execute("VACUUM")
        [pages] = cursor.execute("PRAGMA page_count").fetchone()
        cursor.execute("CREATE TABLE filler (content blob)")
        cursor.execute(f"PRAGMA max_page_count = {pages + 2}")
    try:
        answers = [client.post(reverse("tenants:add-user"), form) for _ in range(60)]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA max_page_count = 1073741823")
            cursor.execute("DROP TABLE filler")
    assert {answer.status_code for answer in answers} == {403, 503}
    assert "The portal can't save anything right now" in answers[-1].text
