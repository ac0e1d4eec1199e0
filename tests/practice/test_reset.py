"""Starting over: by whom, confirmed how, and what is in the way.

What began anew and what stayed: test_after_a_reset.py.
"""

from collections.abc import Callable, Iterator
from datetime import date
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.forms import ResetForm
from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.practice.personas import SHOWS
from benefits_portal.practice.world import reset_world
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    FormerName,
    Partner,
    PracticeWorld,
    Record,
    Tenant,
    User,
)
from tests.factories import ExerciseAttemptFactory
from tests.partner_fixture import PartnerFixture
from tests.world import rolled_back

from .conftest import WorldOn, persona_of

pytestmark = pytest.mark.django_db
ADDRESS = "/demo/reset/"
HAND_MADE = "Northwind"


@pytest.fixture(scope="module")
def module_world(world_on: WorldOn) -> Iterator[date]:
    with world_on(clock.today()) as day:
        yield day


@pytest.fixture(autouse=True)
def world(module_world: date, db: None) -> Iterator[date]:
    with rolled_back():
        yield module_world


def move_contoso() -> None:
    Partner.objects.filter(name="Contoso").update(days_ahead=5)


def is_reset() -> bool:
    return Partner.objects.get(name="Contoso").days_ahead == 0


# Who, and how it is confirmed


def test_nobody_resets_without_signing_in(client: Client) -> None:
    move_contoso()

    answers = [client.get(ADDRESS), client.post(ADDRESS, {"confirm": "RESET"})]

    there = f"{reverse('tenants:sign-in')}?next={ADDRESS}"
    assert [answer["Location"] for answer in answers] == [there, f"{there}&ended=sent"]
    assert not is_reset()
    assert "Start over" not in client.get(reverse("tenants:sign-in")).text


@pytest.mark.parametrize("typed", ["", "yes", "RESE", "RESET!", "reset it"])
def test_without_the_word_nothing_is_reset(signed_in: Callable[[str], Client], typed: str) -> None:
    move_contoso()

    page = signed_in("partner-admin").post(ADDRESS, {"confirm": typed})

    assert page.status_code == 200
    assert not is_reset()
    assert page.text.count("Type RESET to confirm. Nothing was reset.") == 2
    assert "<title>Error: Start over" in page.text


@pytest.mark.parametrize("typed", ["RESET", " reset ", "Herstel", "\u200bRESET\u200b"])
def test_the_word_of_either_language_confirms_it(typed: str) -> None:
    assert ResetForm({"confirm": typed}).is_valid()


@pytest.mark.parametrize("persona", SHOWS)
def test_every_persona_gets_to_the_page(signed_in: Callable[[str], Client], persona: str) -> None:
    assert signed_in(persona).get(ADDRESS).status_code == 200


def test_a_form_of_another_site_resets_nothing() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(persona__slug="partner-admin"))
    move_contoso()

    assert client.post(ADDRESS, {"confirm": "RESET"}).status_code == 403
    assert not is_reset()


def test_the_admin_of_a_partner_made_by_hand_may_not(client: Client) -> None:
    fixture = PartnerFixture(HAND_MADE)
    client.force_login(fixture.boss)
    move_contoso()

    answers = [client.get(ADDRESS), client.post(ADDRESS, {"confirm": "RESET"})]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "program team can reset practice data" in answers[0].text
    assert not is_reset()
    assert ADDRESS not in client.get(reverse("home")).text


# What the page says


def test_the_page_lists_what_was_done_and_how_far_the_date_was_moved(
    signed_in: Callable[[str], Client],
) -> None:
    move_contoso()
    client = signed_in("programme")
    other = Client()
    other.post(reverse("demo-sign-in"), {"persona": "member"})
    nothing = client.get(ADDRESS).text
    client.post(reverse("demo-sign-in"), {"persona": "partner-admin"})
    client.get(reverse("benefits:azure-cloud-csv"))

    text = " ".join(client.get(ADDRESS).text.split())

    assert "Nothing was changed there so far." in nothing
    assert "Downloaded a list: 1" in text
    assert "which is 5 days ahead, goes back to today." in text
    assert "1 other session ends." in text
    assert "Nothing was made by hand" in text


def test_the_page_counts_what_was_made_by_hand(signed_in: Callable[[str], Client]) -> None:
    PartnerFixture(HAND_MADE)

    text = signed_in("programme").get(ADDRESS).text

    assert "<li>1 partner</li>" in text
    assert "Also delete what was made in the back office" in text


# What stays


