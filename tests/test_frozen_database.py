"""A server that is connected and silent: whoever waits is told in time, and the portal finds it again by itself."""

import os
import signal
import time
from collections.abc import Callable

import psycopg
import pytest
from django.db import OperationalError, connections

from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite is no server"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def frozen(monkeypatch):
    """Freezes the server's process for the connection of this test, which waits for half a second at the most."""
    connection = connections["default"]
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", connection.settings_dict["OPTIONS"] | {"patience": 0.5})
    connection.ensure_connection()
    process = connection.connection.info.backend_pid
    os.kill(process, signal.SIGSTOP)
    yield connection
    os.kill(process, signal.SIGCONT)
    connection.close()


def seconds_of(deed: Callable[[], object]) -> float:
    begun = time.monotonic()
    deed()
    return time.monotonic() - begun


def ask(connection) -> None:
    with pytest.raises(OperationalError, match="does not answer"), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def test_a_statement_without_an_answer_ends_and_its_connection_is_closed(frozen):
    assert seconds_of(lambda: ask(frozen)) < 5
    assert frozen.connection.closed
    assert frozen.connection.pgconn.status == psycopg.pq.ConnStatus.BAD


def test_a_frozen_connection_is_not_usable_and_is_replaced_at_the_next_request(frozen):
    assert not frozen.is_usable()
    frozen.close_if_unusable_or_obsolete()
    with frozen.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
