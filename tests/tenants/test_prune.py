"""`manage.py prune`: what has grown old goes, what is on record stays (rule A1)."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db.models import Model

from benefits_portal import clock, retention
from benefits_portal.environment import Env
from benefits_portal.reminders.models import Digest, Run
from benefits_portal.tenants.audit.append_only import AppendOnly
from benefits_portal.tenants.management.commands import prune
from benefits_portal.tenants.models import Attempt, KeyAttempt, Mail, Record
from tests import factories
from tests.simultaneous import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.rule("A1")]

PRUNED = (Session, KeyAttempt, Attempt, Mail, LogEntry, Digest, Run)


def make(model: type[Any], days: float, number: int = 0) -> Any:
    """A row of `model` that is `days` old; a session that ended then."""
    user, then = factories.UserFactory.create(), clock.now() - timedelta(days=days)
    table = model._meta.db_table
    match table:
        case "django_session":
            row = model(session_key=f"{days}-{number}", expire_date=then)
        case "tenants_keyattempt":
            row = model(user=user, partner=factories.PartnerFactory.create(), digest=f"{number}")
        case "django_admin_log":
            row = model(
                user=user, content_type=ContentType.objects.get_for_model(user), action_flag=1
            )
        case "tenants_attempt":
            row = factories.AttemptFactory.build()
        case "reminders_digest":
            row = factories.DigestFactory.create()
        case "reminders_run":
            row = factories.RunFactory.create()
        case _:
            row = factories.MailFactory.build()
    row.save()
    model.objects.filter(pk=row.pk).update(**{prune.AGES[table]: then})
    return row.pk


def run(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    call_command("prune", *options)
    return capsys.readouterr().out


@pytest.mark.parametrize("model", PRUNED)
def test_what_is_older_than_its_setting_goes_and_the_rest_stays(
    capsys: pytest.CaptureFixture[str], model: type[Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prune, "BATCH", 2)
    days = settings.DAYS_KEPT[model._meta.db_table]
    old = [make(model, days + 1, number) for number in range(5)]
    young = [make(model, days - 0.5, number) for number in range(3)]
    name = model._meta.verbose_name_plural
    assert f"{name}: 5 would be deleted, older than {days} days.\n" in run(capsys, "--dry-run")
    assert model._default_manager.count() == 8
    assert f"{name}: 5 deleted, older than {days} days.\n" in run(capsys)
    assert set(model._default_manager.values_list("pk", flat=True)) == set(young)
    assert f"{name}: 0 deleted, older than {days} days.\n" in run(capsys)
    assert len(old) == 5


def test_nothing_on_record_is_ever_pruned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DAYS_KEPT", dict.fromkeys(settings.DAYS_KEPT, 1))
    factories.replace(factories.redeem())
    kept = [model for model in apps.get_models() if model not in PRUNED]
    counts = {model: model._base_manager.count() for model in kept}
    assert Record.objects.count() > 0
    with clock.frozen_at(clock.today() + timedelta(days=4_000), "UTC"):
        run(capsys)
    assert {model: model._base_manager.count() for model in kept} == counts
    assert [model for model in PRUNED if issubclass(model, AppendOnly)] == []


def test_what_is_kept_for_ever_is_said_and_stays(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DAYS_KEPT, "django_session", 0)
    make(Session, 4_000)
    assert "sessions: kept for ever.\n" in run(capsys)
    assert Session.objects.count() == 1


def test_every_table_that_is_pruned_has_a_setting_and_an_age() -> None:
    assert {model._meta.db_table for model in PRUNED} == set(settings.DAYS_KEPT) == set(prune.AGES)


@pytest.mark.parametrize("days", ["-1", "36501", "1000000", "7.5", "a week", "٧"])
def test_days_that_no_calendar_has_are_refused(monkeypatch: pytest.MonkeyPatch, days: str) -> None:
    monkeypatch.setenv("KEEP_ATTEMPTS_DAYS", days)
    refusal = f"KEEP_ATTEMPTS_DAYS is {days}. Write a whole number from 0 to 36500"
    with pytest.raises(ImproperlyConfigured, match=re.escape(refusal)):
        retention.days_kept(Env())


def test_what_is_kept_for_a_hundred_years_can_be_pruned(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(settings.DAYS_KEPT, "django_session", retention.MAX_DAYS)
    make(Session, 4_000)
    run(capsys)
    assert Session.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_can_run_twice_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prune, "BATCH", 3)
    for number in range(20):
        make(Session, 5, number)
    outcomes = at_once([lambda: call_command("prune", stdout=StringIO())] * 2)
    assert outcomes == [None, None]
    assert Session.objects.count() == 0