@pytest.mark.release
def test_a_reset_that_keeps_makes_the_world_of_a_first_start() -> None:
    def world() -> list[Any]:
        return [
            sorted(Subscription.objects.values_list("partner__name", "product__name", "ends_on")),
            sorted(ProductKey.objects.values_list("digest", flat=True)),
            sorted(User.objects.values_list("email", "is_active", "directory_user")),
            sorted(DirectoryUser.objects.values_list("pk", "user_principal_name")),
            sorted(Tenant.objects.values_list("pk", "name")),
            sorted(Record.objects.values_list("action", "at", "actor__persona__slug")),
        ]

    first = world()
    contoso = Partner.objects.get(name="Contoso")
    Tenant.objects.create(partner=contoso, name="Third", domain="third.example", color="red")
    new = DirectoryUser.objects.create(
        partner=contoso,
        tenant=contoso.tenants.get(is_primary=True),
        display_name="New",
        user_principal_name="new@contoso.onmicrosoft.com",
        kind="member",
    )
    User.objects.create_user("new@contoso.onmicrosoft.com", name="New", directory_user=new)
    User.objects.filter(persona__slug="member").update(is_active=False, directory_user=None)
    contoso.role_assignments.all().delete()

    reset_world(PracticeWorld.objects.get().as_of, keep_handmade=True)

    assert world() == first
    connection.check_constraints()


@pytest.mark.release
def test_former_names_go_with_practice_people_and_stay_with_others() -> None:
    fixture = PartnerFixture(HAND_MADE)
    contoso = Partner.objects.get(name="Contoso")
    tenant = contoso.tenants.get(is_primary=True)
    new = DirectoryUser.objects.add_to(tenant, "New", f"new@{tenant.domain}", by=Actor())
    account = User.objects.create_user("new@example.com", name="New", directory_user=new)
    persona = User.objects.get(persona__slug="member")
    loaded = DirectoryUser.objects.exclude(pk=new.pk).filter(partner=contoso)[0]
    for person in (fixture.person, new, loaded):
        DirectoryUser.objects.filter(pk=person.pk).update(display_name="Renamed")
    for user in (fixture.boss, account, persona):
        User.objects.filter(pk=user.pk).update(name="Renamed")
    assert FormerName.objects.count() == 6

    reset_world(PracticeWorld.objects.get().as_of, keep_handmade=True)

    kept = FormerName.objects.order_by("pk").values_list("person", "user")
    assert list(kept) == [(fixture.person.pk, None), (None, fixture.boss.pk)]
    assert not User.objects.filter(name="Renamed").exclude(pk=fixture.boss.pk).exists()
    assert not User.objects.filter(pk=account.pk).exists()


@pytest.mark.release
def test_staff_made_by_hand_stay_signed_in_and_keep_their_account(client: Client) -> None:
    trainer = User.objects.create_superuser("trainer@example.com", "x", name="Trainer")
    client.force_login(trainer)

    client.post(ADDRESS, {"confirm": "RESET"})

    assert get_user(client) == trainer


def get_in_the_way() -> None:
    """A hand-made account takes the address that a persona had before it was changed."""
    diego = User.objects.get(persona__slug="partner-admin")
    User.objects.filter(pk=diego.pk).update(email="changed@contoso.example")
    User.objects.create_user(diego.email, name="Another Diego")


def test_what_is_in_the_way_is_said_and_nothing_changes(
    signed_in: Callable[[str], Client],
) -> None:
    client = signed_in("programme")
    get_in_the_way()
    move_contoso()

    page = client.post(ADDRESS, {"confirm": "RESET"})

    assert page.status_code == 200
    assert not is_reset()
    assert "Something made by hand is in the way. Select this." in page.text
    with pytest.raises(CommandError, match="--everything"):
        call_command("demo", no_serve=True, reset=True, stdout=StringIO())


def test_ticked_what_was_made_by_hand_goes_too_and_is_not_in_the_way(
    signed_in: Callable[[str], Client],
) -> None:
    PartnerFixture(HAND_MADE)
    ExerciseAttemptFactory.create(room=Room.objects.get(suffix=""), generation=0)
    client = signed_in("programme")
    get_in_the_way()
    move_contoso()

    client.post(ADDRESS, {"confirm": "RESET", "everything": "on"})

    assert is_reset()
    assert not ExerciseAttempt.objects.exists()
    assert set(Partner.objects.values_list("is_practice", flat=True)) == {True}
    assert persona_of(client) == "programme"


# The others


@pytest.mark.release
def test_the_command_tells_them_too(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("member")

    call_command("demo", no_serve=True, reset=True, stdout=StringIO())

    assert "was reset from the command line at" in client.get("/", follow=True).text
    assert Session.objects.count() == 1


@pytest.mark.parametrize("everything", [False, True])
def test_the_command_keeps_what_was_made_by_hand_unless_told(everything: bool) -> None:
    PartnerFixture(HAND_MADE)
    move_contoso()

    call_command("demo", no_serve=True, reset=True, everything=everything, stdout=StringIO())

    assert is_reset()
    assert Partner.objects.filter(is_practice=False).exists() == (not everything)
