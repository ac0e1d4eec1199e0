"""A room is started over while somebody in it acts (T7)."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from benefits_portal import clock
from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.licensing.models import LicensePool
from benefits_portal.practice import handmade, room_world
from benefits_portal.practice.models import Room, RoomPartner
from benefits_portal.practice.room_world import empty_room
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor, Record
from tests import factories
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.rule("T7")]
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
