"""The guided tour: ten steps, a bar on every page, marked by what this session did."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.models import Room
from benefits_portal.practice.tour import find_steps
from benefits_portal.practice.tour_steps import STEPS
from benefits_portal.tenants.middleware import tenant_token
from benefits_portal.tenants.models import Actor, Partner, User

from .conftest import WorldOn, persona_of

pytestmark = pytest.mark.django_db
TOUR = "/demo/tour/"


@pytest.fixture(scope="module", autouse=True)
def world(world_on: WorldOn) -> Iterator[date]:
    with world_on(clock.today()) as day:
        yield day


@pytest.fixture
def touring(client: Client) -> Client:
    """Diego, at step 1."""
    client.post(TOUR, {"go": "start"})
    return client


def done(client: Client) -> list[int]:
    """The numbers of the steps that are marked in this session."""
    steps = client.get(TOUR).text.split('class="tour-step"')[1:]
    return [number for number, step in enumerate(steps, start=1) if "data-done" in step[:20]]


def bar_of(page: Any) -> str:
    """The words of the bar on a page; empty where there is none."""
    found = re.search(r'<section class="tour-bar".*?</section>', page.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", found[0]).split()) if found else ""


# From step to step


def test_one_click_starts_the_tour_as_the_persona_of_its_first_step(client: Client) -> None:
    page = client.post(TOUR, {"go": "start"}, follow=True)

    assert (page.status_code, page.wsgi_request.path, persona_of(client)) == (
        200,
        "/",
        "partner-admin",
    )
    assert bar_of(page).startswith("Step 1 of 10 See what needs attention")


@pytest.mark.slow
def test_next_leads_through_ten_pages_and_finish_to_the_summary(touring: Client) -> None:
    arrived = []
    touring.get("/")
    for number in range(2, 11):
        page = touring.post(TOUR, {"go": str(number)}, follow=True)
        arrived.append((page.status_code, page.wsgi_request.path, persona_of(touring)))
        assert f"Step {number} of 10" in bar_of(page)
        assert "Open" not in bar_of(page)  # one is there
    summary = touring.post(TOUR, {"go": "11"}, follow=True)

    steps = find_steps(Room.objects.shared())
    assert arrived == [(200, step.url, step.persona) for step in steps[1:]]
    assert len({step.url for step in steps}) == len(STEPS) == 10
    # Looking at 1, 5 and 10 is doing them; the tour ends as whom it began
    assert "completed 3 of 10 steps" in summary.text
    assert (bar_of(summary), persona_of(touring)) == ("", "partner-admin")


def test_the_list_stands_in_only_for_what_is_gone() -> None:
    lists = [reverse("benefits:azure-cloud"), reverse("licensing:products")]
    steps = [step.url for step in find_steps(Room.objects.shared()) if step.url in lists]
    assert steps == [reverse("benefits:azure-cloud")]


@pytest.mark.parametrize("url", ["/help/", "/account/users/", "/admin-center/products/", "/nope/"])
def test_the_bar_is_on_every_page_and_leads_back(touring: Client, url: str) -> None:
    bar = bar_of(touring.get(url))

    assert bar.startswith("Step 1 of 10")
    assert "Open the page" in bar


def test_the_bar_goes_along_to_another_persona(touring: Client) -> None:
    touring.post(reverse("demo-sign-in"), {"persona": "fabrikam-admin"})

    assert "Step 1 of 10" in bar_of(touring.get("/", headers={"accept-language": "en"})) or (
        "Stap 1 van 10" in bar_of(touring.get("/"))
    )
    assert persona_of(touring) == "fabrikam-admin"


def test_closing_takes_the_bar_away_and_keeps_the_progress(touring: Client) -> None:
    touring.get("/")
    touring.post(TOUR, {"go": "4"})

    answer = touring.post(TOUR, {"go": "close", "next": "/help/"})

    assert answer.headers["Location"] == "/help/"
    assert bar_of(touring.get("/")) == ""
    assert done(touring) == [1]
    assert "Continue with step 4" in touring.get(TOUR).text


@pytest.mark.parametrize("go", ["", "nonsense", "0", "-1", "999", "٣", "1" * 50])
def test_what_is_no_step_starts_from_the_beginning(client: Client, go: str) -> None:
    client.post(TOUR, {"go": go})

    assert "Step 1 of 10" in bar_of(client.get("/"))


@pytest.mark.parametrize("go", ["next", "2", "close"])
def test_a_stranger_without_a_tour_meets_no_error(client: Client, go: str) -> None:
    assert client.post(TOUR, {"go": go}).status_code == 302


# What marks a step


def assign_credit(by: User) -> None:
    credit = Benefit.objects.get(
        pk=find_steps(Room.objects.shared())[1].url.strip("/").split("/")[-1]
    )
    person = next(
        candidate.person
        for candidate in credit.candidates("", clock.today())
        if not candidate.refusal
    )
    credit.assign(person, by=Actor(by), on=clock.today())


def test_what_others_do_as_the_same_persona_marks_nothing(touring: Client) -> None:
    neighbor = Client()
    neighbor.post(TOUR, {"go": "start"})
    assign_credit(User.objects.get(persona__slug="partner-admin"))
    Partner.objects.filter(name="Contoso").update(days_ahead=1)
    neighbor.get("/")

    assert done(touring) == []
    assert done(neighbor) == [1]


def test_an_act_of_this_session_marks_its_step(touring: Client) -> None:
    credit = Benefit.objects.get(
        pk=find_steps(Room.objects.shared())[1].url.strip("/").split("/")[-1]
    )
    person = next(
        candidate.person
        for candidate in credit.candidates("", clock.today())
        if not candidate.refusal
    )
    tenant = credit.partner.tenants.get(is_primary=True)
    answer = touring.post(
        reverse("benefits:assign", args=[credit.pk]),
        {"directory_user": person.pk, "acting_in": tenant_token(tenant)},
    )

    assert (answer.status_code, done(touring)) == (302, [2])


def test_the_limit_is_met_once_the_key_of_100_was_refused(touring: Client) -> None:
    subscription = Subscription.objects.get(
        partner__name="Contoso", product__name="Azure AD Basic", licenses=5
    )
    key = ProductKey.objects.filter(
        benefit__partner=subscription.partner,
        benefit__product=subscription.product,
        licenses=100,
    ).latest("pk")
    page = touring.post(
        reverse("licensing:extend", args=[subscription.pk]),
        {
            "key": decrypted(key.ciphertext),
            "validate": "",
            "acting_in": tenant_token(subscription.tenant),
        },
    )
    assert "would move the end date more than 3 years" in page.text
    assert done(touring) == [8]


def test_changing_the_date_marks_its_step(touring: Client) -> None:
    tenant = Partner.objects.get(name="Contoso").tenants.get(is_primary=True)
    day = clock.today("America/New_York").replace(year=clock.today().year + 1, day=1)
    touring.post(
        reverse("demo-clock"), {"today": day.isoformat(), "acting_in": tenant_token(tenant)}
    )

    assert done(touring) == [9]


@pytest.mark.parametrize(("persona", "marked"), [("member", [10]), ("global-admin", [])])
def test_looking_counts_as_the_persona_of_the_step(
    touring: Client, persona: str, marked: list[int]
) -> None:
    touring.post(reverse("demo-sign-in"), {"persona": persona})
    touring.get(reverse("benefits:azure-cloud"))

    assert done(touring) == marked


# Where it is found


@pytest.mark.parametrize("url", ["/sign-in/", "/help/"])
def test_sign_in_and_help_lead_to_it(client: Client, url: str) -> None:
    assert TOUR in client.get(url).text


def test_home_leads_to_it(client: Client) -> None:
    client.post(reverse("demo-sign-in"), {"persona": "member"})

    assert TOUR in client.get("/").text


def test_outside_a_demo_there_is_none(touring: Client, settings: Settings) -> None:
    settings.DEMO = False

    assert touring.get(TOUR).status_code == touring.post(TOUR, {"go": "start"}).status_code == 404
    assert "tour" not in touring.get(reverse("help")).text
