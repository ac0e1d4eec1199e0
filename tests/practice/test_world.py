"""Where a practice world may be made, and what a second run and a reset do to it."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from factory.django import DjangoModelFactory
from pytest_django import Settings

from benefits_portal.benefits.models import Offer, ProductKey
from benefits_portal.practice.personas import SHOWS
from benefits_portal.practice.world import PASSWORD, NotAPracticeDatabase, make_world, reset_world
from benefits_portal.tenants.models import Partner, PracticeWorld, Record, User
from tests import factories
from tests.kept_rows import lay_out

DAY = date(2026, 11, 22)

pytestmark = pytest.mark.django_db


def test_making_it_twice_keeps_what_people_did() -> None:
    assert make_world(DAY)
    Partner.objects.filter(name="Contoso").update(days_ahead=7)
    noted = Record.objects.count()

    assert not make_world(date(2027, 1, 1))

    assert Partner.objects.get(name="Contoso").days_ahead == 7
    assert Record.objects.count() == noted
    assert PracticeWorld.objects.get().as_of == DAY


def test_a_reset_makes_it_anew_with_the_same_keys() -> None:
    lay_out(make_world, DAY)
    keys = list(ProductKey.objects.order_by("pk").values_list("digest", flat=True))
    kinds = list(ContentType.objects.order_by("pk").values_list("pk", "model"))
    Partner.objects.filter(name="Contoso").update(days_ahead=7)
    User.objects.create_user("somebody@example.com", name="Somebody")

    reset_world(date(2027, 1, 1))

    assert Partner.objects.get(name="Contoso").days_ahead == 0
    assert not User.objects.filter(email="somebody@example.com").exists()
    assert PracticeWorld.objects.get().as_of == date(2027, 1, 1)
    assert list(ProductKey.objects.order_by("pk").values_list("digest", flat=True)) == keys
    assert list(ContentType.objects.order_by("pk").values_list("pk", "model")) == kinds


@pytest.mark.parametrize(
    "thing", [factories.PartnerFactory, factories.OfferFactory, factories.UserFactory]
)
def test_a_database_with_anything_else_is_refused_and_untouched(
    thing: type[DjangoModelFactory[Any]],
) -> None:
    there = thing.create()

    for command in (
        lambda: make_world(DAY),
        lambda: reset_world(DAY),
        lambda: call_command("demo", no_serve=True, reset=True),
    ):
        with pytest.raises((NotAPracticeDatabase, CommandError), match="nothing was changed"):
            command()

    assert type(there).objects.get() == there
    assert not PracticeWorld.objects.exists()


def test_an_empty_database_is_not_reset() -> None:
    with pytest.raises(NotAPracticeDatabase):
        reset_world(DAY)

    assert not Offer.objects.exists()


def test_the_command_says_who_can_sign_in(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("demo", no_serve=True)
    call_command("demo", no_serve=True)

    said = capsys.readouterr().out
    assert re.findall(r"^  ([a-z-]+) +\S", said, re.MULTILINE) == 2 * list(SHOWS)
    assert PASSWORD in said
    assert said.count("--reset starts over: it undoes what was done") == 2
    assert "Ctrl+C stops the portal." in said


def test_everything_goes_with_reset_only() -> None:
    with pytest.raises(CommandError, match="--everything goes with --reset"):
        call_command("demo", no_serve=True, everything=True)

    assert not Partner.objects.exists()


def test_the_command_gives_passwords_to_a_world_that_came_from_the_fixture() -> None:
    call_command("loaddata", "demo", verbosity=0)

    call_command("demo", no_serve=True)

    assert User.objects.get(persona__slug="partner-admin").check_password(PASSWORD)


def test_the_command_makes_the_world_anew_when_asked() -> None:
    call_command("loaddata", "demo", verbosity=0)
    PracticeWorld.objects.update(as_of=date(2026, 1, 1))

    call_command("demo", no_serve=True, reset=True)

    assert PracticeWorld.objects.get().as_of > date(2026, 1, 1)


def test_with_demo_off_the_command_says_so(settings: Settings) -> None:
    settings.DEMO = False

    with pytest.raises(CommandError, match="DEMO is off"):
        call_command("demo", no_serve=True)

    assert not Partner.objects.exists()


def test_a_taken_port_is_said_before_anything_else() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(CommandError, match=f"Port {other.getsockname()[1]} cannot be used"):
            call_command("demo", port=other.getsockname()[1])

    assert not Partner.objects.exists()


def test_the_command_serves_from_nothing(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": f"sqlite:///{tmp_path / 'demo.sqlite3'}",
    }
    command = [sys.executable, "manage.py", "demo", "--port", str(port)]

    with subprocess.Popen(
        command,
        cwd=project.BASE_DIR,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as server:
        try:
            assert answer(f"http://127.0.0.1:{port}/readyz") == "ready\n"
            assert "Megan Bowen" in answer(f"http://127.0.0.1:{port}/sign-in/")
        finally:
            server.terminate()
        said = server.communicate()[0].decode()
    assert f"http://127.0.0.1:{port}/practice/exercises/  New here?" in said
    assert "readyz" not in said  # requests that go well are not logged
    assert "GET" not in said


def answer(address: str, patience: float = 120) -> str:
    """What `address` says, once somebody answers; `patience` in seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(address) as response:  # noqa: S310 - our own address
                return str(response.read().decode())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
