"""Very much is due at one partner: told in order, and looked at some at a time (R4, R5)."""

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from benefits_portal.reminders.digest_maker import (
    DUES_AT_A_TIME,
    MAX_ITEMS,
    Dues,
    new_items,
    rows,
)
from benefits_portal.reminders.models import Preference, Told
from benefits_portal.reminders.recipients import Recipient, nearest_first
from benefits_portal.reminders.topics import Due, Occasion
from tests import factories

from .world import DAY

pytestmark = [pytest.mark.django_db, pytest.mark.rule("R5")]


@pytest.fixture
def recipient() -> Recipient:
    return Recipient(factories.UserFactory.create().pk, 1, Preference())


def dues(count: int) -> Iterator[tuple[int, Due]]:
    """In the order of their things, whose days come and go."""
    for number in range(count):
        yield 1, Due(Occasion.SUBSCRIPTION_ENDS, number, DAY + timedelta(days=number % 7))


def told_of(recipient: Recipient, due: Dues) -> list[Due]:
    """What one mail tells, which is then told."""
    wanted = new_items([recipient], due, DAY)
    digest = factories.DigestFactory.create(user_id=recipient.user)
    Told.objects.bulk_create(rows(wanted, {recipient.key: digest.pk}))
    return [due for due, _threshold in wanted[recipient.key]]


def test_of_very_many_dates_the_nearest_are_told_and_then_the_next(recipient: Recipient) -> None:
    count = 2 * DUES_AT_A_TIME + 10
    in_order = sorted(((due, 0) for _partner, due in dues(count)), key=nearest_first)
    nearest = [due for due, _threshold in in_order]
    told = [told_of(recipient, dues(count)), told_of(recipient, dues(count))]
    assert told == [nearest[:MAX_ITEMS], nearest[MAX_ITEMS : 2 * MAX_ITEMS]]


def peak(recipient: Recipient, count: int) -> int:
    """Bytes that were held at once."""
    tracemalloc.start()
    new_items([recipient], dues(count), DAY)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


def test_what_is_held_does_not_grow_with_what_is_due(recipient: Recipient) -> None:
    peak(recipient, 1)
    some, many = (peak(recipient, times * DUES_AT_A_TIME) for times in (2, 8))
    assert many < 1.5 * some
