"""The proof that reminders are sent, for a monitor: 503 says which command to start."""

from datetime import timedelta

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test import Client
from pytest_django import Settings

from benefits_portal.reminders.models.digest import NOBODY
from tests import factories

from .world import DAY, moment

pytestmark = pytest.mark.django_db
NOW = moment(DAY, 12)
STALE = "no run within 26 hours: start manage.py send_reminders\n"


@pytest.fixture(autouse=True)
def in_production(settings: Settings) -> None:
    settings.DEMO = False


def asked() -> tuple[int, str]:
    with time_machine.travel(NOW, tick=False):
        answer = Client().get("/healthz/reminders")
    return answer.status_code, answer.text


@pytest.mark.parametrize(
    ("hours", "answer"), [(1, (200, "ok\n")), (25.9, (200, "ok\n")), (26.1, (503, STALE))]
)
def test_it_is_late_after_26_hours(hours: float, answer: tuple[int, str]) -> None:
    ended_at = NOW - timedelta(hours=hours)
    factories.RunFactory.create(started_at=ended_at, ended_at=ended_at)
    assert asked() == answer


def test_a_run_that_did_not_end_proves_nothing() -> None:
    factories.RunFactory.create(started_at=NOW)
    assert asked() == (503, STALE)


@pytest.fixture
def has_run() -> None:
    factories.RunFactory.create(started_at=NOW, ended_at=NOW)


@pytest.mark.parametrize(("problem", "status"), [("TooSlow", 503), (NOBODY, 200)])
def test_what_was_given_up_is_said_for_a_day(has_run: None, problem: str, status: int) -> None:
    factories.DigestFactory.create(next_try_at=None, gave_up_at=NOW, problem=problem)
    assert asked()[0] == status


def test_what_nobody_sends_is_said(has_run: None) -> None:
    factories.DigestFactory.create(next_try_at=NOW - timedelta(hours=4))
    assert asked() == (503, "reminders wait: start manage.py send_reminders\n")


def test_a_demo_sends_nothing_and_misses_nothing(settings: Settings) -> None:
    settings.DEMO = True
    assert asked() == (200, "ok\n")


def test_without_a_database_it_says_so() -> None:
    def away(*args: object) -> object:
        raise OperationalError("the server is gone")

    with connection.execute_wrapper(away):
        assert asked() == (503, "database unavailable\n")
