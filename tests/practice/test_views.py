"""One-click sign-in, and the movable calendar: in a demo only."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.practice.models import Room
from benefits_portal.practice.personas import SHOWS, personas
from benefits_portal.practice.views import FRAMES
from benefits_portal.practice.world import PASSWORD
from benefits_portal.templatetags import kept
from benefits_portal.tenants.models import Partner, PracticeWorld, Role, Tenant, User

from .conftest import WorldOn, messages_of, persona_of

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def world(world_on: WorldOn) -> Iterator[date]:
    with world_on(clock.today()) as day:
        yield day


# The gallery


def test_the_gallery_shows_every_component(signed_in: Callable[[str], Client]) -> None:
    client = signed_in("partner-admin")
    kept.forget()  # parts of the bar
    address = reverse("gallery")
    pages = [client.get(address), *(client.get(address, {"frame": frame}) for frame in FRAMES)]
    shown = {
        Path(template.name).name for page in pages for template in page.templates if template.name
    }
    there = {path.name for path in (settings.BASE_DIR / "templates" / "components").glob("*.html")}
    assert {page.status_code for page in pages} == {200}
    assert there - shown == set()


# Personas


def test_cards_name_people_places_and_roles() -> None:
    cards = [
        (card.slug, card.name, card.partner, str(card.role))
        for card in personas(Room.objects.shared())
    ]

    assert cards == [
        ("partner-admin", "Diego Siciliani", "Contoso", "MPN partner admin"),
        ("global-admin", "Megan Bowen", "Contoso", "Global admin"),
        ("member", "Adele Vance", "Contoso", "Account member"),
        ("guest-admin", "Irvin Sayers", "Contoso", "MPN partner admin"),
        ("no-role", "Alex Wilber", "Contoso", "No role"),
        ("fabrikam-admin", "Sanne de Vries", "Fabrikam", "Global admin"),
        ("adventure-admin", "Haruka Sato", "Adventure Works, Fabrikam", "MPN partner admin"),
        ("support", "Allan Deyoung", "", "Back office"),
        ("programme", "Enrico Cattaneo", "", "Back office"),
        ("trainer", "Ana Bowman", "", "Trainer"),
    ]


@pytest.mark.parametrize(
    ("slug", "role", "shows"),
    [
        ("partner-admin", None, "Has no role, and sees only who can give one."),
        ("no-role", Role.GLOBAL_ADMIN, "Can do everything, including people, roles, and tenants."),
        ("member", Role.MEMBER, str(SHOWS["member"])),
    ],
)
def test_a_card_promises_what_the_present_role_can_do(
    slug: str, role: Role | None, shows: str
) -> None:
    user = User.objects.get(persona__slug=slug)
    user.role_assignments.all().delete()
    if role:
        assert user.home_partner
        user.role_assignments.create(partner=user.home_partner, role=role)
    cards = {card.slug: card for card in personas(Room.objects.shared())}
    assert str(cards[slug].shows) == shows


def test_the_practice_password_is_everybodys() -> None:
    assert {
        user.persona.slug for user in User.objects.all() if user.check_password(PASSWORD)
    } == set(SHOWS)


@pytest.mark.parametrize("persona", SHOWS)
def test_everybody_on_a_card_signs_in_without_a_password(client: Client, persona: str) -> None:
    client.post(reverse("demo-sign-in"), {"persona": persona})

    assert persona_of(client) == persona


@pytest.mark.parametrize(
    ("persona", "then", "address"),
    [
        ("partner-admin", "", "/"),
        (
            "partner-admin",
            "/mpn/benefits/azure-cloud/?q=visio",
            "/mpn/benefits/azure-cloud/?q=visio",
        ),
        ("partner-admin", "https://elsewhere.example/", "/"),
        ("support", "", "/back-office/"),
        ("support", "/", "/back-office/"),
        ("programme", "/back-office/benefits/offer/", "/back-office/benefits/offer/"),
    ],
)
def test_signing_in_leads_where_one_was_going(
    client: Client, persona: str, then: str, address: str
) -> None:
    response = client.post(reverse("demo-sign-in"), {"persona": persona, "next": then})

    assert (response.status_code, response.headers["Location"]) == (302, address)


def test_signing_in_brings_the_accounts_language(client: Client, settings: Settings) -> None:
    response = client.post(reverse("demo-sign-in"), {"persona": "fabrikam-admin"})

    assert response.cookies[settings.LANGUAGE_COOKIE_NAME].value == "nl"


def test_switching_personas_leaves_nothing_of_the_one_before(
    signed_in: Callable[[str], Client],
) -> None:
    signed_in("global-admin").session["tenant"] = Tenant.objects.get(
        domain="contoso-labs.onmicrosoft.com"
    ).pk

    assert "tenant" not in signed_in("adventure-admin").session


def test_nobody_else_signs_in_without_a_password(client: Client) -> None:
    User.objects.create_user("somebody@example.com", name="Somebody")

    for persona in ("", "nobody", "None"):
        assert client.post(reverse("demo-sign-in"), {"persona": persona}).status_code == 404
    assert not get_user(client).is_authenticated


# The calendar


def move(client: Client, today: object, partner: str = "Contoso") -> Any:
    tenant = Tenant.objects.get(partner__name=partner, is_primary=True)
    return client.post(
        reverse("demo-clock"),
        {"today": str(today), "acting_in": f"{tenant.partner_id}-{tenant.pk}", "next": "/help/"},
    )


def test_the_calendar_moves_for_everybody_at_the_partner_and_nobody_else(
    signed_in: Callable[[str], Client],
) -> None:
    contoso, day = (
        Partner.objects.get(name="Contoso"),
        clock.today("America/New_York") + timedelta(days=40),
    )

    response = move(signed_in("member"), day)

    contoso.refresh_from_db()
    assert (contoso.today(), contoso.days_ahead, response.headers["Location"]) == (
        day,
        40,
        "/help/",
    )
    assert Partner.objects.get(name="Fabrikam").days_ahead == 0
    assert len(messages_of(response)) == 2  # the date, and the reminders that it sent


NOT_BACK, NOT_SO_FAR = "The date moves forward only.", "That is too far ahead."


@pytest.mark.parametrize(
    ("days", "refusal"),
    [(5, NOT_BACK), (4, NOT_BACK), (0, NOT_BACK), (-1, NOT_BACK), (4000, NOT_SO_FAR)],
    ids=["the day it is", "earlier", "the real day", "yesterday", "too far"],
)
def test_it_moves_neither_back_nor_too_far(
    signed_in: Callable[[str], Client], days: int, refusal: str
) -> None:
    Partner.objects.filter(name="Contoso").update(days_ahead=5)

    response = move(
        signed_in("partner-admin"), clock.today("America/New_York") + timedelta(days=days)
    )

    assert Partner.objects.get(name="Contoso").days_ahead == 5
    assert messages_of(response)[0].startswith(refusal)


@pytest.mark.parametrize("day", ["", "tomorrow", "2027-02-30", "31-01-2027", "99999-01-01"])
def test_what_is_no_day_moves_nothing(signed_in: Callable[[str], Client], day: str) -> None:
    response = move(signed_in("partner-admin"), day)

    assert Partner.objects.get(name="Contoso").days_ahead == 0
    way = "Write the day like 2027-01-31."
    none = "February 2027 has 28 days."
    assert messages_of(response) == [
        {"": "Choose the date to change to.", "2027-02-30": none}.get(day, way)
    ]


def test_a_real_partners_calendar_stays(signed_in: Callable[[str], Client]) -> None:
    Partner.objects.filter(name="Contoso").update(is_practice=False)

    response = move(signed_in("partner-admin"), clock.today() + timedelta(days=40))

    assert Partner.objects.get(name="Contoso").days_ahead == 0
    assert len(messages_of(response)) == 1


def test_whoever_is_not_signed_in_moves_no_calendar(client: Client) -> None:
    response = move(client, clock.today() + timedelta(days=40))

    assert response.headers["Location"].startswith(reverse("tenants:sign-in"))
    assert Partner.objects.get(name="Contoso").days_ahead == 0


@pytest.mark.rule("P2")
def test_without_a_role_there_is_no_calendar_to_move(signed_in: Callable[[str], Client]) -> None:
    assert move(signed_in("no-role"), clock.today() + timedelta(days=40)).status_code == 403


@pytest.mark.rule("P4")
def test_a_form_from_another_place_moves_no_calendar(signed_in: Callable[[str], Client]) -> None:
    response = move(
        signed_in("adventure-admin"), clock.today() + timedelta(days=40), partner="Fabrikam"
    )

    assert response.status_code == 409
    assert set(Partner.objects.values_list("days_ahead", flat=True)) == {0}


@pytest.mark.parametrize("persona", ["", "\x00", "global\x00", "nobody", "A" * 300])
def test_there_is_no_such_persona(client: Client, persona: str) -> None:
    assert client.post(reverse("demo-sign-in"), {"persona": persona}).status_code == 404


# Nowhere else


@pytest.fixture(params=["DEMO off", "no practice world"])
def real_portal(request: pytest.FixtureRequest, settings: Settings) -> None:
    if request.param == "DEMO off":
        settings.DEMO = False
    else:
        PracticeWorld.objects.all().delete()


@pytest.mark.parametrize("name", ["demo-sign-in", "demo-clock", "demo-reset"])
@pytest.mark.usefixtures("real_portal")
def test_outside_a_demo_none_of_it_exists(client: Client, name: str) -> None:
    before = list(Partner.objects.values_list("name", "days_ahead"))

    for person in (None, User.objects.get(persona__slug="partner-admin")):
        if person:
            client.force_login(person)
        for method in (client.get, client.post):
            assert (
                method(
                    reverse(name),
                    {"persona": "programme", "today": "2030-01-01", "acting_in": "1-1"},
                ).status_code
                == 404
            )

    assert list(Partner.objects.values_list("name", "days_ahead")) == before
    assert persona_of(client) == "partner-admin"


@pytest.mark.parametrize("name", ["demo-sign-in", "demo-clock"])
def test_each_needs_a_post_with_its_token(name: str, settings: Settings) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.get(persona__slug="partner-admin"))

    assert client.get(reverse(name)).status_code == 405
    assert (
        client.post(reverse(name), {"persona": "programme", "acting_in": "1-1"}).status_code == 403
    )
    assert persona_of(client) == "partner-admin"
