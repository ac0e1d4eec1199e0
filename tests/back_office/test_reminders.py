"""The proof that reminders are sent: on the first page, red after 26 hours (R5, R6)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.reminders.admin.proof import Proof
from benefits_portal.reminders.models import Run
from benefits_portal.reminders.models.digest import NOBODY
from benefits_portal.reminders.proof import COMMAND
from tests import factories
from tests.clients import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LATE = "been sent for 26 hours"
PROBLEMS = ["TooSlow", NOBODY]


@pytest.fixture(autouse=True)
def real_portal(settings: Settings) -> None:
    settings.DEMO = False


def ran(hours_ago: float, sent: int = 41, failed: int = 1) -> None:
    ended_at = clock.now() - timedelta(hours=hours_ago)
    Run.objects.create(started_at=ended_at, ended_at=ended_at, sent=sent, failed=failed)


def first_page(office: Client) -> str:
    return office.get(reverse("admin:index")).text


def test_the_first_page_says_when_they_ran_and_what_came_of_it(office: Client) -> None:
    ran(1)
    page = first_page(office)
    assert "Last run 11:00 AM: 41 sent, 1 failed" in page
    assert LATE not in page


@pytest.mark.parametrize(("hours", "is_late"), [(25.99, False), (26, True), (900, True)])
def test_it_is_red_after_26_hours_and_says_which_command_to_start(
    office: Client, hours: float, is_late: bool
) -> None:
    ran(hours)
    page = first_page(office)
    assert (LATE in page, f"start {COMMAND}" in page) == (is_late, is_late)


def test_it_is_red_where_none_ever_ran_or_came_to_its_end(office: Client) -> None:
    Run.objects.create(started_at=clock.now())
    assert LATE in first_page(office)


def test_a_run_of_another_day_has_its_date(office: Client) -> None:
    ran(20)
    assert "Last run Apr 30, 2021, 4:00 PM" in first_page(office)


def test_what_waits_and_what_was_given_up_lead_to_their_lists(office: Client) -> None:
    ran(1)
    now = clock.now()
    factories.DigestFactory.create(next_try_at=now)
    gone = {"next_try_at": None, "gave_up_at": now}
    factories.DigestFactory.create_batch(2, **gone)
    factories.DigestFactory.create(**gone | {"gave_up_at": now - timedelta(days=2)})
    factories.DigestFactory.create(**gone, problem=NOBODY)
    page = first_page(office)
    assert '?state=waiting">1 email waits for another try</a>' in page
    assert '?state=given-up">2 emails were given up in the last 24 hours</a>' in page


@pytest.mark.parametrize(("state", "problem"), [("given-up", "TooSlow"), ("dropped", NOBODY)])
def test_what_nobody_was_to_get_is_a_list_of_its_own(
    office: Client, state: str, problem: str
) -> None:
    gone = {"next_try_at": None, "gave_up_at": clock.now()}
    digests = {each: factories.DigestFactory.create(**gone, problem=each) for each in PROBLEMS}
    answer = office.get(reverse("admin:reminders_digest_changelist"), {"state": state})
    assert list(answer.context["cl"].result_list) == [digests[problem]]


def test_a_demo_is_never_late(office: Client, settings: Settings) -> None:
    settings.DEMO = True
    page = first_page(office)
    assert LATE not in page
    assert "reminders are sent when a date changes" in page


def test_who_may_not_see_the_runs_sees_nothing_of_it(sign_in: SignIn) -> None:
    staff = factories.UserFactory.create(staff=True)
    assert 'id="reminders-proof"' not in first_page(sign_in(staff))


def test_it_takes_three_queries_however_many_there_are() -> None:
    for hours in range(5):
        ran(hours)
    with CaptureQueriesContext(connection) as queries:
        Proof.now(clock.now())
    assert len(queries) == 3
