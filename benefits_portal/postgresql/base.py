"""Django's PostgreSQL backend, with an end to waiting for a server that is connected and silent.

A frozen machine goes on acknowledging packets, so that neither keepalive nor `tcp_user_timeout` notices, and cannot carry out
its own `statement_timeout`. Whoever has waited for a while tries another connection: if that is not answered either, the server
is frozen. If it is, the statement takes its time, up to `patience`. Then the connection is closed.
"""

from contextlib import suppress
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg.errors import ConnectionTimeout, _WaitTimeout

SILENCE = 0.8  # seconds without an answer before that is asked; and of a connection from before, before it is replaced


class DatabaseWrapper(base.DatabaseWrapper):
    """`patience` in OPTIONS: seconds after which an answer no longer comes; None or left out to wait for ever."""

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        self.patience: float | None = params.pop("patience", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        connection: Connection = super().get_new_connection(conn_params)
        wait = connection.wait

        def wait_at_most(*args: Any, **kwargs: Any) -> Any:
            if self.patience is None or "timeout" in kwargs:
                return wait(*args, **kwargs)
            with suppress(_WaitTimeout):
                return wait(*args, **kwargs | {"timeout": min(SILENCE, self.patience)})
            if self.patience > SILENCE and lets_in(conn_params):
                with suppress(_WaitTimeout):
                    return wait(*args, **kwargs | {"timeout": self.patience - SILENCE})
            connection.pgconn.finish()
            raise OperationalError("the server is connected and does not answer")

        connection.wait = wait_at_most  # type: ignore[method-assign]
        return connection

    def is_usable(self) -> bool:
        patience, self.patience = self.patience, SILENCE if self.patience else None
        try:
            return bool(super().is_usable())
        finally:
            self.patience = patience


def lets_in(conn_params: dict[str, Any]) -> bool:
    """Whether the server answers whoever connects, be it by a refusal, within `connect_timeout`."""
    try:
        psycopg.connect(**conn_params).close()
    except ConnectionTimeout:
        return False
    except OperationalError:
        return True
    return True
