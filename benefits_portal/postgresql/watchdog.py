"""Ends the wait for a server that is connected and silent (docs/adr/0007).

By public interfaces alone.

One thread of each process looks ten times a second at its connections. On one that has waited for
SILENCE it tries whether the server still lets anybody in; if it does not, or `patience` is over, it
shuts the connection's socket down. Whoever waits is then told by psycopg, as of any other
connection that broke.
"""

import os
import socket
import time
import weakref
from collections.abc import Callable
from threading import Lock, Thread

from psycopg import Connection
from psycopg.pq import TransactionStatus

LOOK, SILENCE = 0.1, 0.6  # seconds between two looks; without an answer before the server is asked


class Watch:
    """Looks after one connection; whatever begins a statement, commit or fetch calls `begin`."""

    def __init__(
        self, connection: Connection, patience: float | None, is_answering: Callable[[], bool]
    ) -> None:
        """`patience` in seconds, None to wait for ever; `is_answering` tries another connection."""
        self.patience, self.is_answering = patience, is_answering
        self.has_hung_up = False
        self.begun = 0
        self._connection = weakref.ref(connection)
        self._seen: int | None = None  # what was waited for when it was last looked at
        self._seen_at, self._is_asked = 0.0, False
        # A descriptor of its own: the connection's may be closed, and its number given away, at any
        # moment.
        self._line = socket.socket(fileno=os.dup(connection.fileno()))
        weakref.finalize(connection, self._line.close)
        _watch(self)

    def begin(self) -> None:
        self.begun += 1

    def look(self, now: float) -> None:
        """What the watching thread does with this connection at `now` (monotonic seconds)."""
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
        except OSError:  # it is closed already
            return


_watches: "weakref.WeakSet[Watch]" = weakref.WeakSet()
_lock = Lock()
_thread: Thread | None = None


def _watch(watch: Watch) -> None:
    """Begin to look after it; in a forked process by a thread of its own."""
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
    """The parent's connections are not the child's, and its lock may have been held."""
    global _lock, _watches
    _lock, _watches = Lock(), weakref.WeakSet()


os.register_at_fork(after_in_child=_after_fork)
