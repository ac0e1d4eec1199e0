"""The first page of Your products is a prepared query, and finds what the list itself asks for."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.http import QueryDict

from benefits_portal.licensing.lists import FILTERS, SubscriptionListing, SubscriptionListingThen
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.models import Tenant
from tests.factories import TODAY, SubscriptionFactory, TenantFactory

pytestmark = pytest.mark.django_db
SOME_DAYS = [None, TODAY - timedelta(days=60), TODAY + timedelta(days=60)]


@pytest.fixture
def tenant() -> Tenant:
    """With subscriptions on both sides of each day, beside another tenant's."""
    here, elsewhere = TenantFactory.create_batch(2)
    for days in (-400, -90, -30, 0, 30, 90):
        SubscriptionFactory(tenant=here, licenses=30 - days // 30, ends_on=TODAY + timedelta(days))
        SubscriptionFactory(tenant=elsewhere, ends_on=TODAY + timedelta(days))
    return here


def pages(tenant: Tenant, as_of: date | None) -> Iterator[tuple[str, list[int], list[int]]]:
    """Each order of each tab: what a tenant's list shows first, and what the list of its rows."""
    theirs, day = Subscription.objects.in_tenant(tenant), AnyDay(TODAY, as_of)
    kind = SubscriptionListingThen if as_of else SubscriptionListing
    for show in ("", "all"):
        for sort in (f"{sign}{name}" for name in kind.columns for sign in ("", "-")):
            query = QueryDict(f"show={show}&sort={sort}")
            prepared = SubscriptionListing.of(query, day, tenant).page(theirs)
            plain = kind(query, FILTERS, on=day.day).page(theirs)
            yield (
                query.urlencode(),
                [row.pk for row in prepared.rows],
                [row.pk for row in plain.rows],
            )


@pytest.mark.parametrize("as_of", SOME_DAYS, ids=["today", "before", "later"])
def test_the_first_page_is_that_of_the_tab_order_and_day(
    tenant: Tenant, as_of: date | None
) -> None:
    found = list(pages(tenant, as_of))
    assert [prepared for _query, prepared, _plain in found] == [
        plain for _query, _prepared, plain in found
    ]
    assert {len(plain) for _query, _prepared, plain in found} >= {6}


def test_each_tenant_and_day_has_its_own_rows(tenant: Tenant) -> None:
    other = TenantFactory.create()
    SubscriptionFactory(tenant=other, ends_on=TODAY)

    def shown(place: Tenant, day: date) -> int:
        listing = SubscriptionListing.of(QueryDict(), AnyDay(day), place)
        return len(listing.page(Subscription.objects.in_tenant(place)).rows)

    tomorrow = TODAY + timedelta(days=1)
    assert [shown(place, day) for place in (tenant, other) for day in (TODAY, tomorrow)] == [
        3,
        2,
        1,
        0,
    ]
