"""Django's PostgreSQL backend, extended: it gives up on a frozen server, and can keep query plans.

A frozen machine still acknowledges packets, so neither keepalive nor `tcp_user_timeout` notices,
and it does not enforce its own `statement_timeout`. After a while without an answer, the watchdog
opens a second connection. If that gets no answer either, the server is frozen; otherwise the
statement is just slow, and may take up to `patience`. Then the connection is closed
(docs/adr/0007).
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from select import POLLIN, poll
from typing import Any, Self

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorWrapper
from psycopg import Connection
from psycopg.errors import ConnectionTimeout
from psycopg.pq import TransactionStatus

from .watchdog import SILENCE, Watch

FRESH = 1.0  # seconds after an answer during which a connection counts as usable
SILENT = "the server is connected and does not answer"
LONGEST = 540.0  # seconds of a transaction, as the calendar feed relies on (`COMMITTED_WITHIN`)
TOO_LONG = "the transaction was open for too long, and is not committed"

_log = logging.getLogger(__name__)


class WatchedCursor(CursorWrapper):
    """A cursor that reports each wait for the server to the watchdog."""

    db: "DatabaseWrapper"

    def execute(self, *args: Any, **kwargs: Any) -> Any:
        with self.db.waiting():
            return super().execute(*args, **kwargs)

    def executemany(self, *args: Any, **kwargs: Any) -> Any:
        with self.db.waiting():
            return super().executemany(*args, **kwargs)

    def fetchmany(self, *args: Any) -> Any:
        with self.db.waiting(), self.db.wrap_database_errors:
            return self.cursor.fetchmany(*args)


class PlanningCursor(psycopg.Cursor[Any]):
    """A cursor whose statements the server prepares on first use, once per connection."""

    def execute(self, query: Any, params: Any = None, **_how: Any) -> Self:
        self.connection.prepare_threshold = 0
        try:
            return super().execute(query, params, prepare=True)
        except (psycopg.NotSupportedError, psycopg.ProgrammingError):
            if self.connection.info.transaction_status is TransactionStatus.INERROR:
                # psycopg would forget them at ROLLBACK, but not at ROLLBACK TO SAVEPOINT
                self.connection._prepared.clear()
                raise
            # A column's type has changed since; or the server cannot infer a parameter's type
            text = psycopg.ClientCursor(self.connection).mogrify(query, params)
            return super().execute(text.encode(), prepare=False)
        finally:
            # Otherwise psycopg counts and keeps the SQL of every statement of other cursors
            self.connection.prepare_threshold = None


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection with `patience` in OPTIONS: seconds to wait for an answer; None for ever."""

    watch: Watch | None = None
    heard_at = 0.0  # when the server last answered, in monotonic seconds
    began_at = 0.0  # when the transaction began, by the clock that dates records
    longest: float | None = LONGEST  # None: transactions are committed however long they took
    has_time_limit = True  # False: each transaction lifts `statement_timeout` for itself
    is_planning_once = False

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self.configured_patience: float | None = params.pop("patience", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        connection: Connection = super().get_new_connection(conn_params)
        self.watch = Watch(connection, self.configured_patience, lambda: lets_in(conn_params))
        return connection

    @property
    def patience(self) -> float | None:
        """Seconds to wait for an answer on this connection; `migrate` lifts the limit."""
        return self.watch.patience if self.watch else None

    @patience.setter
    def patience(self, seconds: float | None) -> None:
        if self.watch:
            self.watch.patience = seconds

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Wrap the wait for one answer. Raises OperationalError if none comes."""
        if self.watch:
            self.watch.begin()
        try:
            yield
            self.heard_at = time.monotonic()
        except OperationalError as error:
            if self.watch and self.watch.has_hung_up:
                _log.warning(SILENT)
                raise OperationalError(SILENT) from error
            raise

    @contextmanager
    def planning_once(self, *, in_transactions: bool = False) -> Iterator[None]:
        """Plan each statement of the block once per connection, whatever its values.

        Has no effect behind pgbouncer, where the next statement may run on another connection, nor
        in a transaction unless `in_transactions`: a plan made invalid by a schema change aborts it.
        """
        before = self.is_planning_once
        self.is_planning_once = (
            in_transactions or not self.in_atomic_block
        ) and not self.settings_dict["DISABLE_SERVER_SIDE_CURSORS"]
        try:
            yield
        finally:
            self.is_planning_once = before

    def create_cursor(self, name: str | None = None) -> Any:
        if self.is_planning_once and name is None:
            return PlanningCursor(self.connection)
        return super().create_cursor(name)

    def make_cursor(self, cursor: Any) -> WatchedCursor:
        return WatchedCursor(cursor, self)

    def _set_autocommit(self, autocommit: bool) -> None:
        super()._set_autocommit(autocommit)  # type: ignore[misc]
        self.began_at = time.time()
        if not autocommit and not self.has_time_limit:
            self.lift_time_limit()

    def lift_time_limit(self) -> None:
        """Disable `statement_timeout` until the end of this transaction."""
        with self.waiting(), self.wrap_database_errors:
            self.connection.execute("SET LOCAL statement_timeout TO 0")

    def commit(self) -> None:
        """Commit. Raises OperationalError, so that it rolls back, if it was open for too long."""
        if self.longest and time.time() - self.began_at > self.longest:
            raise OperationalError(TOO_LONG)
        with self.waiting():
            super().commit()

    def rollback(self) -> None:
        with self.waiting():
            super().rollback()

    def is_usable(self) -> bool:
        """Ask the server, unless it answered a moment ago and has not hung up since."""
        if time.monotonic() - self.heard_at < FRESH and self.is_quiet():
            return True
        patience, self.patience = self.patience, SILENCE if self.patience else None
        try:
            with self.waiting():
                return bool(super().is_usable())
        finally:
            self.patience = patience

    def is_quiet(self) -> bool:
        """Whether the connection is open, and nothing unread (such as its end) has arrived."""
        if self.connection.closed:
            return False
        line = poll()
        line.register(self.connection, POLLIN)
        return not line.poll(0)


def lets_in(conn_params: dict[str, Any]) -> bool:
    """Whether the server answers a new connection within `connect_timeout`, even by refusing it."""
    try:
        psycopg.connect(**conn_params).close()
    except ConnectionTimeout:
        return False
    except psycopg.OperationalError:
        return True
    return True
