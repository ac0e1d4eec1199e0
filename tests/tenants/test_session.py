"""The end of a session: told, not put off by asking, put off by one POST."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.tenants.models import User
from benefits_portal.tenants.views.session import NEAR

SESSION, JSON = reverse("tenants:session"), {"Accept": "application/json"}
WHOLE = settings.SESSION_COOKIE_AGE


@pytest.fixture
def signed_in(admin: User) -> Client:
    admin.set_password("a long enough one")
    admin.save()
    client = Client()
    client.post(reverse("tenants:sign-in"), {"username": admin.email, "password": "a long enough one"})
    return client


def left(client: Client) -> int:
    return client.get(SESSION, headers=JSON).json()["seconds"]


def end_in(client: Client, time: timedelta) -> None:
    session = client.session
    session.set_expiry(clock.now() + time)
    session.save()


def test_it_ends_a_working_day_after_signing_in_and_asking_does_not_put_it_off(signed_in: Client) -> None:
    assert WHOLE - 60 < left(signed_in) <= WHOLE
    end_in(signed_in, timedelta(minutes=3))
    signed_in.get(reverse("home"))
    assert 120 < left(signed_in) <= 180


def test_one_post_makes_it_whole_again_as_often_as_one_likes(signed_in: Client) -> None:
    for _ in range(2):
        end_in(signed_in, timedelta(minutes=3))
        assert WHOLE - 60 < signed_in.post(SESSION, headers=JSON).json()["seconds"] <= WHOLE
    assert signed_in.post(SESSION).templates[0].name == "tenants/session.html"


@pytest.mark.parametrize(("before", "told"), [(timedelta(minutes=1), True), (-timedelta(minutes=1), False)])
def test_a_page_tells_it_when_it_is_near(signed_in: Client, before: timedelta, told: bool) -> None:
    end_in(signed_in, NEAR - before)
    text = signed_in.get(reverse("home")).text
    assert ("Signed in until" in text, "data-near" in text) == (True, told)


def test_whoever_is_not_signed_in_has_no_time_left_and_is_asked_to_sign_in(db: None) -> None:
    assert left(Client()) == 0
    assert Client().post(SESSION, headers=JSON).json()["seconds"] == 0
    assert Client().get(SESSION).headers["Location"] == reverse("tenants:sign-in")
