"""The first page of a product's people, prepared, holds what it holds unprepared (H1, L9)."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict

from benefits_portal.licensing.license_list import LicenseListing
from benefits_portal.licensing.models import LicensePool
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.models import Actor, DirectoryUser, Tenant
from tests.factories import TODAY, DirectoryUserFactory, pool

pytestmark = [pytest.mark.django_db, pytest.mark.rule("H1")]

BY = Actor()
STATES = [
    "",
    "sort=-name",
    "sort=address",
    "sort=-given",
    "who=guests",
    "who=disabled",
    "show=past",
    "show=past&who=guests&sort=-address",
]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def pools(tenant: Tenant) -> list[LicensePool]:
    """Two products of one tenant: three people have the first one, and two the second."""
    pools = [pool(3, tenant=tenant, starts_on=ago(100)) for _each in range(2)]
    ann, bob, cas = (
        DirectoryUserFactory.create(tenant=tenant, display_name=name, kind=kind)
        for name, kind in (("Ann", "member"), ("Bob", DirectoryUser.Kind.GUEST), ("Cas", "member"))
    )
    for nth, person in enumerate((cas, bob, ann)):
        pools[0].give(person, by=BY, on=ago(30 - nth))
    pools[1].give(bob, by=BY, on=ago(15))
    pools[1].give(cas, by=BY, on=ago(5))
    pools[0].assignments.get(directory_user=bob).take(by=BY, on=ago(10))
    cas.disable(by=BY)
    return pools


@pytest.mark.parametrize("state", STATES)
def test_a_first_page_is_the_same_prepared(pools: list[LicensePool], state: str) -> None:
    days = [AnyDay(TODAY), *(AnyDay(TODAY, as_of=ago(days)) for days in (29, 12, 9))]
    asked = [(LicenseListing.of(QueryDict(state), day, 0), each) for day in days for each in pools]
    assert [listing.page_of(each) for listing, each in asked] == [
        listing.page(each.assignments) for listing, each in asked
    ]


def names(pools: list[LicensePool], state: str, on: date | None = None) -> list[list[object]]:
    listing = LicenseListing.of(QueryDict(state), AnyDay(TODAY, as_of=on), 0)
    return [[row["name"] for row in listing.rows(listing.page_of(each).rows)] for each in pools]


def test_what_is_prepared_is_asked_of_the_product_and_the_day(pools: list[LicensePool]) -> None:
    assert [
        names(pools, ""),
        names(pools, "sort=-name"),
        names(pools, "show=past"),
        names(pools, "", ago(12)),
        names(pools, "", ago(29)),
    ] == [
        [["Ann", "Cas"], ["Bob", "Cas"]],
        [["Cas", "Ann"], ["Cas", "Bob"]],
        [["Bob"], []],
        [["Ann", "Bob", "Cas"], ["Bob"]],
        [["Bob", "Cas"], []],
    ]
