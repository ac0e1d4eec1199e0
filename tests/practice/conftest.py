"""Practice worlds are played once for many tests, and rolled back after the last of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date
from typing import Any

import pytest
from django.contrib.auth import get_user
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from benefits_portal.practice.world import make_world
from tests.world import rolled_back

type WorldOn = Callable[[date], AbstractContextManager[date]]


@pytest.fixture(scope="session")
def world_on(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> WorldOn:
    """`with world_on(day):` the database holds the practice world as of `day`."""

    @contextmanager
    def world(day: date) -> Iterator[date]:
        with django_db_blocker.unblock(), rolled_back():
            make_world(day)
            yield day

    return world


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
