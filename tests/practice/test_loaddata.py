"""`loaddata` hurts nothing, whole or not at all; and the README's way to it.

It is for an empty, migrated database of a demo.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from pytest_django import Settings

from benefits_portal.benefits.models import Offer, Product
from benefits_portal.licensing.models import LicenseAssignment, LicenseTally
from benefits_portal.practice.world import make_world
from benefits_portal.tenants.models import Partner, PracticeWorld, Record
from tests import factories
from tests.kept_rows import lay_out
from tests.practice.test_world import DAY, answer

pytestmark = pytest.mark.django_db
FIXTURES = project.BASE_DIR / "fixtures"
LABELS: list[tuple[str, ...]] = [
    ("demo",),
    ("partners",),
    ("catalog",),
    ("catalog", "partners"),
    (str(FIXTURES / "demo.json"),),
]
NOTHING = "nothing was (loaded|done)"


def load(*labels: str, **options: Any) -> None:
    call_command("loaddata", *labels, verbosity=0, **options)


@pytest.mark.parametrize(
    "labels", LABELS, ids=lambda labels: "+".join(Path(label).name for label in labels)
)
def test_rows_that_are_there_are_not_overwritten(labels: tuple[str, ...]) -> None:
    partner = factories.PartnerFactory.create(pk=1, name="A real one")

    with pytest.raises(
        CommandError, match=f"holds rows that a fixture would overwrite, so {NOTHING}"
    ):
        load(*labels)

    assert list(Partner.objects.values_list("pk", "name")) == [(partner.pk, "A real one")]
    assert not Offer.objects.exists()


@pytest.mark.parametrize("labels", [("demo",), ("partners",)], ids=str)
def test_a_practice_world_in_use_is_not_overwritten(labels: tuple[str, ...]) -> None:
    lay_out(make_world, DAY)
    Partner.objects.filter(name="Contoso").update(days_ahead=7)
    records = Record.objects.count()

    with pytest.raises(CommandError, match=NOTHING):
        load(*labels)

    assert (Partner.objects.get(name="Contoso").days_ahead, Record.objects.count()) == (7, records)


def test_from_standard_input_too(monkeypatch: pytest.MonkeyPatch) -> None:
    factories.OfferFactory.create(pk=1, name="A real one")
    monkeypatch.setattr(sys, "stdin", StringIO((FIXTURES / "catalog.json").read_text()))

    with pytest.raises(CommandError, match=NOTHING):
        load("-", format="json")

    assert Offer.objects.get().name == "A real one"


@pytest.mark.parametrize(
    "labels", LABELS, ids=lambda labels: "+".join(Path(label).name for label in labels)
)
def test_with_demo_off_nothing_is_loaded(settings: Settings, labels: tuple[str, ...]) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match=f"DEMO is off, so {NOTHING}"):
        load(*labels, database="default")

    assert not Partner.objects.exists()
    assert not Product.objects.exists()


def test_a_database_that_lacks_a_migration_is_told_to_migrate_first() -> None:
    MigrationRecorder(connection).migration_qs.filter(app="licensing").order_by(
        "-pk"
    ).first().delete()

    with pytest.raises(CommandError, match="is not migrated, so nothing was done"):
        load("demo")

    assert not Partner.objects.exists()


def test_two_fixtures_go_together_into_an_empty_database() -> None:
    load("catalog", "partners")

    assert (Partner.objects.count(), Offer.objects.count(), PracticeWorld.objects.count()) == (
        3,
        3,
        0,
    )


def broken(rows: list[dict[str, Any]]) -> str:
    """The second row cannot be written."""
    return json.dumps([rows[0], rows[0] | {"pk": 999, "fields": {"name": None}}])


@pytest.mark.parametrize(
    "spoil",
    [broken, lambda rows: json.dumps(rows[:40])[:-30], lambda rows: "nonsense"],
    ids=range(3),
)
def test_a_fixture_that_does_not_fit_leaves_nothing_behind(tmp_path: Path, spoil: Any) -> None:
    fixture = tmp_path / "spoiled.json"
    fixture.write_text(spoil(json.loads((FIXTURES / "catalog.json").read_text())))

    with pytest.raises(CommandError, match="does not fit, so nothing was loaded"):
        load("partners", str(fixture))

    assert not Offer.objects.exists()
    assert not Partner.objects.exists()


# By hand


def lines_of(document: str) -> list[str]:
    """The lines to copy that load the fixture."""
    text = (project.BASE_DIR / document).read_text(encoding="utf-8")
    block = next(
        block
        for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
        if "loaddata demo" in block
    )
    return str(block).splitlines()


def test_both_readmes_have_the_same_three_lines() -> None:
    lines = lines_of("README.md")

    assert [line.rpartition("manage.py ")[2] for line in lines] == [
        "migrate",
        "loaddata demo",
        "runserver",
    ]
    assert lines_of("fixtures/README.md") == lines


def in_shell(line: str, folder: Path) -> dict[str, Any]:
    """A line as somebody types it, in a folder of its own that has the project's manage.py."""
    if not (folder / "manage.py").exists():
        (folder / "manage.py").symlink_to(project.BASE_DIR / "manage.py")
    environment = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
    }
    environment |= {
        "UV_PROJECT": str(project.BASE_DIR),
        "UV_NO_SYNC": "1",
        "VIRTUAL_ENV": sys.prefix,
    }
    return {
        "args": ["bash", "-c", line],
        "cwd": folder,
        "env": environment,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
    }


