"""Practice worlds are played once for many tests, and rolled back after the last of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

import pytest
from django.contrib.auth import get_user
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benefits_portal import clock
from benefits_portal.practice import codes
from benefits_portal.practice.models import Class
from benefits_portal.practice.world import make_world
from benefits_portal.tenants.models import User
from tests.factories import ClassFactory
from tests.kept_rows import lay_out
from tests.world import rolled_back

type WorldOn = Callable[[date], AbstractContextManager[date]]


class Taught(NamedTuple):
    """A class, and by the trainees' names what their browsers keep, and their return codes."""

    of_class: Class
    cookies: dict[str, SimpleCookie]
    return_codes: dict[str, str]


@pytest.fixture(scope="session")
def world_on(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> WorldOn:
    """`with world_on(day):` the database holds the practice world as of `day`."""

    @contextmanager
    def world(day: date) -> Iterator[date]:
        with django_db_blocker.unblock(), rolled_back():
            lay_out(make_world, day)
            yield day

    return world


@pytest.fixture(scope="module")
def taught(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Taught]:
    """A class with Anna's room and Bob's, beside the practice world of today."""
    with django_db_blocker.unblock(), rolled_back():
        yield lay_out(make_class, "contoso")


def make_class(situation: str) -> Taught:
    lay_out(make_world, clock.today())
    trainer = User.objects.get(persona__slug="trainer")
    of_class = ClassFactory.create(made_by=trainer, situation=situation)
    browsers = {name: Client() for name in ("Anna", "Bob")}
    return_codes = {name: join(of_class, name, browser) for name, browser in browsers.items()}
    cookies = {name: browser.cookies for name, browser in browsers.items()}
    return Taught(of_class, cookies, return_codes)


def join(of_class: Class, name: str, client: Client) -> str:
    """Go into a new room of the class; its return code."""
    url = reverse("practice-join", args=[codes.spaced(of_class.code())])
    entry = client.get(url).context["form"].initial["entry"]
    page = client.post(url, {"name": name, "entry": entry}, follow=True)
    return str(page.context["return_code"])


@pytest.fixture
def signed_in(client: Client) -> Callable[[str], Client]:
    """The client, signed in by a click on a persona's card."""

    def sign_in(persona: str) -> Client:
        client.post(reverse("demo-sign-in"), {"persona": persona})
        return client

    return sign_in


def persona_of(client: Client) -> str | None:
    """Whom the client is signed in as."""
    persona = getattr(get_user(client), "persona", None)
    return persona.slug if persona else None


def messages_of(response: Any) -> list[str]:
    """What the next page says."""
    return [str(message) for message in get_messages(response.wsgi_request)]
