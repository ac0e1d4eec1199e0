"""Digests leave after the commit, through a server that fails as RFC 5321 allows (R5, R6)."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from benefits_portal.reminders import sending
from benefits_portal.reminders.models import Digest, Told
from benefits_portal.reminders.running import Report, run
from benefits_portal.tenants import outbox
from benefits_portal.tenants.models import Partner
from tests import factories
from tests.mail_server import MailServer, mail_server

from .world import DAY, admin_of, ending, moment

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R6")]

HOUR = timedelta(hours=1)


@contextmanager
def server_that(settings: Settings, way: str = "") -> Iterator[MailServer]:
    with mail_server(way) as server:
        settings.MAILERS = server.mailers
        yield server


@pytest.fixture
def partner() -> Partner:
    """With an admin, and something that is due."""
    partner = factories.PartnerFactory.create()
    admin_of(partner, email="kim@contoso.example")
    ending(partner, DAY + timedelta(days=30))
    return partner


def run_after(hours: float) -> Report:
    with time_machine.travel(moment(DAY, 8) + hours * HOUR, tick=False):
        return run()


def test_a_server_that_takes_it_has_it_once(partner: Partner, settings: Settings) -> None:
    with server_that(settings) as server:
        reports = [run_after(hours) for hours in (0, 1, 24)]
    assert [report.sent for report in reports] == [1, 0, 0]
    [mail] = server.mails
    assert mail["To"] == "kim@contoso.example"
    assert mail["Message-ID"] == Digest.objects.get().message_id


@pytest.mark.parametrize("way", ["unknown", "busy", "full", "closes"])
def test_a_server_that_refuses_is_tried_again(
    partner: Partner, settings: Settings, way: str
) -> None:
    with server_that(settings, way) as server:
        assert run_after(0).failed == 1
        server.way = ""
        assert [run_after(hours).sent for hours in (0.5, 1, 2)] == [0, 1, 0]
    assert len(server.mails) == 1
    digest = Digest.objects.get()
    assert (digest.tries, digest.problem, digest.next_try_at) == (2, "", None)


@pytest.mark.parametrize("way", ["hangs", "trickles"])
def test_a_server_that_is_slow_is_left(
    partner: Partner, settings: Settings, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setattr(sending, "DEADLINE", 0.5)
    with server_that(settings, way):
        assert run_after(0).failed == 1
    assert Digest.objects.get().problem == "TooSlow"


def test_one_refused_recipient_keeps_nobody_else(partner: Partner, settings: Settings) -> None:
    admin_of(partner, email="gone@contoso.example")
    with server_that(settings) as server:
        server.refused.add("gone@contoso.example")
        report = run_after(0)
    assert (report.sent, report.failed) == (1, 1)
    assert [mail["To"] for mail in server.mails] == ["kim@contoso.example"]


def test_a_server_that_is_away_is_not_asked_for_each(settings: Settings, partner: Partner) -> None:
    for _number in range(9):
        admin_of(partner)
    with server_that(settings, "closes") as server:
        assert run_after(0).failed == 10
    assert server.conversations == sending.MAX_AWAY


def test_pauses_grow_for_three_days_and_then_it_is_due_again(
    partner: Partner, settings: Settings
) -> None:
    with server_that(settings, "unknown") as server:
        tried = [hour for hour in range(80) if run_after(hour).failed]
        given_up = Digest.objects.given_up().get()
        assert Told.objects.filter(digest=given_up).count() == 0
        server.way = ""
        assert run_after(97).sent == 1
    # Not at night: what would be tried at 23:00 + 12 h is, and what at 2:00 waits until 7:00
    assert tried == [0, 1, 3, 7, 15, 27, 51, 75]
    assert given_up.gave_up_at == moment(DAY, 8) + 75 * HOUR


@pytest.mark.rule("R4")
def test_what_comes_due_while_one_waits_goes_with_it(partner: Partner, settings: Settings) -> None:
    with server_that(settings, "busy") as server:
        run_after(0)
        ending(partner, DAY + timedelta(days=31))
        server.way = ""
        report = run_after(24)
    assert (report.made, report.sent) == (0, 1)
    assert Told.objects.filter(digest=Digest.objects.get()).count() == 2


@pytest.mark.rule("R4")
def test_a_late_one_is_the_only_one_of_its_day(partner: Partner, settings: Settings) -> None:
    with server_that(settings, "busy") as server:
        run_after(0)
        server.way = ""
        run_after(24)
        ending(partner, DAY + timedelta(days=31))
        assert [run_after(hours).made for hours in (26, 48)] == [0, 1]
    assert len(server.mails) == 2


@pytest.mark.rule("R5")
def test_killed_after_the_server_took_it_it_comes_twice_with_one_id(
    partner: Partner, settings: Settings
) -> None:
    """As the drill does it to a process; here whoever marks it is killed."""
    with server_that(settings) as server:
        with (
            time_machine.travel(moment(DAY, 8), tick=False),
            pytest.raises(KeyboardInterrupt),
            connection.execute_wrapper(killed_at("sent_at")),
        ):
            run()
        assert [run_after(hours).sent for hours in (0.5, 2, 24)] == [0, 1, 0]
    assert len({mail["Message-ID"] for mail in server.mails}) == 1
    assert len(server.mails) == 2


def killed_at(column: str) -> Any:
    def execute(run_it: Any, sql: str, *args: Any) -> Any:
        if 'SET "next_try_at"' in sql and column in sql:
            raise KeyboardInterrupt
        return run_it(sql, *args)

    return execute


def test_no_lock_is_held_while_a_mail_is_sent(
    partner: Partner, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks: list[bool] = []
    send = sending.send

    def watched(*args: object) -> str:
        blocks.append(len(connection.savepoint_ids) > 0)
        return send(*args)  # type: ignore[arg-type]

    with server_that(settings):
        outer = len(connection.savepoint_ids) > 0
        monkeypatch.setattr(sending, "send", watched)
        run_after(0)
    assert blocks == [outer]


def test_the_service_that_sends_mails_sends_reminders_too(
    partner: Partner, settings: Settings
) -> None:
    with server_that(settings) as server, time_machine.travel(moment(DAY, 8), tick=False):
        digest = factories.DigestFactory.create(
            user=partner.role_assignments.get().user, partner=partner, for_day=DAY
        )
        subscription = partner.subscriptions.get()
        factories.ToldFactory.create(
            digest=digest, subject_id=subscription.pk, due_on=subscription.ends_on
        )
        assert outbox.send_due() == 1
    assert len(server.mails) == 1


@pytest.mark.parametrize("number", [1, 30])
def test_many_digests_take_no_more_queries_than_one(number: int, settings: Settings) -> None:
    """But for marking them as sent, ten at a time."""
    partner = factories.PartnerFactory.create()
    for _each in range(number):
        admin_of(partner)
    ending(partner, DAY + timedelta(days=30))
    with (
        server_that(settings),
        time_machine.travel(moment(DAY, 8), tick=False),
        CaptureQueriesContext(connection) as queries,
    ):
        run()
    marked = [each for each in queries if '"sent_at" =' in each["sql"] and "UPDATE" in each["sql"]]
    assert len(marked) == -(-number // sending.MARKED_AT_ONCE)
    assert len(queries) - len(marked) <= 36
