"""A server that is connected and silent: whoever waits is told in time.

The portal finds it again by itself.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler

from benefits_portal.logs import message_of
from benefits_portal.sessions import stored
from benefits_portal.settings import env, with_timeouts
from tests.postgres import Server
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite is no server"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], Any]]:
    """Connects this test anew, to wait for an answer for so many seconds."""
    connection = connections["default"]

    def connected(seconds: float) -> Any:
        connection.close()
        monkeypatch.setitem(
            connection.settings_dict,
            "OPTIONS",
            connection.settings_dict["OPTIONS"] | {"patience": seconds},
        )
        connection.ensure_connection()
        return connection

    yield connected
    connection.close()


@pytest.fixture
def frozen(patient: Callable[[float], Any]) -> Iterator[Any]:
    """A connection whose process at the server is frozen; the server lets others in."""
    connection = patient(0.5)
    with stopped(connection.connection.info.backend_pid):
        yield connection


@contextmanager
def stopped(*processes: int) -> Iterator[None]:
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def seconds_of(deed: Callable[[], object]) -> float:
    begun = time.monotonic()
    deed()
    return time.monotonic() - begun


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def select_one(connection: BaseDatabaseWrapper) -> None:
    with pytest.raises(OperationalError, match="does not answer"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_statement_without_an_answer_ends_and_its_connection_is_closed(frozen: Any) -> None:
    assert seconds_of(lambda: select_one(frozen)) < 5
    assert frozen.connection.closed
    assert frozen.connection.pgconn.status == psycopg.pq.ConnStatus.BAD


def test_a_planned_query_without_an_answer_ends_too(frozen: Any) -> None:
    with pytest.raises(OperationalError, match="does not answer"):
        stored.tuples("a session's key")


def test_a_frozen_connection_is_unusable_and_replaced_at_the_next_request(frozen: Any) -> None:
    frozen.heard_at = 0.0  # a while ago
    assert not frozen.is_usable()
    frozen.close_if_unusable_or_obsolete()
    with frozen.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


def test_a_connection_is_not_asked_right_after_an_answer(
    patient: Callable[[float], Any],
) -> None:
    connection = patient(0.5)
    connection.cursor().execute("SELECT 1")
    with stopped(connection.connection.info.backend_pid):
        assert connection.is_usable()


def test_a_connection_that_the_server_ended_a_moment_ago_is_unusable(
    patient: Callable[[float], Any],
) -> None:
    connection = patient(0.5)
    connection.cursor().execute("SELECT 1")
    process = connection.connection.info.backend_pid
    another = connection.copy("another")
    another.cursor().execute("SELECT pg_terminate_backend(%s, 5000)", [process])
    another.close()
    assert not connection.is_usable()


def test_the_log_has_the_sentence_that_the_runbook_looks_for(
    frozen: Any, caplog: pytest.LogCaptureFixture
) -> None:
    select_one(frozen)
    [record] = [one for one in caplog.records if one.name == "benefits_portal.postgresql.base"]
    runbook = (Path(__file__).parents[1] / "docs" / "operations.md").read_text()
    assert f"| *{message_of(record)}* in the log |" in runbook


def test_a_slow_statement_takes_its_time_while_the_server_lets_others_in(
    patient: Callable[[float], Any],
) -> None:
    with patient(30).cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1.2)::text || 'done'")
        assert cursor.fetchone() == ("done",)


def test_a_commit_without_an_answer_ends_too(patient: Callable[[float], Any]) -> None:
    connection = patient(0.5)
    connection.set_autocommit(False)
    connection.cursor().execute("SELECT 1")
    with (
        stopped(connection.connection.info.backend_pid),
        pytest.raises(OperationalError, match="does not answer"),
    ):
        connection.commit()


def test_many_short_answers_take_as_long_as_they_take(patient: Callable[[float], Any]) -> None:
    connection = patient(0.5)
    until = time.monotonic() + 1.5
    with (
        connection.cursor() as cursor,
        transaction.atomic(),
        connection.chunked_cursor() as at_server,
    ):
        while time.monotonic() < until:
            cursor.execute("SELECT pg_sleep(0.05)")
        at_server.execute("SELECT pg_sleep(0.05) FROM generate_series(1, 30)")
        assert sum(len(rows) for rows in iter(lambda: at_server.fetchmany(2), [])) == 30


def test_whoever_looks_after_a_connection_leaves_nothing_open_behind_it(
    patient: Callable[[float], Any],
) -> None:
    patient(5)
    before = open_files()
    for _ in range(3):
        patient(5)
    assert open_files() == before


def test_a_process_that_was_forked_looks_after_its_own_connections(frozen: Any) -> None:
    child = os.fork()
    if child == 0:
        os._exit(connections_of_a_child())
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    select_one(frozen)


def connections_of_a_child() -> int:
    """0 if a child's statement on a frozen connection of its own ends in time, and is told."""
    connection = connections["default"].copy("child")
    connection.ensure_connection()
    with stopped(connection.connection.info.backend_pid):
        try:
            connection.connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return 0
    return 1


@pytest.mark.slow
def test_nobody_waits_over_three_seconds_for_a_server_that_lets_nobody_in() -> None:
    server = Server()
    try:
        connection = ConnectionHandler({"default": with_timeouts(env.db_url_config(server.url))})[
            "default"
        ]
        connection.ensure_connection()
        postmaster = int((server.data / "postmaster.pid").read_text().split()[0])
        with stopped(connection.connection.info.backend_pid, postmaster):
            assert seconds_of(lambda: select_one(connection)) < 3
        connection.close()
    finally:
        server.stop()
