"""Four portals behind nginx, all through one pgbouncer, while people work (20, 21).

pgbouncer is in transaction mode; people do the main job.

Sessions, limits and locks are in the database, so it does not matter which of them answers; many
workers share few connections.
"""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import psycopg
from django.db import connections

from benefits_portal.settings import POSTGRES_OPTIONS
from drills.load import report, watch, work
from drills.people import Answer
from drills.servers import HOST, PROJECT, Nginx, Portal, Postgres, Running, free_port, until
from drills.world import members

POOL = 5  # connections
PASSWORD = "of-a-role-in-a-drill"
WORKERS = 3  # of each portal


class PgBouncer(Running):
    """pgbouncer with the project's own configuration, but for where PostgreSQL is."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.postgres, self.port = postgres, free_port()
        output = (PROJECT / "deploy" / "pgbouncer.ini").read_text()
        output = output.replace("port=5432", f"port={postgres.port}").replace(
            "6432", str(self.port)
        )
        output = output.replace("/etc/pgbouncer/userlist.txt", f"{folder}/userlist.txt")
        self.configuration = folder / "pgbouncer.ini"
        self.configuration.write_text(
            output.replace("default_pool_size = 20", f"default_pool_size = {POOL}")
        )
        [(secret,)] = postgres.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'portal'")
        (folder / "userlist.txt").write_text(f'"portal" "{secret}"\n')

    @property
    def url(self) -> str:
        return f"postgres://portal:{PASSWORD}@{HOST}:{self.port}/portal"

    def start(self) -> None:
        program = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
        self.process = subprocess.Popen(
            [program, "-q", str(self.configuration)],
            start_new_session=True,
            **self.postgres.identity,
        )
        until(lambda: os.kill(self.process.pid, 0) is None, what=("pgbouncer did not start"))  # type: ignore[union-attr,func-returns-value]


def main(
    place: Path,
    postgres: Postgres,
    minutes: float = 1.0,
    portals: int = 4,
    workers: int = 3,
    people: int = 20,
    think: float = 2.0,
) -> bool:
    everybody = members(4, people // 4, keys=int(minutes * 60 / think / 8) + 3)
    for name, value in POSTGRES_OPTIONS.items():  # pgbouncer passes no options on
        postgres.ask(f"ALTER ROLE portal SET {name} = {value}")
    ask_for_passwords(postgres)
    notes: list[Answer] = []
    wrong: list[str] = []
    with PgBouncer(place, postgres) as pgbouncer:
        closed = refuses_strangers(pgbouncer)
        served = [
            Portal(place, pgbouncer.url, workers=WORKERS, PGBOUNCER="on", PGPASSWORD="")
            for _ in range(portals)
        ]
        for portal in served:
            portal.start()
        with Nginx(place, served) as nginx:
            ends = time.monotonic() + minutes * 60
            threads = [
                threading.Thread(
                    target=work, args=[nginx.port, member, notes, wrong, ends, think, 5.0]
                )
                for member in everybody
            ]
            gauges = watch(postgres, served[0], threads)
        took_part = sum(b'"status": 200' in portal.log.read_bytes() for portal in served)
        for portal in served:
            portal.stop()
    most = max(held for _, _, held in gauges)
    print(report(notes, gauges, minutes))
    print(
        f"\n{portals} portals of {WORKERS} workers ({took_part} answered people) "
        f"on {most} connections; wrong: {wrong[:3] or 'none'}."
    )
    return closed and not wrong and most <= POOL and took_part == portals


def ask_for_passwords(postgres: Postgres) -> None:
    """Let nobody into PostgreSQL without a password from now on.

    As Debian's does by TCP; this process has it from PGPASSWORD.
    """
    connections.close_all()
    postgres.ask(f"ALTER ROLE portal PASSWORD '{PASSWORD}'")
    (postgres.data / "pg_hba.conf").write_text(f"host all all {HOST}/32 scram-sha-256\n")
    postgres.ask("SELECT pg_reload_conf()")
    os.environ["PGPASSWORD"] = PASSWORD


def refuses_strangers(pgbouncer: PgBouncer) -> bool:
    """Whether a wrong password gets nobody through pgbouncer."""
    try:
        psycopg.connect(pgbouncer.url.replace(PASSWORD, "guessed")).close()
    except psycopg.OperationalError:
        return True
    return False
