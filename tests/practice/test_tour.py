"""The guided tour: ten steps, each on a page that is there, marked by what was done."""

from collections.abc import Iterator
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.benefits.productkeys import decrypted
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.tour import tour
from benefits_portal.tenants.middleware import tenant_token
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


ONLY_LOOKED_AT = [
    True,
    False,
    False,
    False,
    True,
    False,
    False,
    False,
    False,
    False,
]


def done() -> list[int]:
    """The numbers of the steps that are ticked."""
    return [number for number, step in enumerate(tour(), start=1) if step.done]


def test_the_story_ticks_no_step_and_looking_leaves_no_trace() -> None:
    assert done() == []
    assert [step.done is None for step in tour()] == ONLY_LOOKED_AT


def test_a_step_is_ticked_once_it_was_done() -> None:
    admin = User.objects.get(persona="partner-admin")
    credit = Benefit.objects.get(pk=tour()[1].url.strip("/").split("/")[-1])
    person = next(
        candidate.person
        for candidate in credit.candidates("", clock.today())
        if not candidate.refusal
    )
    credit.assign(person, by=Actor(admin), on=clock.today())
    Partner.objects.filter(name="Contoso").update(days_ahead=1)
    assert done() == [2, 9]


def test_the_limit_is_met_once_the_key_of_100_was_refused(client: Client) -> None:
    client.post(reverse("demo-sign-in"), {"persona": "partner-admin"})
    subscription = Subscription.objects.get(
        partner__name="Contoso", product__name="Azure AD Basic", licenses=5
    )
    key = ProductKey.objects.filter(
        benefit__partner=subscription.partner,
        benefit__product=subscription.product,
        licenses=100,
    ).latest("pk")
    acting_in = tenant_token(subscription.tenant)
    page = client.post(
        reverse("licensing:extend", args=[subscription.pk]),
        {"key": decrypted(key.ciphertext), "validate": "", "acting_in": acting_in},
    )
    assert "would move the end date more than 3 years" in page.text
    assert done() == [8]


@pytest.mark.parametrize(
    ("persona", "ticked"), [("member", [10]), ("global-admin", []), ("fabrikam-admin", [])]
)
def test_the_member_s_step_is_ticked_by_signing_in_as_the_member(
    client: Client, persona: str, ticked: list[int]
) -> None:
    client.post(reverse("demo-sign-in"), {"persona": persona})
    assert done() == ticked


def test_the_help_page_says_which_steps_cannot_be_ticked(client: Client) -> None:
    client.post(reverse("demo-sign-in"), {"persona": "member"})
    steps = client.get(reverse("help")).text.split('class="tour-step"')[1:]
    marks = [("data-done" in step, "Leaves no trace" in step) for step in steps]
    looked_at, ticked, open_step = (False, True), (True, False), (False, False)
    assert marks == [looked_at, *[open_step] * 3, looked_at, *[open_step] * 4, ticked]


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
