"""Each situation is told on any day, shows what its title says, and costs a second."""

import time
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.db.models import Max
from pytest_django import DjangoDbBlocker

from benefits_portal.benefits.models import Assignment, Membership, ProductKey
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.models import Room
from benefits_portal.practice.personas import personas
from benefits_portal.practice.room_world import empty_room, furnish
from benefits_portal.practice.situations import SITUATIONS
from benefits_portal.practice.world import make_world
from benefits_portal.tenants.models import Partner
from tests.agreement import findings
from tests.factories import RoomFactory
from tests.kept_rows import lay_out
from tests.properties import BEFORE_A_RELEASE
from tests.world import rolled_back

from .test_rooms import SECONDS, SLOW_MACHINE, rows_of_all

DAYS = [
    date(2028, 2, 29),
    *(
        pytest.param(day, marks=BEFORE_A_RELEASE)
        for day in (
            *(date(2026, 11, 30), date(2027, 1, 31), date(2027, 3, 1), date(2027, 12, 31)),
            *(date(2028, 3, 20), date(2029, 2, 28)),
        )
    ),
]
FURTHER = ("first-week", "last-weeks")  # Contoso's room is in test_rooms.py
SUFFIX = {"contoso": "cccc", "first-week": "ffff", "last-weeks": "wwww"}
PERSONAS = {"global-admin", "partner-admin", "member", "guest-admin", "no-role"}
Status = Subscription.Status

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", params=DAYS, ids=str)
def told(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[date]:
    """A room of each situation, named after it, beside the shared world."""
    with django_db_blocker.unblock(), rolled_back():
        lay_out(make_rooms, request.param)
        yield request.param


def make_rooms(day: date) -> None:
    lay_out(make_world, day)
    for slug, situation in SITUATIONS.items():
        room = RoomFactory.create(name=slug, suffix=SUFFIX[slug], of_class__situation=slug)
        furnish(room, situation, day)


@pytest.fixture(autouse=True)
def day(told: date, db: None) -> Iterator[date]:
    with rolled_back():
        yield told


def partner_in(slug: str) -> Partner:
    return Room.objects.get(name=slug).partners().get()


def test_what_is_told_agrees_with_itself() -> None:
    assert findings() == {}


@pytest.mark.parametrize("slug", SITUATIONS)
def test_it_has_the_same_personas(slug: str) -> None:
    assert set(Room.objects.get(name=slug).users()) == PERSONAS


def test_only_contoso_s_cards_tell_contoso_s_figures() -> None:
    texts = {slug: str(personas(Room.objects.get(name=slug))[0].shows) for slug in SITUATIONS}

    assert {slug: "100 licenses" in text for slug, text in texts.items()} == {
        "contoso": True,
        "first-week": False,
        "last-weeks": False,
    }


@pytest.mark.parametrize("slug", FURTHER)
def test_it_costs_a_second_of_a_processor(slug: str, day: date) -> None:
    room = RoomFactory.create(suffix="zzzz")
    began = time.process_time()

    furnish(room, SITUATIONS[slug], day)

    assert time.process_time() - began < SECONDS * SLOW_MACHINE


@pytest.mark.parametrize("slug", FURTHER)
def test_emptied_it_leaves_nothing(slug: str, day: date) -> None:
    room = RoomFactory.create(suffix="zzzz")
    before = rows_of_all()
    furnish(room, SITUATIONS[slug], day)

    empty_room(room)

    assert rows_of_all() == before


def test_in_its_first_week_a_partner_has_begun_and_no_more(day: date) -> None:
    partner = partner_in("first-week")
    [membership] = Membership.objects.for_partner(partner)

    assert membership.starts_on == day - timedelta(days=6)
    assert ProductKey.objects.for_partner(partner).redeemable(day).count() == 5
    assert Subscription.objects.for_partner(partner).get().status(day) == Status.ACTIVE
    assert not Assignment.objects.for_partner(partner).exists()


def test_a_year_that_ends_soon_leaves_keys_and_a_leaver_s_credit(day: date) -> None:
    partner = partner_in("last-weeks")
    held = Assignment.objects.for_partner(partner).running(day)
    statuses = {each.status(day) for each in Subscription.objects.for_partner(partner)}

    ends = Membership.objects.for_partner(partner).aggregate(last=Max("ends_on"))["last"]
    assert ends - day in (timedelta(days=20), timedelta(days=21))
    assert ProductKey.objects.for_partner(partner).redeemable(day).count() >= 5
    assert held.filter(directory_user__is_disabled=True).count() == 1
    assert statuses == {Status.ACTIVE, Status.EXPIRED, Status.DISABLED}
