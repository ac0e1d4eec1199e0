"""Where the way counts, the portal's own pages leave what an exercise asks for (X2)."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benefits_portal import clock
from benefits_portal.benefits.key_encryption import decrypted
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.dates import add_months
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import Subscription
from benefits_portal.practice.exercises import begin, check, exercises, exercises_of, show_me
from benefits_portal.practice.exercises.actions import scope_of
from benefits_portal.practice.models import Room
from benefits_portal.practice.world import make_for_classes
from benefits_portal.reminders.models import Digest
from benefits_portal.tenants.middleware import tenant_token
from tests.factories import ClassFactory
from tests.world import rolled_back

from .conftest import join

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def arrived(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Client]:
    """Anna's browser, as the partner admin of her room."""
    with django_db_blocker.unblock(), rolled_back():
        make_for_classes(clock.today())
        join(ClassFactory.create(), "Anna", client := Client())
        yield client


@pytest.fixture
def anna(arrived: Client, db: None) -> Iterator[Client]:
    with rolled_back():
        yield arrived


def room() -> Room:
    return Room.objects.select_related("of_class").get(name="Anna")


def test_get_key_verifies_the_tenant_that_one_works_in(anna: Client) -> None:
    exercise = exercises()["verify-the-tenant"]
    begin(room(), exercise)
    benefit = Benefit.objects.filter(
        product_name="Microsoft 365 Audio Conferencing", offer_name="Silver competency"
    ).latest("starts_on")
    home = benefit.partner.tenants.get(is_primary=True)

    page = anna.post(
        reverse("licensing:key", args=[benefit.pk]),
        {"verified": "on"} | {"acting_in": tenant_token(home)},
    )

    assert page.status_code == 200
    assert check(room(), exercise).finding == "not-redeemed"


def test_a_key_that_does_not_fit_is_refused_on_the_page(anna: Client) -> None:
    exercise = exercises()["three-year-limit"]
    begin(room(), exercise)
    subscription = Subscription.objects.get(product_name="Azure AD Basic", licenses=5)
    key = ProductKey.objects.filter(product=subscription.product, licenses=25).latest("pk")

    anna.post(
        reverse("licensing:extend", args=[subscription.pk]),
        {"key": decrypted(key.ciphertext), "validate": ""}
        | {"acting_in": tenant_token(subscription.tenant)},
    )

    assert check(room(), exercise).finding == "too-few-licenses"


@pytest.mark.parametrize(
    ("slug", "where", "says"),
    [
        ("look-around", lambda start: start, " keys ({} licenses)"),
        (
            "another-day",
            lambda start: f"{start}?on={add_months(room_today(), -3)}",
            "Visio Plan 2 6 {} ",
        ),
        ("compare-the-ways", lambda start: start + "walkthrough/", "With Add licenses · {} "),
    ],
)
def test_a_page_says_the_figure_that_is_asked_for(
    anna: Client, slug: str, where: Callable[[str], str], says: str
) -> None:
    figure = figure_of(slug)
    page = anna.get(where(exercises()[slug].url(room())))

    assert says.format(as_day(figure) if isinstance(figure, date) else figure) in words(page)


def test_roles_say_how_many_people_may_act(anna: Client) -> None:
    page = words(anna.get(reverse("tenants:roles")))

    assert len(re.findall(r"(?:Global|MPN partner) admin \S+@", page)) == figure_of("who-may-act")


def figure_of(slug: str) -> Any:
    """What is to be typed for an exercise."""
    exercise = exercises()[slug]
    begin(room(), exercise)
    figures = exercise.figures(scope_of(room(), exercise))
    return figures.right if figures else None


def test_time_passes_once_it_is_shown_and_not_when_it_is_tried(anna: Client) -> None:
    exercise, today = exercises()["let-time-pass"], room_today()
    begun = begin(room(), exercise)

    show_me(room(), exercise)

    assert begun.on == today
    assert room_today() == today + timedelta(days=20)
    assert Digest.objects.filter(partner=room().partners().get()).exists()


def room_today() -> date:
    return room().partners().get().today()


def words(page: Any) -> str:
    """What is written on a page."""
    return " ".join(re.sub(r"<[^>]*>", " ", page.text).split())


def test_each_exercise_begins_on_a_page_that_is_there(anna: Client) -> None:
    lists = {reverse("benefits:azure-cloud"), reverse("licensing:products"), reverse("home")}
    urls = {exercise.slug: exercise.url(room()) for exercise in exercises_of(room())}

    assert {slug: anna.get(url).status_code for slug, url in urls.items()} == dict.fromkeys(
        urls, 200
    )
    assert {slug for slug, url in urls.items() if url in lists} == {
        *("give-monthly-credit", "add-without-losing-time", "rescue-before-deletion"),
        *("two-keys-expire-soon", "ask-for-a-replacement", "everything-ends-on-one-day"),
        *("look-around", "who-may-act"),
    }
