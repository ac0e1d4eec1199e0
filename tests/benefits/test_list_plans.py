"""What PostgreSQL does for the orders of the list of benefits.

It reads a page off the index of that order and sorts nothing.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from benefits_portal.benefits.benefit_list.listing import BenefitListing, BenefitListingThen
from benefits_portal.benefits.holder_list import HolderListing
from benefits_portal.benefits.models import Assignment, Benefit, Membership
from benefits_portal.tenants.models import DirectoryUser, Partner
from tests.factories import (
    NOW,
    TODAY,
    BenefitFactory,
    OfferFactory,
    PackageLineFactory,
    PartnerFactory,
    TenantFactory,
)
from tests.plans import PAGES, pages_by, plan_of
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
LINES, MEMBERSHIPS = 40, 50  # of each of two partners: 2,000 benefits
INDEXES = {
    "benefit": "benefit_by_name",
    "quantity": "benefit_by_size",
    "offer": "benefit_by_offer",
    "type": "benefit_by_type",
    "expires": "benefit_by_expiration",
    "status": "benefit_by_status",
}


@pytest.fixture(scope="module")
def partner(django_db_setup: None, django_db_blocker: Any) -> Iterator[Partner]:
    """One of two partners with thousands of benefits.

    The database knows how they are spread.
    """
    with django_db_blocker.unblock(), rolled_back():
        offer, day = OfferFactory.create(), timedelta(days=1)
        for number in range(LINES):
            PackageLineFactory.create(offer=offer, quantity=number % 9 + 1)
        partners = PartnerFactory.create_batch(2)
        begun = [
            (partner, TODAY - number * day)
            for partner, number in product(partners, range(MEMBERSHIPS))
        ]
        memberships = Membership.objects.bulk_create(
            Membership(
                partner=partner,
                offer=offer,
                starts_on=start,
                ends_on=start + 60 * day,
                benefits_expire_on=start + 90 * day,
            )
            for partner, start in begun
        )
        Benefit.objects.bulk_create(
            benefit for membership in memberships for benefit in membership.plan().benefits
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE benefits_benefit")
        yield partners[0]


@pytest.mark.parametrize("direction", ["", "-"], ids=["ascending", "descending"])
@pytest.mark.parametrize(("sort", "index"), INDEXES.items(), ids=INDEXES)
def test_each_page_of_an_order_is_read_off_its_index(
    partner: Partner, sort: str, index: str, direction: str
) -> None:
    query = f"sort={direction}{sort}"
    benefits = Benefit.objects.for_partner(partner)
    found = pages_by(
        index, lambda address: BenefitListing.of(partner, address, TODAY), benefits, query
    )
    assert found == dict.fromkeys(PAGES, (True, set(), 50, 51))


# What a tab or a status leaves of thousands, where it leaves nothing
NOTHING = ["tab=ended", "tab=not-started", "status=expired", "status=not-begun", "status=redeemed"]


@pytest.mark.parametrize("query", NOTHING)
def test_what_matches_nothing_is_found_out_by_an_index(partner: Partner, query: str) -> None:
    listing = BenefitListing.of(partner, QueryDict(query), TODAY)
    rows = listing.matching(Benefit.objects.for_partner(partner))
    plan = rows.order_by().values("pk")[:1_001].explain(analyze=True)
    removed = [int(line.split(":")[1]) for line in plan.splitlines() if "Rows Removed" in line]
    assert "Seq Scan" not in plan
    assert sum(removed) == 0


# With the row that is nearest to the day of the list, and how many days after it that expires
BY_DATE = [
    ("tab=ended", 0, -1),
    ("tab=ended&sort=expires&page=last", -1, -1),
    ("sort=expires", 0, 0),
    ("sort=status", 0, 0),
]


@pytest.mark.parametrize(("query", "nearest", "days"), BY_DATE)
def test_an_index_is_read_from_the_day_of_the_list_on(
    partner: Partner, query: str, nearest: int, days: int
) -> None:
    day = TODAY + timedelta(days=65)
    listing = BenefitListing.of(partner, QueryDict(query), day)
    with CaptureQueriesContext(connection) as queries:
        page = listing.page(Benefit.objects.for_partner(partner))
    assert page.rows[nearest]["expires_on"] == day + timedelta(days=days)
    assert "Index Cond: ((benefits_benefit.partner_id = " in (plan := explained(queries))
    assert ") AND (ROW(benefits_benefit.is_license_based, " in plan


@pytest.mark.parametrize("tab", ["current", "ended"])
def test_what_has_a_type_is_counted_off_an_index(partner: Partner, tab: str) -> None:
    listing = BenefitListing.of(
        partner, QueryDict(f"type=core&tab={tab}"), TODAY + timedelta(days=65)
    )
    with CaptureQueriesContext(connection) as queries:
        listing.page(Benefit.objects.for_partner(partner))
    assert "Seq Scan on public.benefits_benefit" not in explained(queries)


def test_what_was_used_on_a_day_is_looked_up_for_the_page_alone(partner: Partner) -> None:
    listing = BenefitListingThen.of(partner, QueryDict(""), TODAY)
    with CaptureQueriesContext(connection) as queries:
        listing.page(Benefit.objects.for_partner(partner))
    assert "hashed SubPlan" not in explained(queries)


def explained(queries: CaptureQueriesContext) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (VERBOSE) {queries.captured_queries[0]['sql']}")
        return "\n".join(line for [line] in cursor.fetchall())


@pytest.fixture(scope="module")
def credit(django_db_setup: None, django_db_blocker: Any) -> Iterator[Benefit]:
    """One of two credits with thousands of holders."""
    with django_db_blocker.unblock(), rolled_back():
        tenant, day = TenantFactory.create(), timedelta(days=1)
        both = BenefitFactory.create_batch(2, partner=tenant.partner, monthly=True)
        people = DirectoryUser.objects.bulk_create(
            DirectoryUser(
                tenant=tenant,
                display_name=f"Person {n}",
                user_principal_name=f"{n}@{tenant.domain}",
            )
            for n in range(3_000)
        )
        Assignment.objects.bulk_create(
            Assignment(
                partner=tenant.partner,
                benefit=benefit,
                directory_user=person,
                assigned_on=TODAY,
                assigned_at=NOW - number * day,
                ended_at=NOW if (ended := number % 9 == 0) else None,
                ended_on=TODAY if ended else None,
            )
            for benefit in both
            for number, person in enumerate(people)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE benefits_assignment, tenants_directoryuser")
        yield both[0]


@pytest.mark.parametrize("address", ["", "sort=-assigned", "show=past"])
def test_holders_by_day_are_read_off_an_index(credit: Benefit, address: str) -> None:
    rows = credit.assignments.for_partner(credit.partner).select_related("directory_user")
    page, indexes, sorts, _expected = plan_of(HolderListing.of(QueryDict(address)), rows)
    assert ["assignment_by_time" in indexes, sorts, len(page.rows)] == [True, set(), 50]


def test_the_first_holders_are_read_off_an_index(credit: Benefit) -> None:
    plan = credit.assignments.in_order()[:21].explain()
    assert ["assignment_in_order" in plan, "Sort" in plan] == [True, False]
