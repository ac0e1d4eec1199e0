"""Ends the wait for a server that is connected but silent (docs/adr/0007).

One thread of each process checks its connections ten times a second. If one has waited for SILENCE,
the thread tries to open another connection. If that fails, or `patience` runs out, it shuts down
the socket of the waiting connection; psycopg then raises an error, as for any broken connection.
Uses only public interfaces.
"""

import os
import socket
import time
import weakref
from collections.abc import Callable
from threading import Lock, Thread

from psycopg import Connection
from psycopg.pq import TransactionStatus

LOOK, SILENCE = (
    0.1,
    0.6,
)  # seconds between checks; seconds without an answer until the server is tried


class Watch:
    """Watches one connection; the code that waits for an answer calls `begin` first."""

    def __init__(
        self, connection: Connection, patience: float | None, is_answering: Callable[[], bool]
    ) -> None:
        """`patience` is in seconds, None for ever; `is_answering` tries another connection."""
        self.patience, self.is_answering = patience, is_answering
        self.has_hung_up = False
        self.begun = 0
        self._connection = weakref.ref(connection)
        self._seen: int | None = None  # the wait, by its number, at the last check
        self._seen_at, self._is_asked = 0.0, False
        # A duplicate, since the connection's own descriptor may be closed and reused at any moment
        self._line = socket.socket(fileno=os.dup(connection.fileno()))
        weakref.finalize(connection, self._line.close)
        _watch(self)

    def begin(self) -> None:
        self.begun += 1

    def look(self, now: float) -> None:
        """Check the connection at `now`, in monotonic seconds; called by the watching thread."""
        connection = self._connection()
        if (
            connection is None
            or self.patience is None
            or connection.info.transaction_status != TransactionStatus.ACTIVE
        ):
            self._seen = None
            return
        if self._seen != self.begun:
            self._seen, self._seen_at, self._is_asked = self.begun, now, False
        waited = now - self._seen_at
        if waited >= self.patience:
            self._hang_up()
        elif waited >= SILENCE and not self._is_asked:
            self._is_asked = True
            Thread(target=self._ask, args=(self.begun,), daemon=True).start()

    def _ask(self, begun: int) -> None:
        if not self.is_answering() and begun == self.begun:
            self._hang_up()

    def _hang_up(self) -> None:
        self.has_hung_up = True
        try:
            self._line.shutdown(socket.SHUT_RDWR)
        except OSError:  # already closed
            return


_watches: "weakref.WeakSet[Watch]" = weakref.WeakSet()
_lock = Lock()
_thread: Thread | None = None


def _watch(watch: Watch) -> None:
    """Add a watch, and start the thread if this process has none."""
    global _thread
    with _lock:
        _watches.add(watch)
        if _thread is None or not _thread.is_alive():
            _thread = Thread(target=_look_for_ever, name="silent database servers", daemon=True)
            _thread.start()


def _look_for_ever() -> None:
    while True:
        time.sleep(LOOK)
        with _lock:
            watches = list(_watches)
        for watch in watches:
            watch.look(time.monotonic())


def _after_fork() -> None:
    """Forget the parent's connections, and its lock, which may be held."""
    global _lock, _watches
    _lock, _watches = Lock(), weakref.WeakSet()


os.register_at_fork(after_in_child=_after_fork)
