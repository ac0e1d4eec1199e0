"""What PostgreSQL does for the orders of the directory.

It reads a page off the index of that order and sorts nothing.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from benefits_portal.licensing.license_display import first_in
from benefits_portal.tenants.lists import DirectoryListing
from benefits_portal.tenants.models import DirectoryUser, DirectoryUserWord, Partner, Tenant
from tests.factories import NOW, TenantFactory
from tests.plans import PAGES, pages_by, plan_of
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
EACH = 2_000  # people in each of four tenants, of two partners
NAME, ADDRESS = "directory_user_by_name", "directory_user_by_address"
KIND, STATUS = "directory_user_by_kind", "directory_user_by_status"
INDEXES = {
    "sort=name": NAME,
    "sort=-name": NAME,
    "sort=address": ADDRESS,
    "sort=-address": ADDRESS,
    "sort=kind": KIND,
    "sort=-kind": KIND,
    "sort=status": STATUS,
    "sort=-status": STATUS,
    "show=guests": KIND,
    "show=disabled": STATUS,
}


@pytest.fixture(scope="module")
def partner(django_db_setup: None, django_db_blocker: Any) -> Iterator[Partner]:
    """One of two partners with thousands of people in two tenants.

    The database knows how they are spread.
    """
    with django_db_blocker.unblock(), rolled_back():
        first = TenantFactory.create_batch(2)
        places = [*first, *(TenantFactory.create(partner=tenant.partner) for tenant in first)]
        DirectoryUser.objects.bulk_create(
            DirectoryUser(
                tenant=tenant,
                display_name=f"Person {number * 7919 % EACH:04d}",
                user_principal_name=f"{number}@{tenant.domain}",
                kind="guest" if number % 5 == 0 else "member",
                disabled_at=NOW if number % 5 == 1 else None,
            )
            for tenant in places
            for number in range(EACH)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tenants_directoryuser")
        yield first[0].partner


@pytest.mark.parametrize(("query", "index"), INDEXES.items(), ids=INDEXES)
def test_each_page_of_an_order_is_read_off_its_index(
    partner: Partner, query: str, index: str
) -> None:
    found = pages_by(
        index,
        lambda address: DirectoryListing.of([], address),
        DirectoryUser.objects.for_partner(partner),
        query,
    )
    assert found == dict.fromkeys(PAGES, (True, set(), 50, 51))


def test_few_are_looked_up_and_those_of_a_shared_word_are_met_in_the_order(
    partner: Partner,
) -> None:
    people = DirectoryUser.objects.for_partner(partner)
    DirectoryUserWord.objects.write_all(list(people))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tenants_directoryuserword")
    tenants = list(Tenant.objects.filter(partner=partner))
    rare, shared = (
        plan_of(DirectoryListing.of(tenants, QueryDict(f"q={words}")), people)
        for words in ("1999", "person")
    )
    assert [NAME in rare[1], len(rare[0].rows)] == [False, 4]
    # Only the page, which was found by the index, is sorted again
    assert [NAME in shared[1], shared[2], len(shared[0].rows)] == [True, {"Sort"}, 50]


@pytest.mark.parametrize("words", ["", "person"])
def test_those_of_one_tenant_are_found_off_the_index_alone(partner: Partner, words: str) -> None:
    people = DirectoryUser.objects.for_partner(partner)
    DirectoryUserWord.objects.write_all(list(people))
    with connection.cursor() as cursor, CaptureQueriesContext(connection) as queries:
        cursor.execute("ANALYZE tenants_directoryuserword")
        found = first_in(Tenant.objects.filter(partner=partner)[0], words)
        cursor.execute(f"EXPLAIN {queries.captured_queries[-1]['sql']}")
        plan = " ".join(line for [line] in cursor.fetchall())
    assert [len(found), f"Index Only Scan using {NAME}" in plan] == [20, True]
