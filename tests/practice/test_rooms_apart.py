"""What is in another room does not exist: every URL × every persona × GET and POST (P1, T1)."""

import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.core.mail import EmailMessage
from django.test import Client
from django.urls import get_resolver, reverse

from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.practice.handmade import models_of_partners
from benefits_portal.practice.mailbox import keep
from benefits_portal.practice.models import Room
from benefits_portal.tenants.models import DirectoryUser, Partner, RoleAssignment, Tenant
from tests.world import OFFICE, rolled_back, urls

from .conftest import Taught

pytestmark = pytest.mark.django_db
PERSONAS = ("global-admin", "partner-admin", "member", "guest-admin", "no-role")
# Ends the session, starts the own room over, or asks for what only others know
NOT_ASKED = {
    *("tenants:sign-out", "practice", "practice-start-over", "practice-join"),
    *("tenants:password-set", "demo-sign-in", "gallery"),
}
THINGS: list[Any] = [
    *(Assignment, Benefit, DirectoryUser, Redemption, RoleAssignment, Subscription, Tenant)
]
LISTS = ("global-admin", "no-role")  # who sees all of them, and who sees none
MANY = 12  # pages about one thing of a partner's


@pytest.fixture(autouse=True)
def world(taught: Taught, db: None) -> Iterator[dict[str, Client]]:
    """Browsers in the rooms of Anna and of Bob."""
    browsers = {name: Client() for name in taught.cookies}
    for name, browser in browsers.items():
        browser.cookies = deepcopy(taught.cookies[name])
    with rolled_back():
        yield browsers


def become(client: Client, slug: str) -> None:
    client.post(reverse("demo-sign-in"), {"persona": slug})


def numbers_of(partner: Partner) -> list[int]:
    """A primary key of each sort of thing that has pages."""
    found: set[int] = set()
    for model in THINGS:
        found.add(model._base_manager.filter(partner=partner).latest("pk").pk)
    return sorted(found)


def pages_of(client: Client, partner: Partner) -> list[str]:
    """Every page of the portal that one of the partner's own things has, as its admin sees them."""
    numbers = numbers_of(partner)
    pages = []
    for name, pattern in urls(get_resolver().url_patterns):
        if pattern.startswith(OFFICE) or name in NOT_ASKED or "<" not in pattern:
            continue
        tried = [f"/{re.sub(r'<int:[a-z_]+>', str(number), pattern)}" for number in numbers]
        pages += [url for url in tried if "<" not in url and client.get(url).status_code == 200][:1]
    return pages


def plain_pages() -> list[str]:
    return [
        f"/{pattern}"
        for name, pattern in urls(get_resolver().url_patterns)
        if not pattern.startswith(OFFICE) and name not in NOT_ASKED and "<" not in pattern
    ]


def rows_of(partner: Partner) -> dict[str, list[Any]]:
    return {
        model._meta.db_table: list(
            model._base_manager.filter(partner=partner).order_by("pk").values_list()
        )
        for model in models_of_partners()
    }


@pytest.mark.parametrize(
    "slugs",
    [LISTS[:1], pytest.param(PERSONAS, marks=pytest.mark.release)],
    ids=["who-sees-most", "all"],
)
def test_nothing_of_another_room_is_seen_or_changed(
    world: dict[str, Client], slugs: tuple[str, ...]
) -> None:
    anna, bob = world["Anna"], world["Bob"]
    own, theirs = (Room.objects.get(name=name).partners().get() for name in ("Anna", "Bob"))
    become(bob, "global-admin")
    bob.post(reverse("reminders:send-today"))
    pages = pages_of(bob, theirs)
    before = rows_of(theirs)
    marks = [Room.objects.get(name="Bob").suffix, theirs.mpn_id]
    form = {
        "acting_in": f"{own.pk}-{own.tenants.get(is_primary=True).pk}",
        "next": "/",
    }

    leaks = []
    for slug in slugs:
        become(anna, slug)
        for url in [*pages, *(plain_pages() if slug in LISTS else [])]:
            for answer in (anna.get(url), anna.post(url, form)):
                text = b"".join(answer) if answer.streaming else answer.content
                if any(mark.encode() in text for mark in marks):
                    leaks.append(f"{slug} {answer.request['REQUEST_METHOD']} {url}")
        assert get_user(anna).persona.room.name == "Anna"

    assert len(pages) >= MANY
    assert leaks == []
    assert rows_of(theirs) == before


def test_a_room_s_mailbox_holds_the_mails_of_its_own_people(world: dict[str, Client]) -> None:
    boss = Room.objects.get(name="Bob").users()["global-admin"]

    keep(EmailMessage("For Bob alone", "…", to=[boss.email]))

    boxes = [client.get(reverse("demo-mailbox")).text for client in (*world.values(), Client())]
    assert ["For Bob alone" in text for text in boxes] == [False, True, False]
