"""Practice worlds are played once for many tests, and rolled back after the last of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date

import pytest
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
