"""Django's PostgreSQL backend, with an end to waiting for a server that is connected and silent.

A frozen machine goes on acknowledging packets, so that neither keepalive nor `tcp_user_timeout` notices, and cannot carry out
its own `statement_timeout`. Whoever waits longer than that closes the connection; the next request meets `connect_timeout`.
"""

from typing import Any

from django.db.backends.postgresql import base
from psycopg import Connection, OperationalError
from psycopg.errors import _WaitTimeout

IS_ALIVE = 0.8  # seconds that a connection from before has to answer, asked at the beginning of a request


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
            try:
                return wait(*args, **{"timeout": self.patience, **kwargs})
            except _WaitTimeout:
                connection.pgconn.finish()
                raise OperationalError("the server is connected and does not answer") from None

        connection.wait = wait_at_most  # type: ignore[method-assign]
        return connection

    def is_usable(self) -> bool:
        patience, self.patience = self.patience, IS_ALIVE if self.patience else None
        try:
            return bool(super().is_usable())
        finally:
            self.patience = patience
