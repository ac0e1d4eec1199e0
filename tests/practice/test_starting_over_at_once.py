"""A room is started over while somebody in it acts (T7)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg.errors
import pytest
from django.db import IntegrityError, connection
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.licensing.models import LicensePool, Replacement
from benefits_portal.practice import handmade, room_world
from benefits_portal.practice.models import Room, RoomPartner
from benefits_portal.practice.room_world import empty_room
from benefits_portal.tenants.audit.record_queryset import RecordQuerySet
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor, EditAction, Record, Tenant, User
from benefits_portal.tenants.models.directory_user_queryset import DirectoryUserQuerySet
from tests import factories
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("T7")]
BY = Actor()
needs_row_locks = pytest.mark.skipif(
    not IS_POSTGRES, reason="SQLite has one writer at a time: BEGIN IMMEDIATE is its guard"
)


def file_for_two_products(room: Room) -> str:
    """A license of each for somebody else, in a tenant of the room."""
    today, tenant = clock.today(), factories.TenantFactory.create()
    RoomPartner.objects.create(room=room, partner=tenant.partner)
    bought = factories.SubscriptionFactory.create_batch(
        2, tenant=tenant, licenses=2, starts_on=today, ends_on=today + timedelta(days=90)
    )
    people = factories.DirectoryUserFactory.create_batch(2, tenant=tenant)
    lines = [
        f"{tenant.domain},{each.product.name},{person.user_principal_name}"
        for each, person in zip(bought, people, strict=True)
    ]
    return "\n".join(["tenant,product,user_principal_name", *lines])


@needs_row_locks
def test_a_room_is_emptied_after_a_file_that_began_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file has written one product of two when the room's licenses are to be deleted."""
    room = factories.RoomFactory.create()
    text = file_for_two_products(room)
    one_is_written, all_are_deleted = Rendezvous(2), Rendezvous(2)
    written, deleted = LicensePool._write, handmade.delete

    def write_then_meet(self: LicensePool, *args: Any, **kwargs: Any) -> Any:
        outcomes = written(self, *args, **kwargs)
        one_is_written.wait()
        all_are_deleted.wait()
        return outcomes

    def delete_then_meet(rows: Any) -> None:
        deleted(rows)
        if rows.model is Record:
            all_are_deleted.wait()

    def empty_then() -> None:
        one_is_written.wait()
        empty_room(room)

    monkeypatch.setattr(LicensePool, "_write", write_then_meet)
    monkeypatch.setattr(room_world, "delete", delete_then_meet)
    importing = partial(carry_out, LicenseImport, text, by=Actor())
    outcomes = at_once([empty_then, importing])
    assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType", "LicenseImport"]


# Whoever asks before the room is emptied, and writes afterwards


@pytest.fixture
def asking(admin: User, tenant: Tenant) -> tuple[Room, Client]:
    """A room, and the browser of somebody in it."""
    room = factories.RoomFactory.create()
    RoomPartner.objects.create(room=room, partner=tenant.partner)
    client = Client(raise_request_exception=False)
    client.force_login(admin)
    return room, client


@contextmanager
def before_the_record(act: Callable[[], Any]) -> Iterator[None]:
    """Within the block `act` is done when the first line is to be put on record."""
    waiting = [act]

    def execute_then(execute: Callable[..., Any], sql: Any, *args: Any) -> Any:
        while waiting and 'INSERT INTO "tenants_record"' in str(sql):
            waiting.pop()()
        return execute(sql, *args)

    with connection.execute_wrapper(execute_then):
        yield


@needs_row_locks
@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "What you were working on is no longer there"),
        ("nl", "Waaraan u werkte, is er niet meer"),
    ],
)
def test_who_acts_in_a_room_that_is_emptied_just_then_is_told_so(
    asking: tuple[Room, Client], caplog: pytest.LogCaptureFixture, language: str, title: str
) -> None:
    room, client = asking
    with before_the_record(lambda: at_once([partial(empty_room, room)])):
        answer = client.post(
            reverse("licensing:product-key-start"),
            {"acting_in": "another place"},
            headers={"Accept-Language": language},
        )
    assert (answer.status_code, title in answer.text) == (409, True)
    told = [each for each in caplog.records if each.name == "benefits_portal.views"]
    assert [each.levelname for each in told] == ["WARNING"]
    # Of its partner or of who acts: PostgreSQL checks them in the order of numbers of its own
    constraint: str = told[0].fields["constraint"]  # type: ignore[attr-defined]
    assert constraint.startswith("tenants_record_")


