"""The password of the database's role, set and rotated by the handbook's own commands.

They run on a PostgreSQL and a pgbouncer of the test's own; only names of folders and addresses
differ, and `runuser` stays who it is.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.deploy.test_nginx import free_port
from tests.postgres import OPTIONS, Server, unprivileged_account

ROOT = Path(__file__).parents[2]
HANDBOOK = (ROOT / "docs" / "operations.md").read_text()
PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
pytestmark = [
    pytest.mark.skipif(not Path(PGBOUNCER).exists(), reason="needs pgbouncer"),
]


def commands(heading: str, start: str = "") -> str:
    """The first shell block under `heading` that begins with `start`."""
    section = re.split(r"^#+ ", HANDBOOK.split(f"# {heading}\n", 1)[1], maxsplit=1, flags=re.M)[0]
    blocks = re.findall(r"^ *```sh\n(.*?)^ *```", section, re.DOTALL | re.MULTILINE)
    return next(block for block in blocks if block.lstrip().startswith(start))


class Machine:
    """A database server with the portal's database, and a pgbouncer, set up by the handbook."""

    def __init__(self, folder: Path, server: Server, port: int) -> None:
        self.folder, self.server, self.port, self.pool = folder, server, port, free_port()
        self.known = {"new": "portal2", "old": "portal"}
        self.settings, self.userlist = folder / "settings", folder / "userlist.txt"
        self.settings.write_text("DATABASE_PASSWORD=\n")
        self.hba = server.data / "pg_hba.conf"
        self.hba.write_text(
            "local all all trust\nhostssl portal portal 127.0.0.1/32 scram-sha-256\n".replace(
                "hostssl", "host"
            )
        )
        self.pgbouncer: subprocess.Popen[bytes] | None = None
        programs = folder / "bin"
        programs.mkdir()
        for name, does in {
            "runuser": 'shift 3; exec "$@"',
            "systemctl": f'echo "$@" >>{folder}/restarted',
            "apt-get": "exit 0",
            "install": "exit 0",
        }.items():
            (programs / name).write_text(f"#!/bin/sh\n{does}\n")
            (programs / name).chmod(0o755)
        self.run("runuser -u postgres -- createuser portal")
        self.run("runuser -u postgres -- createdb --owner portal portal")

    def run(self, script: str) -> str:
        """What `script`, of the handbook, writes."""
        for there, here in {
            "/etc/benefits-portal.env": self.settings,
            "/etc/pgbouncer/userlist.txt": self.userlist,
            "/etc/postgresql/17/main/pg_hba.conf": self.hba,
            "hostssl": "host",  # it has no certificate
        }.items():
            script = script.replace(there, str(here))
        names = "".join(f"{name}={value}\n" for name, value in self.known.items())
        done = subprocess.run(
            ["bash", "-euc", f"{names}{script}\necho password=${{password-}} >{self.folder}/drawn"],
            env={
                "PATH": f"{self.folder}/bin:/usr/lib/postgresql/15/bin:/usr/sbin:/usr/bin:/bin",
                "PGHOST": str(self.server.folder),
                "PGPORT": str(self.port),
                "PGUSER": "postgres",
            },
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        self.drawn = (self.folder / "drawn").read_text().strip().removeprefix("password=")
        self.ask("SELECT pg_reload_conf()")
        return done.stdout

    def ask(self, question: str) -> list[tuple[object, ...]]:
        with psycopg.connect(
            host=str(self.server.folder), port=self.port, user="postgres", dbname="postgres"
        ) as connection:
            return connection.execute(question).fetchall()

    @property
    def password(self) -> str:
        """What DATABASE_PASSWORD says."""
        return re.findall(r"^DATABASE_PASSWORD=(.+)$", self.settings.read_text(), re.M)[-1]

    def enter(self, role: str, password: str, *, pooled: bool = False) -> tuple[object, ...]:
        """Session, role and limits of a portal that connects. Raises OperationalError."""
        with psycopg.connect(
            host="127.0.0.1",
            port=self.pool if pooled else self.port,
            user=role,
            password=password,
            dbname="portal",
            prepare_threshold=None,
        ) as connection:
            found = connection.execute(
                "SELECT session_user, current_user, current_setting('lock_timeout'),"
                " current_setting('statement_timeout')"
            ).fetchone()
            assert found
            return found

    def restart_pgbouncer(self) -> None:
        """Start pgbouncer, or let it read userlist.txt again."""
        if self.pgbouncer:
            self.pgbouncer.send_signal(1)
            time.sleep(0.3)
            return
        configuration = (ROOT / "deploy" / "pgbouncer.ini").read_text()
        for there, here in {
            "port=5432": f"port={self.port}",
            "6432": str(self.pool),
            "/etc/pgbouncer/userlist.txt": str(self.userlist),
        }.items():
            configuration = configuration.replace(there, here)
        (self.folder / "pgbouncer.ini").write_text(configuration)
        for path in (self.folder, *self.folder.iterdir()):
            path.chmod(0o755)
        account = unprivileged_account().pw_name
        self.pgbouncer = subprocess.Popen(
            [PGBOUNCER, "-q", "-u", account, str(self.folder / "pgbouncer.ini")]
        )
        time.sleep(0.5)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    port = free_port()
    monkeypatch.setenv("PGPORT", str(port))
    server = Server({**OPTIONS, "listen_addresses": "127.0.0.1", "port": str(port)}, "postgres")
    folder = Path(shutil.copytree(tmp_path, server.folder / "machine"))
    there = Machine(folder, server, port)
    yield there
    if there.pgbouncer:
        there.pgbouncer.terminate()
        there.pgbouncer.wait()
    server.stop()


SET_ONCE = commands("The password of the role", "grep")
POOL = commands("pgbouncer", "apt-get")
SECOND_ROLE = commands("The database password", "runuser")
NEW_PASSWORD = commands("The database password", "new=").replace("new=portal2 old=portal\n", "")
OLD_GOES = commands("The database password", "runuser -u postgres -- psql -Atc")
USERLIST = next(line for line in POOL.splitlines() if "pg_authid" in line)


def test_a_second_step_that_needs_the_password_keeps_it(machine: Machine) -> None:
    machine.run(SET_ONCE)
    first = machine.password
    machine.run(SET_ONCE)
    assert machine.password == first
    machine.run(POOL)
    machine.restart_pgbouncer()
    assert machine.enter("portal", first)[:2] == ("portal", "portal")
    assert machine.enter("portal", first, pooled=True) == ("portal", "portal", "2s", "10s")


def test_the_password_rotates_in_phases_and_the_socket_stays_open(machine: Machine) -> None:
    machine.run(SET_ONCE)
    machine.run(SECOND_ROLE)
    machine.run(POOL)
    machine.restart_pgbouncer()
    passwords = {"portal": machine.password}
    for turn in [("portal2", "portal"), ("portal", "portal2")]:
        new, old = turn
        machine.known = {"new": new, "old": old}
        machine.run(NEW_PASSWORD)
        passwords[new] = machine.drawn
        machine.run(USERLIST)
        machine.restart_pgbouncer()
        for pooled in (False, True):  # everybody knows it: both get in
            for role in turn:
                entered = machine.enter(role, passwords[role], pooled=pooled)
                assert entered[:2] == (role, "portal")
            assert not pooled or entered[2:] == ("2s", "10s")
        assert machine.run(OLD_GOES).split()[0] in {"0", "1"}
        machine.run(USERLIST)
        machine.restart_pgbouncer()
        for pooled in (False, True):
            assert machine.enter(new, passwords[new], pooled=pooled)[:2] == (new, "portal")
            with pytest.raises(psycopg.OperationalError):
                machine.enter(old, passwords[old], pooled=pooled)
        # The backup and `migrate` get in by the socket, as the role whose password is gone
        psycopg.connect(
            host=str(machine.server.folder), port=machine.port, dbname="portal", user="portal"
        ).close()


def test_the_standby_s_password_is_read_by_root_alone_and_deleted() -> None:
    kept = commands("A standby that takes over", "(umask 077; ")
    assert re.match(r"\(umask 077; openssl rand -hex 24 >(\S+)\)\n", kept)
    assert "shred -u /etc/benefits-portal-standby" in HANDBOOK
    assert "password=…" not in HANDBOOK


def test_no_command_of_the_handbook_shows_a_password_to_who_lists_processes() -> None:
    """What `psql -c` is given stands in the list of processes, for everybody on the machine."""
    assert re.findall(r"^.* -c \S*\"?[^<\n]*PASSWORD '.*$", HANDBOOK, re.MULTILINE) == []


def test_no_step_of_the_handbook_but_one_gives_the_role_a_password() -> None:
    assert len(re.findall(r"ALTER ROLE portal PASSWORD '", HANDBOOK)) == 1
