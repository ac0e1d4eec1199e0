"""The guided tour: ten steps, each on a page that is there, marked by what was done."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit
from benefits_portal.practice.tour import tour
from benefits_portal.tenants.models import Actor, Partner, User

from .conftest import WorldOn

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def world(world_on: WorldOn) -> Iterator[date]:
    with world_on(clock.today()) as day:
        yield day


@pytest.mark.slow
def test_each_of_ten_steps_leads_to_its_page_as_the_persona_who_does_it(
    client: Client,
) -> None:
    arrived = []
    for step in tour():
        page = client.post(
            reverse("demo-sign-in"), {"persona": step.persona, "next": step.url}, follow=True
        )
        arrived.append((page.status_code, page.wsgi_request.path, page.wsgi_request.user.persona))

    assert arrived == [(200, step.url, step.persona) for step in tour()]
    assert len({address for _status, address, _persona in arrived}) == 10


def test_the_list_stands_in_only_for_what_is_gone() -> None:
    lists = [reverse("benefits:azure-cloud"), reverse("licensing:products")]
    assert [step.url for step in tour() if step.url in lists] == [reverse("benefits:azure-cloud")]


def test_a_step_is_marked_once_it_was_done_and_not_by_the_story() -> None:
    assert [step.done for step in tour()] == [
        None,
        False,
        False,
        False,
        None,
        False,
        False,
        None,
        False,
        None,
    ]

    admin = User.objects.get(persona="partner-admin")
    credit = Benefit.objects.get(pk=tour()[1].url.strip("/").split("/")[-1])
    person = next(
        candidate.person
        for candidate in credit.candidates("", clock.today())
        if not candidate.refusal
    )
    credit.assign(person, by=Actor(admin), on=clock.today())
    Partner.objects.filter(name="Contoso").update(days_ahead=1)

    assert [step.done for step in tour()] == [
        None,
        True,
        False,
        False,
        None,
        False,
        False,
        None,
        True,
        None,
    ]


def test_the_help_page_shows_it_to_anybody_with_links_for_the_signed_in(
    client: Client,
) -> None:
    anybody = client.get(reverse("help")).text.count('class="tour-step"')
    client.post(reverse("demo-sign-in"), {"persona": "partner-admin"})
    text = client.get(reverse("help")).text
    assert (anybody, text.count('class="tour-step"'), text.count("Go there as")) == (10, 10, 1)


def test_outside_a_demo_there_is_none(client: Client, settings: Settings) -> None:
    settings.DEMO = False
    assert "tour" not in client.get(reverse("help")).text