@pytest.mark.release  # in CI `manage.py demo` serves from nothing, and loaddata is tried above
@pytest.mark.skipif(not shutil.which("uv"), reason="the lines are for uv")
def test_the_readme_s_three_lines_lead_to_a_demo(tmp_path: Path) -> None:
    migrate, loaddata, runserver = lines_of("README.md")
    too_early = subprocess.run(**in_shell(loaddata, tmp_path), text=True, check=False)
    assert "Traceback" not in too_early.stdout
    assert "is not migrated" in too_early.stdout
    for line in (migrate, loaddata):
        done = subprocess.run(**in_shell(line, tmp_path), text=True, check=False)
        assert done.returncode == 0, done.stdout
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    line = f"exec env {runserver} --noreload 127.0.0.1:{port}"
    with subprocess.Popen(**in_shell(line, tmp_path), start_new_session=True) as server:
        try:
            assert answer(f"http://127.0.0.1:{port}/readyz") == "ready\n"
            assert "Megan Bowen" in answer(f"http://127.0.0.1:{port}/sign-in/")
        finally:
            os.killpg(server.pid, 15)


@pytest.mark.parametrize("demo", ["off", "0", "false", ""])
def test_the_demo_with_demo_off_says_so_without_a_traceback(demo: str) -> None:
    environment = {"PATH": os.environ["PATH"], "DEMO": demo}
    command = [sys.executable, "manage.py", "demo", "--no-serve"]
    done = subprocess.run(
        command, cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("DEMO is off.")
    assert len(done.stderr.splitlines()) == 1


def test_a_setting_that_is_missing_is_said_without_a_traceback() -> None:
    command = [sys.executable, "manage.py", "migrate"]
    done = subprocess.run(
        command,
        cwd=project.BASE_DIR,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith("SECRET_KEY is not set.")
    assert "Traceback" not in done.stderr


def test_tallies_of_a_dump_are_not_counted_twice(tmp_path: Path) -> None:
    rows = json.loads((FIXTURES / "demo.json").read_text())
    given = [row["fields"] for row in rows if row["model"] == "licensing.licenseassignment"]
    pool = {name: given[0][name] for name in ("partner", "tenant", "product")}
    tally = {"day": "0001-01-01", "given": 1, "ended": 0, "gone": 0}
    row = {"model": "licensing.licensetally", "pk": 1, "fields": pool | tally}
    dump = tmp_path / "dump.json"
    dump.write_text(json.dumps([row, *rows]))

    load(str(dump))

    there = LicenseAssignment.objects.filter(**pool)
    assert LicenseTally.objects.ever().get(**pool).given == there.count()
