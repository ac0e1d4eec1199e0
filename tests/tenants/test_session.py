"""The end of a session: told, not put off by asking, put off by one POST."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.tenants.models import User
from benefits_portal.tenants.views.session import NEAR

POSTGRES_OPTIONS, JSON = reverse("tenants:session"), {"Accept": "application/json"}
WHOLE = settings.SESSION_COOKIE_AGE


@pytest.fixture
def signed_in(admin: User) -> Client:
    admin.set_password("a long enough one")
    admin.save()
    client = Client()
    client.post(
        reverse("tenants:sign-in"), {"username": admin.email, "password": "a long enough one"}
    )
    return client


def left(client: Client) -> int:
    return client.get(POSTGRES_OPTIONS, headers=JSON).json()["seconds"]


def end_in(client: Client, time: timedelta) -> None:
    session = client.session
    session.set_expiry(clock.now() + time)
    session.save()


def test_it_ends_a_working_day_after_signing_in_whatever_is_asked_for(
    signed_in: Client,
) -> None:
    assert WHOLE - 60 < left(signed_in) <= WHOLE
    end_in(signed_in, timedelta(minutes=3))
    signed_in.get(reverse("home"))
    assert 120 < left(signed_in) <= 180


def test_one_post_makes_it_whole_again_as_often_as_one_likes(signed_in: Client) -> None:
    for _ in range(2):
        end_in(signed_in, timedelta(minutes=3))
        assert (
            WHOLE - 60 < signed_in.post(POSTGRES_OPTIONS, headers=JSON).json()["seconds"] <= WHOLE
        )
    assert signed_in.post(POSTGRES_OPTIONS).templates[0].name == "tenants/session.html"


@pytest.fixture
def clock_at_noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False) as traveller:
        yield traveller


def hours_signed_in(
    clock_at_noon: time_machine.Traveller, signed_in: Client, stay_every: int
) -> int:
    """For how many hours somebody is, who stays signed in every so many hours."""
    for hour in range(24):
        if left(signed_in) == 0:
            return hour
        if hour % stay_every == 0:
            signed_in.post(POSTGRES_OPTIONS, headers=JSON)
        clock_at_noon.shift(timedelta(hours=1))
    return 24


@pytest.mark.parametrize(("stay_every", "hours"), [(24, 8), (7, 12), (1, 12)])
def test_nobody_stays_signed_in_for_more_than_twelve_hours(
    clock_at_noon: time_machine.Traveller, signed_in: Client, stay_every: int, hours: int
) -> None:
    assert hours_signed_in(clock_at_noon, signed_in, stay_every) == hours


def test_the_longest_time_is_a_setting(
    settings: Settings, clock_at_noon: time_machine.Traveller, signed_in: Client
) -> None:
    settings.SESSION_MAX_AGE = 3 * 60 * 60
    assert hours_signed_in(clock_at_noon, signed_in, 1) == 3


def test_the_last_end_is_told_and_offers_no_staying(
    clock_at_noon: time_machine.Traveller, signed_in: Client
) -> None:
    assert signed_in.get(POSTGRES_OPTIONS, headers=JSON).json()["final"] is False
    for _ in range(2):
        clock_at_noon.shift(timedelta(hours=5, minutes=55))
        page = signed_in.post(POSTGRES_OPTIONS).text
    home = signed_in.get(reverse("home")).text
    assert (
        "You stay signed in until 12:00 AM UTC, which is the longest possible. After that, sign "
        "in again." in page
    )
    assert "You'll be signed out at 12:00 AM UTC." in home
    assert "Stay longer" not in home, "only in the dialog, where the script hides it"
    assert home.count("data-stay") == 1, "only in the dialog, where the script hides it"
    assert signed_in.get(POSTGRES_OPTIONS, headers=JSON).json()["final"] is True


def test_a_session_from_before_its_beginning_was_kept_is_not_put_off(signed_in: Client) -> None:
    end_in(signed_in, timedelta(minutes=3))
    session = signed_in.session
    del session["signed_in_at"]
    session.save()
    assert signed_in.post(POSTGRES_OPTIONS, headers=JSON).json()["seconds"] <= 180


@pytest.mark.parametrize(
    ("before", "is_near"), [(timedelta(minutes=1), True), (-timedelta(minutes=1), False)]
)
def test_a_page_tells_it_when_it_is_near(
    signed_in: Client, before: timedelta, is_near: bool
) -> None:
    end_in(signed_in, NEAR - before)
    text = signed_in.get(reverse("home")).text
    assert "Signed in until" in text
    assert ("data-near" in text) == is_near


def test_whoever_is_not_signed_in_has_no_time_left_and_is_asked_to_sign_in(db: None) -> None:
    assert left(Client()) == 0
    assert Client().post(POSTGRES_OPTIONS, headers=JSON).json()["seconds"] == 0
    assert Client().get(POSTGRES_OPTIONS).headers["Location"] == reverse("tenants:sign-in")
