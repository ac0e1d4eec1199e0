"""While a partner is moved nothing of it changes, whoever tries it and whenever (C1)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse
from psycopg.errors import LockNotAvailable

from benefits_portal.tenants.models import Partner, Record
from tests import factories
from tests.acts import ACTS, Act, assign, revoke_key, switch
from tests.entry_points.operations import everything, text_of
from tests.partner_fixture import PartnerFixture
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.rule("C1"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not IS_POSTGRES, reason="partners are moved between PostgreSQLs"),
]

UNTIL = factories.NOW + timedelta(minutes=15)
# One of the portal, one of the back office; all of them meet the same two doors
SAMPLE = {assign, revoke_key}
each_act = pytest.mark.parametrize(
    "make",
    [
        pytest.param(act, marks=() if act in SAMPLE else pytest.mark.release)
        for act in ACTS
        if act is not switch
    ],
)
type Closing = Callable[[Partner], Any]


@contextmanager
def beforehand(partner: Partner) -> Iterator[None]:
    Partner.objects.filter(pk=partner.pk).update(moving_until=UNTIL)
    yield


@contextmanager
def just_before_the_record(partner: Partner) -> Iterator[None]:
    """Somebody else closes it when the act is about to be put on record: it was open until then."""
    named = connection.get_connection_params()
    place = {name: named[name] for name in ("host", "user", "dbname") if name in named}

    def close(execute: Any, sql: str, *rest: Any) -> Any:
        if sql.startswith('INSERT INTO "tenants_record"'):
            with psycopg.connect(**place, autocommit=True) as other:
                other.execute("SET lock_timeout = '100ms'")
                change = "UPDATE tenants_partner SET moving_until = %s WHERE id = %s"
                with suppress(LockNotAvailable):  # an act that holds the partner's row comes first
                    other.execute(change, [UNTIL, partner.pk])
        return execute(sql, *rest)

    with connection.execute_wrapper(close):
        yield


@each_act
@pytest.mark.parametrize("closing", [beforehand, just_before_the_record])
def test_nothing_happens_and_nothing_is_put_on_record(
    make: Callable[[PartnerFixture], Act], closing: Closing
) -> None:
    with time_machine.travel(factories.NOW, tick=False):
        sample = PartnerFixture("One")
        act = make(sample)
        staff = factories.UserFactory.create(staff=True, is_superuser=True)
        client = Client(raise_request_exception=False)
        client.force_login(staff if act.by_staff else sample.boss)
        client.get(reverse("home"))
        records = Record.objects.count()
        with closing(sample.partner):
            before = everything()
            form = act.form | {"acting_in": sample.tenant_token}
            answer = client.post(act.url, form, follow=True)
        changed = {table for table, rows in everything().items() if rows != before[table]}
    if Partner.objects.here().filter(pk=sample.partner.pk).exists():
        assert Record.objects.count() > records
        return
    assert changed <= {"tenants_partner"}  # that it was closed
    assert Record.objects.count() == records
    assert "being moved to another portal" in text_of(answer)
