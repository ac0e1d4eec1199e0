"""Practice worlds are told once for many tests, and rolled back after the last of them."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date

import pytest

from benefits_portal.practice.world import make_world
from tests.world import undone

type Told = Callable[[date], AbstractContextManager[date]]


@pytest.fixture(scope="session")
def told(django_db_setup: None, django_db_blocker) -> Told:
    """`with told(day):` the database holds the practice world as of `day`."""

    @contextmanager
    def telling(day: date) -> Iterator[date]:
        with django_db_blocker.unblock(), undone():
            make_world(day)
            yield day

    return telling