@needs_row_locks
def test_a_broken_reference_of_a_room_that_is_there_is_a_fault(
    asking: tuple[Room, Client],
) -> None:
    def fail() -> None:
        raise IntegrityError from psycopg.errors.ForeignKeyViolation()

    with before_the_record(fail):
        answer = asking[1].post(
            reverse("licensing:product-key-start"), {"acting_in": "another place"}
        )
    assert answer.status_code == 500


def declined(tenant: Tenant) -> Callable[[], None]:
    redemption = factories.redeem(tenant=tenant)
    asked = Replacement.objects.ask(redemption, "By mistake", by=BY, on=factories.TODAY)
    return partial(asked.decline, "It fits", by=BY)


def taken(tenant: Tenant) -> Callable[[], None]:
    held = factories.LicenseAssignmentFactory.create(tenant=tenant)
    return partial(held.take, by=BY, on=factories.TODAY)


def ended(tenant: Tenant) -> Callable[[], None]:
    membership = factories.MembershipFactory.create(partner=tenant.partner)
    day = membership.starts_on + timedelta(days=10)
    return partial(membership.end, day, by=BY, on=membership.starts_on)


def disabled(tenant: Tenant) -> Callable[[], None]:
    return partial(factories.DirectoryUserFactory.create(tenant=tenant).disable, by=BY)


@needs_row_locks
@pytest.mark.parametrize(
    ("prepare", "owner", "step"),
    [
        (declined, RecordQuerySet, "log"),
        (taken, RecordQuerySet, "log"),
        (ended, RecordQuerySet, "log"),
        (disabled, DirectoryUserQuerySet, "enabled"),
    ],
)
def test_a_room_is_emptied_after_an_act_that_has_locked_its_row(
    monkeypatch: pytest.MonkeyPatch, prepare: Any, owner: type[QuerySet[Any]], step: str
) -> None:
    """The act goes on when the room's rows are locked, or waited for."""
    room, tenant = factories.RoomFactory.create(), factories.TenantFactory.create()
    RoomPartner.objects.create(room=room, partner=tenant.partner)
    act, has_locked, meanwhile = prepare(tenant), Rendezvous(2), Rendezvous(2)
    carried_out = getattr(owner, step)

    def lock_then_meet(*args: Any, **kwargs: Any) -> Any:
        has_locked.wait()
        meanwhile.wait()
        return carried_out(*args, **kwargs)

    def empty_then() -> None:
        has_locked.wait()
        empty_room(room)

    monkeypatch.setattr(owner, step, lock_then_meet)
    assert at_once([empty_then, act]) == [None, None]


@needs_row_locks
def test_nothing_is_put_on_record_once_only_the_partner_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is written without a lock waits for the partner, and then refers to none."""
    room, tenant = factories.RoomFactory.create(), factories.TenantFactory.create()
    RoomPartner.objects.create(room=room, partner=tenant.partner)
    all_but_the_partner, is_written, deleted = Rendezvous(2), Rendezvous(2), handmade.delete

    def delete_then_meet(rows: Any) -> None:
        deleted(rows)
        if rows.model is Tenant:
            all_but_the_partner.wait()
            is_written.wait()

    def write_then() -> None:
        all_but_the_partner.wait()
        Record.objects.log(EditAction.EDITED, by=BY, partner=tenant.partner)
        is_written.wait()

    monkeypatch.setattr(room_world, "delete", delete_then_meet)
    outcomes = at_once([partial(empty_room, room), write_then])
    assert [type(outcome).__name__ for outcome in outcomes] == ["NoneType", "IntegrityError"]
