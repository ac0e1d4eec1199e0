"""A mail server on loopback that takes mails, or fails as one may."""

import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from typing import Any

HOST = "127.0.0.1"
REFUSALS = {
    "unknown": ("RCPT", b"550 no such user"),
    "busy": ("MAIL", b"451 try later"),
    "full": (".", b"552 too much"),
}


class Conversation(socketserver.StreamRequestHandler):
    server: "MailServer"

    def handle(self) -> None:
        way = self.server.way
        self.server.conversations += 1
        if way == "closes":
            return
        if way == "trickles":
            self._trickle()
            return
        self._say(b"220 portal test")
        while line := self.rfile.readline():
            verb = line.split()[0].decode().upper() if line.split() else ""
            if way == "hangs" and verb == "RCPT":
                self.server.ended.wait(30)
                return
            refused, answer = REFUSALS.get(way, ("", b""))
            if verb == "DATA":
                self._take(answer if refused == "." else b"250 taken")
                continue
            is_unknown = any(f"<{each}>" in line.decode() for each in self.server.refused)
            if verb == "RCPT" and is_unknown:
                self._say(b"550 no such user")
                continue
            self._say(answer if verb == refused else b"250 ok")
            if verb == "QUIT":
                return

    def _take(self, answer: bytes) -> None:
        self._say(b"354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if answer.startswith(b"250"):
            self.server.mails.append(message_from_bytes(b"".join(lines)))
        if self.server.way == "silent once it has it":
            self.server.ended.wait(30)
            return
        self._say(answer)

    def _trickle(self) -> None:
        """A byte at a time, so that no time-out of the socket ever ends it."""
        self.wfile.write(b"220-")
        while not self.server.ended.wait(0.1):
            self.wfile.write(b"x")

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class MailServer(socketserver.ThreadingTCPServer):
    """`way`: empty for one that takes everything."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, way: str = "") -> None:
        super().__init__((HOST, 0), Conversation)
        self.way = way
        self.mails: list[Message] = []
        self.refused: set[str] = set()  # who has no mailbox here
        self.conversations = 0
        self.ended = threading.Event()

    def handle_error(self, request: Any, client_ip: Any) -> None:
        """Who hangs up in the middle does no harm here."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def mailers(self) -> dict[str, Any]:
        options = {"host": HOST, "port": self.port, "timeout": 10}
        return {
            "default": {
                "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
                "OPTIONS": options,
            }
        }

    def wait_for_a_mail(self, seconds: float = 30) -> None:
        ends = time.monotonic() + seconds
        while not self.mails and time.monotonic() < ends:
            time.sleep(0.02)


@contextmanager
def mail_server(way: str = "") -> Iterator[MailServer]:
    with MailServer(way) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        yield server
        server.ended.set()
        server.shutdown()
        thread.join()
