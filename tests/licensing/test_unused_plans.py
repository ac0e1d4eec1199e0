"""What PostgreSQL reads to add up what is unused: the partner's own, no more than is told."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benefits_portal.benefits.models import Benefit, Membership, ProductKey
from benefits_portal.licensing.home.unused_queries import unused_keys
from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.tenants.models import Partner
from tests.factories import TODAY, OfferFactory, PackageLineFactory, PartnerFactory
from tests.plans import nodes_of
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
LINES, MEMBERSHIPS = 60, 40  # of each of two partners: 2,400 keys


@pytest.fixture(scope="module")
def partner(django_db_setup: None, django_db_blocker: Any) -> Iterator[Partner]:
    """One of two partners with thousands of keys; the database knows how they are spread."""
    with django_db_blocker.unblock(), rolled_back():
        offer = OfferFactory.create()
        PackageLineFactory.create_batch(LINES, offer=offer)
        partners = PartnerFactory.create_batch(2)
        memberships = Membership.objects.bulk_create(
            Membership(
                partner=partner,
                offer=offer,
                starts_on=TODAY - timedelta(days=number),
                ends_on=TODAY + timedelta(days=300 - number),
                benefits_expire_on=TODAY + timedelta(days=330 - number),
            )
            for partner in partners
            for number in range(MEMBERSHIPS)
        )
        benefits = Benefit.objects.bulk_create(
            benefit for membership in memberships for benefit in membership.plan().benefits
        )
        ProductKey.objects.bulk_create(
            ProductKey(
                partner_id=benefit.partner_id,
                benefit=benefit,
                product_id=benefit.product_id,
                licenses=benefit.quantity or 1,
                digest=f"{number:064}",
                ciphertext="-",
                last_five=f"{number:05}",
            )
            for number, benefit in enumerate(benefits)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE benefits_benefit, benefits_productkey")
        yield partners[0]


def test_no_more_rows_are_read_than_are_added_up(partner: Partner) -> None:
    with CaptureQueriesContext(connection) as queries:
        unused_keys(partner, TODAY)
    [query] = queries.captured_queries
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
        [[answer]] = cursor.fetchall()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    assert max(node["Actual Rows"] for node in nodes_of(plan)) == MAX_COUNT + 1
