"""deploy/install-version: what does not serve never becomes `current`.

The version before is a step away.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from tests.simultaneous import IS_POSTGRES
from tests.test_settings import PRODUCTION

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.skipif(not IS_POSTGRES, reason="production runs on PostgreSQL"),
    pytest.mark.skipif(
        Path("/run/systemd/system").exists(), reason="would restart the portal of this machine"
    ),
]


class Machine:
    """Two versions below a folder, the second of this code, and the settings of a production.

    The first one starts, whatever it is asked: it ran before.
    """

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder, self.settings = folder / "srv", folder / "settings"
        self.write(DATABASE_URL=database_url)
        self.versions = [
            self.version("20260101-000000", "exit 0"),
            self.version("20260202-000000", f'exec {sys.executable} "$@"'),
        ]

    def write(self, **settings: str) -> None:
        self.known = {**PRODUCTION, **getattr(self, "known", {}), **settings}
        self.settings.write_text("".join(f"{name}={value}\n" for name, value in self.known.items()))

    def version(self, name: str, python_does: str) -> Path:
        version = self.folder / name
        (version / ".venv" / "bin").mkdir(parents=True)
        shutil.copytree(ROOT / "deploy", version / "deploy")
        for part in ("benefits_portal", "manage.py", "templates", "locale", "static", "fixtures"):
            (version / part).symlink_to(ROOT / part)
        python = version / ".venv" / "bin" / "python"
        python.write_text(f"#!/bin/sh\n{python_does}\n")
        python.chmod(0o755)
        (version / ".complete").touch()
        return version

    def run(self, *words: object) -> tuple[int, str]:
        env = {"PATH": os.environ["PATH"], "PORTAL_USER": "root"}
        env |= {"PORTAL_HOME": str(self.folder), "PORTAL_SETTINGS": str(self.settings)}
        command = [str(ROOT / "deploy" / "install-version"), *map(str, words)]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    @property
    def current(self) -> Path:
        return (self.folder / "current").readlink()


@pytest.fixture
def machine(db: None, tmp_path: Path) -> Machine:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        [name] = cursor.fetchone()
    assert name != "postgres"
    return Machine(tmp_path, os.environ["DATABASE_URL"].replace("/postgres?", f"/{name}?"))


def test_versions_are_swapped_and_swapped_back(machine: Machine) -> None:
    first, second = machine.versions
    assert machine.run("use", first) == (0, "systemd does not run here: restart gunicorn.\n")
    assert machine.current == first
    assert [machine.run("use", second)[0], machine.current] == [0, second]
    assert [machine.run("back")[0], machine.current] == [0, first]
    assert sorted(path.name for path in machine.folder.iterdir()) == [
        first.name,
        second.name,
        "current",
        "previous",
    ]


HARMS: list[tuple[Callable[[Machine], object], str]] = [
    (
        lambda machine: machine.write(DATABASE_URL=os.environ["DATABASE_URL"]),
        "The database lacks migrations:",
    ),
    (
        lambda machine: machine.write(ALLOWED_HOSTS="*"),
        "ALLOWED_HOSTS allows any host that fits *.",
    ),
    (
        lambda machine: (machine.versions[1] / ".complete").unlink(),
        "is no complete version: install-version get.",
    ),
]


def test_what_would_not_serve_does_not_become_current(machine: Machine) -> None:
    first, second = machine.versions
    (machine.folder / "current").symlink_to(first)
    good = dict(machine.known)
    for harm, message in HARMS:
        machine.write(**good)
        harm(machine)
        status, error = machine.run("use", second)
        assert status == 1, error
        assert message in error, error
        assert machine.current == first, error


def test_what_cannot_be_fetched_leaves_nothing_behind(machine: Machine) -> None:
    before = sorted(machine.folder.iterdir())
    status, error = machine.run("get", machine.folder / "nowhere")
    assert status != 0
    assert "nowhere" in error
    assert sorted(machine.folder.iterdir()) == before
