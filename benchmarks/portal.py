"""The portal as it is served, and the least client that can ask it.

It is gunicorn with two sync workers on a unix socket.
"""

import os
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from django.conf import settings

from benchmarks import processes
from benchmarks.parts import HEADER, Parts

HOST = "benchmark.example"
WORKERS = 2


@dataclass
class Answer:
    status: int
    head: str
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def parts(self) -> Parts:
        """Of an answer to whom the header asked for them."""
        return Parts.read(self.header(HEADER))

    def header(self, name: str) -> str:
        start = f"{name.lower()}:"
        return next(
            (
                line[len(start) :].strip()
                for line in self.head.splitlines()
                if line.lower().startswith(start)
            ),
            "",
        )


@dataclass
class Visitor:
    """Somebody with a session of their own.

    A sync worker closes after each answer, so an answer is read to its end.
    """

    socket: Path
    cookies: dict[str, str] = field(default_factory=dict)
    timeout: float = 60

    def get(self, url: str, **headers: str) -> Answer:
        return self._ask("GET", url, headers)

    def post(self, url: str, values: dict[str, str], **headers: str) -> Answer:
        body = urlencode(values)
        headers |= {
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Length": str(len(body)),
        }
        return self._ask("POST", url, headers, body)

    def _ask(self, method: str, url: str, headers: dict[str, str], body: str = "") -> Answer:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = {
            "Host": HOST,
            "X-Forwarded-Proto": "https",
            "X-Forwarded-For": "127.0.0.1",
            "Referer": f"https://{HOST}/",
            "Cookie": cookies,
            **headers,
        }
        request = f"{method} {url} HTTP/1.1\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in sent.items()
        )
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(self.timeout)
            connection.connect(str(self.socket))
            connection.sendall(f"{request}\r\n{body}".encode())
            parts = []
            while part := connection.recv(65536):
                parts.append(part)
        head, _, content = b"".join(parts).partition(b"\r\n\r\n")
        return Answer(int(head[9:12] or 0), head.decode("latin-1"), content)


class Portal:
    """One database of the benchmark, served; a context manager."""

    def __init__(self, database_url: str, folder: Path, name: str, workers: int = WORKERS) -> None:
        self.socket = folder / f"{name}.sock"
        self.log = folder / f"{name}.log"
        self.environment = os.environ | {
            "DATABASE_URL": database_url,
            "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
            "BENCHMARK_STATIC": str(folder / "static"),
        }
        self.command = [
            "gunicorn",
            "benefits_portal.wsgi",
            f"--workers={workers}",
            f"--bind=unix:{self.socket}",
            "--max-requests=0",  # or a worker that has just begun is measured
        ]

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", *self.command], env=self.environment, stdout=log, stderr=log
            )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if self.visitor().get("/readyz").status == 200:
                    return self
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"The portal did not start:\n{self.log.read_text()}")

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)

    def visitor(self, session: str = "") -> Visitor:
        return Visitor(self.socket, {settings.SESSION_COOKIE_NAME: session} if session else {})

    def worker_mib(self) -> float:
        """The memory of the largest worker."""
        return max(
            processes.proportional_mib(pid)
            for pid in processes.tree(self.process.pid)
            if pid != self.process.pid
        )


def collect_static(folder: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "BENCHMARK_STATIC": str(folder / "static"),
    }
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"],
        env=environment,
        check=True,
    )
