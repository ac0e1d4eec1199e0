"""What PostgreSQL does for the orders of Your products.

It reads a page off the index of that order and sorts nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from benefits_portal.licensing.lists import FILTERS, SubscriptionListing
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Tenant
from tests.factories import TODAY, ProductFactory, TenantFactory
from tests.plans import PAGES, pages_by
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
EACH = 2_000  # subscriptions of each of two tenants
INDEXES = {
    "product": "subscription_by_product",
    "licenses": "subscription_by_licenses",
    "status": "subscription_by_status",
    "ends": "subscription_by_end",
    "source": "subscription_by_source",
}


@pytest.fixture(scope="module")
def sample(django_db_setup: None, django_db_blocker: Any) -> Iterator[Tenant]:
    """One of two tenants with thousands of subscriptions.

    The database knows how they are spread.
    """
    with django_db_blocker.unblock(), rolled_back():
        products, places = ProductFactory.create_batch(20), TenantFactory.create_batch(2)
        Subscription.objects.bulk_create(
            Subscription(
                partner=sample.partner,
                tenant=sample,
                product=product,
                product_name=product.name,
                source_name=f"Offer {number % 7}",
                licenses=number % 90 + 1,
                starts_on=TODAY - timedelta(days=900),
                since=TODAY - timedelta(days=900),
                ends_on=TODAY + timedelta(days=number % 701 - 350),
            )
            for sample in places
            for number in range(EACH)
            for product in [products[number % len(products)]]
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE licensing_subscription")
        yield places[0]


@pytest.mark.parametrize("direction", ["", "-"], ids=["ascending", "descending"])
@pytest.mark.parametrize(("sort", "index"), INDEXES.items(), ids=INDEXES)
def test_each_page_of_an_order_is_read_off_its_index(
    sample: Tenant, sort: str, index: str, direction: str
) -> None:
    rows, query = Subscription.objects.in_tenant(sample), f"show=all&sort={direction}{sort}"
    found = pages_by(
        index, lambda address: SubscriptionListing(address, FILTERS, on=TODAY), rows, query
    )
    assert found == dict.fromkeys(PAGES, (True, set(), 50, 51))
