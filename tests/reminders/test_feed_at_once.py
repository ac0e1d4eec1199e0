"""What is committed late is in the feed all the same: no 304 hides it (R13)."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

import pytest
import time_machine
from django.db import OperationalError, connections, transaction

from benefits_portal import clock
from benefits_portal.reminders.models import Feed
from benefits_portal.reminders.models.feed import COMMITTED_WITHIN
from benefits_portal.tenants.models import Actor, Partner, Record, User
from tests import factories
from tests.simultaneous import IS_POSTGRES

from .test_feed import fetch

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite lets one write at a time"),
]


@contextmanager
def committed_late(act: Callable[[], object]) -> Iterator[None]:
    """`act` is done before the block, by somebody else, and committed after it."""
    done, may_commit = threading.Event(), threading.Event()

    def somebody_else() -> None:
        with transaction.atomic():
            act()
            done.set()
            may_commit.wait(timeout=60)
        connections.close_all()

    thread = threading.Thread(target=somebody_else)
    thread.start()
    assert done.wait(timeout=60)
    yield
    may_commit.set()
    thread.join()


@pytest.mark.rule("R13")
@pytest.mark.parametrize("of_catalog", [False, True])
def test_a_record_that_is_committed_after_a_later_one_changes_the_etag(
    admin: User, partner: Partner, today: date, of_catalog: bool
) -> None:
    secret = Feed.objects.make(admin.role_assignments.get(), by=Actor(admin))
    about = None if of_catalog else partner
    with time_machine.travel(clock.now() + timedelta(minutes=1), tick=False) as now:
        with committed_late(lambda: factories.RecordFactory.create(partner=about)):
            now.shift(timedelta(seconds=1))
            factories.RecordFactory.create(partner=about)
            fetched = fetch(secret).headers["ETag"]
            unchanged = fetch(secret, if_none_match=fetched).status_code
        changed = fetch(secret, if_none_match=fetched).status_code

    assert (unchanged, changed) == (304, 200)


@pytest.mark.rule("R13")
@pytest.mark.parametrize("is_late", [False, True])
def test_what_is_written_too_early_to_be_counted_is_never_committed(
    partner: Partner, is_late: bool
) -> None:
    """A minute remains for clocks that differ."""
    longest = COMMITTED_WITHIN - timedelta(minutes=1)
    with time_machine.travel(clock.now(), tick=False) as now:
        try:
            with transaction.atomic():
                factories.RecordFactory.create(partner=partner)
                now.shift(longest + timedelta(seconds=is_late))
        except OperationalError:
            assert is_late

    assert Record.objects.for_partner(partner).exists() is not is_late
