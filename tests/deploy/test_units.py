"""The units of systemd and the services of compose: what each may do.

Both are restarted without losing a request.
"""

import gc
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from gunicorn.config import Config

from benefits_portal.health import migrations

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVICES = sorted(DEPLOY.glob("*.service"))
HARDENED = {
    "NoNewPrivileges=yes",
    "CapabilityBoundingSet=",
    "SystemCallFilter=@system-service",
    "SystemCallArchitectures=native",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces=yes",
    "PrivateDevices=yes",
    "PrivateTmp=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "ProtectKernelTunables=yes",
    "ProtectControlGroups=yes",
    "User=portal",
}


def shared(unit: Path) -> set[str]:
    """The lines of its [Service] that are the same in every unit."""
    text = (
        unit.read_text()
        .partition("# From here on the same in every unit")[2]
        .partition("[Install]")[0]
    )
    return {line for line in text.splitlines()[1:] if line}


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_every_unit_is_hardened_alike(unit: Path) -> None:
    assert shared(unit) >= HARDENED
    assert shared(unit) == shared(DEPLOY / "benefits-portal.service")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd's own judge")
@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_systemd_finds_little_that_a_unit_could_do_without(unit: Path) -> None:
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", unit],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert float(re.findall(r"exposure level for \S+: ([\d.]+)", judged)[0]) <= 3


def test_whoever_stops_the_portal_waits_longer_than_its_requests_may_take() -> None:
    gunicorn = dict(
        re.findall(r"^(\w+) = (\d+)", (ROOT / "gunicorn.conf.py").read_text(), re.MULTILINE)
    )
    systemd = int(
        re.findall(r"TimeoutStopSec=(\d+)", (DEPLOY / "benefits-portal.service").read_text())[0]
    )
    compose = int(
        re.findall(r"stop_grace_period: (\d+)s  # longer", (ROOT / "compose.yaml").read_text())[0]
    )
    assert min(systemd, compose) > int(gunicorn["graceful_timeout"]) >= 30


@pytest.mark.parametrize(
    ("given", "workers"), [("7", 7), ("", None)], ids=["as told", "two for each processor"]
)
def test_there_are_as_many_workers_as_the_environment_says(
    monkeypatch: pytest.MonkeyPatch, given: str, workers: int | None
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", given)
    read: dict[str, object] = {}
    exec((ROOT / "gunicorn.conf.py").read_text(), read)  # noqa: S102 - as gunicorn does
    assert read["workers"] == (workers or 2 * len(os.sched_getaffinity(0)))
    assert "workers" in Config().settings


@pytest.mark.parametrize("given", ["0", "-2", "many", "1001", "2.5"])
def test_a_number_of_workers_that_makes_no_sense_does_not_start(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", given)
    with pytest.raises(SystemExit, match=f"WEB_CONCURRENCY is {given}. Write a whole number"):
        exec((ROOT / "gunicorn.conf.py").read_text(), {})  # noqa: S102 - as gunicorn does


def test_what_workers_share_is_loaded_before_there_are_any() -> None:
    read: dict[str, Any] = {}
    exec((ROOT / "gunicorn.conf.py").read_text(), read)  # noqa: S102 - as gunicorn does
    migrations.cache_clear()
    read["when_ready"](None)
    gc.unfreeze()
    assert migrations.cache_info().currsize == 1


# Containers, which nothing here can run


def services() -> dict[str, str]:
    """The text of each service of compose.yaml, with what it takes over by name."""
    text = (ROOT / "compose.yaml").read_text()
    blocks = dict(re.findall(r"^(x-\w+): &\w+\n((?:  .*\n)+)", text, re.MULTILINE))
    named = {f"*{name[2:]}": body for name, body in blocks.items()}
    every = re.findall(
        r"^  (\w+):\n((?:    .*\n)+)",
        text.partition("\nservices:\n")[2].partition("\nsecrets:\n")[0],
        re.MULTILINE,
    )
    whole = {}
    for name, body in every:
        while found := re.search(r"<<: (\*\w+)", body):
            body = body.replace(found[0], named[found[1]])
        whole[name] = body
    return whole


def test_every_service_of_compose_has_the_same_limits() -> None:
    wanted = (
        "read_only: true",
        "cap_drop: [ALL]",
        "no-new-privileges:true",
        "pids_limit:",
        "mem_limit:",
        "max-size:",
        "max-file:",
        "secrets: [",
    )
    bodies = services()
    assert set(bodies) == {"database", "migrate", "portal", "mail"}
    assert {
        name: [line for line in wanted if line not in body] for name, body in bodies.items()
    } == {name: [] for name in bodies}
    assert {name: re.findall(r'user: "(\d+):(\d+)"', body) for name, body in bodies.items()} == {
        "database": [("999", "999")],
        "migrate": [("10001", "10001")],
        "portal": [("10001", "10001")],
        "mail": [("10001", "10001")],
    }


def test_images_have_exact_versions_and_nothing_secret_is_in_compose() -> None:
    text = (ROOT / "compose.yaml").read_text() + (ROOT / "Dockerfile").read_text()
    images = re.findall(r"^(?:FROM|    image:) (\S+:\S+)$", text, re.MULTILINE)
    assert [bool(re.fullmatch(r"\w+:\d+\.\d+(\.\d+)?-.+", image)) for image in images] == [
        True,
        True,
    ]
    assert re.findall(r"\$\{(\w+)", text) == ["WEB_CONCURRENCY"]
    asked = set(re.findall(r"secrets/(\w+)\}", text))
    assert (
        asked
        == set(re.findall(r"/run/secrets/(\w+)", text))
        == {"database_password", "secret_key", "product_key_secrets"}
    )


def test_the_container_copies_everything_that_it_runs() -> None:
    copied = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied == {
        "benefits_portal",
        "fixtures",
        "locale",
        "static",
        "templates",
        "gunicorn.conf.py",
        "manage.py",
        "requirements.txt",
    }
    assert [name for name in copied if not (ROOT / name).exists()] == []
