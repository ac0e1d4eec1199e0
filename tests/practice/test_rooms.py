"""A room is told from a situation beside the shared world, and emptied without a trace."""

import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from pytest_django import DjangoDbBlocker

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.models import Room
from benefits_portal.practice.room_world import STORYTELLER, empty_room, furnish
from benefits_portal.practice.situations import SHARED
from benefits_portal.practice.world import make_world, reset_world
from benefits_portal.tenants.models import DirectoryUser, Partner, Record, Role, Tenant, User
from tests.agreement import findings
from tests.factories import RecordFactory, RoleAssignmentFactory, RoomFactory, UserFactory
from tests.kept_rows import lay_out
from tests.world import rolled_back

pytestmark = pytest.mark.django_db
SECONDS = 1.0  # of a processor, for one room
SLOW_MACHINE = 2.5


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[date]:
    """Two rooms beside the shared world."""
    with django_db_blocker.unblock(), rolled_back():
        lay_out(make_rooms, clock.today())
        yield clock.today()


def make_rooms(day: date) -> None:
    lay_out(make_world, day)
    for suffix in ("k7q2", "m3x9"):
        furnish(RoomFactory.create(suffix=suffix), SHARED, day)


@pytest.fixture(autouse=True)
def day(told: date, db: None) -> Iterator[date]:
    with rolled_back():
        yield told


@pytest.fixture
def room() -> Room:
    return Room.objects.get(suffix="k7q2")


def rows_of_all() -> dict[str, set[int]]:
    """The primary keys of every table."""
    return {
        model._meta.db_table: set(model._base_manager.order_by().values_list("pk", flat=True))
        for model in apps.get_models(include_auto_created=True)
    }


def outcome_at(partner: Partner) -> list[Any]:
    return [
        sorted(Subscription.objects.filter(partner=partner).values_list("product_name", "ends_on")),
        sorted(Benefit.objects.filter(partner=partner).values_list("product_name", "expires_on")),
        sorted(Record.objects.filter(partner=partner).values_list("action", "at", "refused")),
    ]


def test_it_tells_the_same_story_as_the_shared_world(room: Room) -> None:
    theirs = room.partners().get()

    assert outcome_at(theirs) == outcome_at(Partner.objects.get(mpn_id="5201001"))
    assert findings() == {}


def test_what_identifies_carries_its_suffix(room: Room) -> None:
    partner = room.partners().get()

    assert partner.mpn_id == "5210173592"
    assert set(Tenant.objects.for_partner(partner).values_list("domain", flat=True)) == {
        "contoso-k7q2.onmicrosoft.com",
        "contoso-labs-k7q2.onmicrosoft.com",
    }
    assert not DirectoryUser.objects.filter(partner=partner).exclude(
        user_principal_name__contains="-k7q2."
    )
    assert {slug: user.email for slug, user in room.users().items()} == {
        "global-admin": "megan.bowen@contoso-k7q2.example",
        "partner-admin": "diego.siciliani@contoso-k7q2.example",
        "member": "adele.vance@contoso-k7q2.example",
        "guest-admin": "irvin.sayers@northwind-traders-k7q2.example",
        "no-role": "alex.wilber@contoso-k7q2.example",
    }


def test_nobody_signs_in_to_a_room_or_its_past_by_password(room: Room) -> None:
    accounts = [*room.users().values(), User.objects.get(email=STORYTELLER)]

    assert not any(user.has_usable_password() for user in accounts)
    assert not User.objects.get(email=STORYTELLER).is_active


def test_one_takes_a_second_of_a_processor(day: date) -> None:
    """Its CPU time, since another test may keep the machine busy."""
    began = time.process_time()

    furnish(RoomFactory.create(suffix="bbbb"), SHARED, day)

    assert time.process_time() - began < SECONDS * SLOW_MACHINE


def test_emptied_it_leaves_nothing_and_touches_nothing_else(room: Room, day: date) -> None:
    another = RoomFactory.create(suffix="bbbb")
    before = rows_of_all()
    furnish(another, SHARED, day)

    empty_room(another)
    connection.check_constraints()

    assert rows_of_all() == before


def test_an_account_that_a_neighbor_let_in_is_closed(room: Room) -> None:
    neighbor = Room.objects.get(suffix="m3x9").partners().get()
    guest = room.users()["partner-admin"]
    RoleAssignmentFactory.create(user=guest, partner=neighbor, role=Role.MEMBER)
    RecordFactory.create(partner=neighbor, actor=guest)

    empty_room(room)
    connection.check_constraints()

    guest.refresh_from_db()
    assert (guest.name, guest.is_active) == ("–", False)
    assert guest.email == f"gone-{guest.pk}@benefits-portal.example"
    assert not neighbor.role_assignments.filter(user=guest).exists()


def test_a_reset_of_the_shared_world_leaves_rooms_alone(room: Room, day: date) -> None:
    partners = [each.room_partners.get().partner for each in Room.objects.exclude(suffix="")]
    UserFactory.create(directory_user__tenant=partners[0].tenants.get(is_primary=True))
    before = [outcome_at(partner) for partner in partners]
    people = set(User.objects.exclude(persona__room__suffix="").values_list("pk", "email"))

    reset_world(day, keep_handmade=True)
    connection.check_constraints()

    assert [outcome_at(partner) for partner in partners] == before
    assert set(User.objects.exclude(persona__room__suffix="").values_list("pk", "email")) == people
