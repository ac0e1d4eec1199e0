"""The most people that had a license at once between two days, against brute force (H6)."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from benefits_portal.licensing.models import LicenseAssignment, LicensePool
from benefits_portal.licensing.models.license_peak import Peak, most_at_once
from tests import factories
from tests.factories import NOW, TODAY
from tests.properties import BEFORE_A_RELEASE

pytestmark = [pytest.mark.django_db, pytest.mark.rule("H6")]

DAY = timedelta(days=1)
offsets = st.integers(0, 12)
stretches = st.lists(st.tuples(offsets, st.none() | offsets), max_size=8)


def held(stretch: tuple[int, int | None], day: date) -> bool:
    """Whether a license given so many days after TODAY, and taken so many later, is held."""
    begin, length = stretch
    begins = TODAY + begin * DAY
    return begins <= day and (length is None or day < begins + length * DAY)


def brute_force(stretches: list[tuple[int, int | None]], first: date, last: date) -> Peak:
    """Counted on every day."""
    days = [first + number * DAY for number in range((last - first).days + 1)]
    counts = [sum(held(stretch, day) for stretch in stretches) for day in days]
    return Peak(max(counts), days[counts.index(max(counts))])


def give(stretches: list[tuple[int, int | None]]) -> LicensePool:
    product, tenant = factories.ProductFactory.create(), factories.TenantFactory.create()
    for begin, length in stretches:
        begins = TODAY + begin * DAY
        ended = {} if length is None else {"ended_on": begins + length * DAY, "ended_at": NOW}
        person = factories.DirectoryUserFactory.create(tenant=tenant)
        LicenseAssignment.objects.create(
            partner=tenant.partner,
            tenant=tenant,
            product=product,
            directory_user=person,
            given_on=begins,
            **ended,
        )
    return LicensePool(tenant, product)


@pytest.mark.parametrize("examples", [25, pytest.param(1_000, marks=BEFORE_A_RELEASE)])
def test_the_most_at_once_is_what_counting_every_day_finds(examples: int) -> None:
    @settings(max_examples=examples)
    @given(stretches=stretches, first=offsets, length=offsets)
    def check(stretches: list[tuple[int, int | None]], first: int, length: int) -> None:
        begins = TODAY + first * DAY
        with transaction.atomic():
            found = most_at_once(give(stretches), begins, begins + length * DAY)
            transaction.set_rollback(True)
        assert found == brute_force(stretches, begins, begins + length * DAY)

    check()


@pytest.mark.parametrize(
    ("stretches", "people"),
    [
        ([(0, None), (1, 1), (2, 1)], 2),  # one after the other
        ([(0, None), (1, 2), (2, 1)], 3),
        ([(0, 0)], 0),  # given and taken on one day
        ([(20, None)], 0),  # later
        ([(0, 1)], 1),  # taken on the second day
        ([], 0),
    ],
)
def test_who_follows_another_is_not_there_at_once(
    stretches: list[tuple[int, int | None]], people: int
) -> None:
    found = most_at_once(give(stretches), TODAY, TODAY + 10 * DAY)
    assert found.people == people


def test_it_takes_one_query_however_many_people_there_are(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    pool = give([(number, 3) for number in range(10)])
    with django_assert_num_queries(1):
        found = most_at_once(pool, TODAY, TODAY + 20 * DAY)
    assert found == Peak(3, TODAY + 2 * DAY)
