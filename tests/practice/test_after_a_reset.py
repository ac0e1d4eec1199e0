"""After somebody started over: what began anew, what stayed, and what others are told."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit, Membership, Offer, Product, ProductKey
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Record,
    RoleAssignment,
    Tenant,
    User,
)
from tests.factories import ExerciseAttemptFactory
from tests.partner_fixture import PartnerFixture
from tests.world import rolled_back

from .conftest import WorldOn, messages_of, persona_of

pytestmark = pytest.mark.django_db
OWN_PASSWORD = "a password of her own"


@dataclass
class Reset:
    """Diego started over; what Northwind, which was made by hand, and the catalog had before."""

    northwind: PartnerFixture
    rows: dict[str, int]
    catalog: list[set[tuple[int, str]]]
    diego: Client
    other: Client
    answer: Any


def signed_in(persona: str) -> Client:
    client = Client()
    client.post(reverse("demo-sign-in"), {"persona": persona})
    return client


def rows_of(partner: Partner) -> dict[str, int]:
    """How many rows of every model name the partner."""
    return {
        model._meta.label: model._base_manager.filter(partner=partner).count()
        for model in (
            *(Tenant, DirectoryUser, Record, Membership, Benefit, ProductKey),
            *(Subscription, Redemption),
        )
    }


def catalog() -> list[set[tuple[int, str]]]:
    return [set(model.objects.values_list("pk", "name")) for model in (Offer, Product)]


@pytest.fixture(scope="module")
def started_over(world_on: WorldOn) -> Iterator[Reset]:
    with world_on(clock.today()):
        northwind = PartnerFixture.with_everything("Northwind")
        northwind.partner.role_assignments.create(
            user=User.objects.get(persona__slug="global-admin"), role="partner-admin"
        )
        northwind.boss.set_password(OWN_PASSWORD)
        northwind.boss.save()
        diego, other = signed_in("partner-admin"), signed_in("member")
        rows, offered = rows_of(northwind.partner), catalog()
        Partner.objects.filter(name="Contoso").update(days_ahead=5)
        Subscription.objects.filter(partner__name="Contoso").update(licenses=999)
        ExerciseAttemptFactory.create(room=Room.objects.get(suffix=""), generation=0)
        form = {"confirm": " Herstel ", "next": "/help/"}
        answer = diego.post(reverse("demo-reset"), form)
        yield Reset(northwind, rows, offered, diego, other, answer)


@pytest.fixture(autouse=True)
def reset(started_over: Reset, db: None) -> Iterator[Reset]:
    with rolled_back():
        yield started_over


def test_who_did_it_stays_signed_in_and_goes_where_they_were(reset: Reset) -> None:
    answer = reset.answer

    assert (answer.status_code, answer.headers["Location"]) == (302, "/help/")
    assert persona_of(reset.diego) == "partner-admin"
    assert messages_of(answer) == ["The practice data has been reset."]


def test_the_practice_world_is_as_it_was_made() -> None:
    contoso = Partner.objects.get(name="Contoso")

    assert contoso.days_ahead == 0
    assert not Subscription.objects.filter(licenses=999).exists()
    assert Subscription.objects.filter(partner=contoso).count() > 5


def test_exercises_of_the_shared_world_are_not_begun_any_more() -> None:
    assert not ExerciseAttempt.objects.exists()


def test_nothing_of_a_partner_made_by_hand_is_lost(reset: Reset) -> None:
    northwind = reset.northwind
    persona = User.objects.get(persona__slug="global-admin")

    assert all(reset.rows.values())
    assert rows_of(northwind.partner) == reset.rows
    assert RoleAssignment.objects.filter(partner=northwind.partner, user=persona).exists()
    assert catalog() == reset.catalog
    her = Client()
    form = {"username": northwind.boss.email, "password": OWN_PASSWORD}
    assert her.post(reverse("tenants:sign-in"), form).status_code == 302
    assert get_user(her) == northwind.boss


def test_others_are_signed_out_and_told_by_whom_and_when(reset: Reset) -> None:
    other = reset.other

    assert not get_user(other).is_authenticated
    told = other.get(reverse("home"), follow=True).text
    assert "The practice data was reset by Diego Siciliani at" in told
    assert "was reset" not in Client().get(reverse("tenants:sign-in")).text
    other.post(reverse("demo-sign-in"), {"persona": "member"})
    assert persona_of(other) == "member"
