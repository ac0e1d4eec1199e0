"""How PostgreSQL counts the people of a pool: by indexes alone.

There are too few rows here for it to choose an index itself.
"""

import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benefits_portal.licensing.license_days import counts_after
from benefits_portal.licensing.models import LicenseAssignment, LicensePool, counts
from benefits_portal.licensing.models.license_peak import most_at_once
from benefits_portal.tenants.models import Actor
from tests.factories import TODAY, DirectoryUserFactory, pool
from tests.plans import nodes_of
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
TABLE = LicenseAssignment._meta.db_table
ALONE = "Index Only Scan"
PEOPLE = 200


@pytest.fixture(scope="module")
def licenses(django_db_setup: None, django_db_blocker: Any) -> Iterator[LicensePool]:
    """Of one product with hundreds of holders, beside others that were given at any time.

    The database knows how many.
    """
    with django_db_blocker.unblock(), rolled_back(), connection.cursor() as cursor:
        for days in range(-4, 10):
            hold(pool(25), PEOPLE // 4, TODAY + timedelta(days=days))
        made = pool(25)
        hold(made, PEOPLE, TODAY)
        # What tests before rolled back is still in the indexes, and counts for their cost
        cursor.execute(f"REINDEX TABLE {TABLE}; ANALYZE {TABLE}")
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        yield made


def hold(pool: LicensePool, count: int, given_on: date) -> None:
    """Give licenses to `count` people, a fifth of whom have them no more."""
    people = DirectoryUserFactory.create_batch(count, tenant=pool.tenant)
    where = {"partner": pool.tenant.partner, "tenant": pool.tenant, "product": pool.product}
    held = [
        pool.assignments.model(**where, directory_user=person, given_on=given_on)
        for person in people
    ]
    pool.assignments.bulk_create(held)
    pool.assignments.of_people(people[::5]).end(by=Actor(), on=given_on)


def reads(ask: Callable[[], object]) -> list[tuple[str, str]]:
    """How the last query of `ask` reads the licenses of people: in which way, by which index."""
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        ask()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {queries.captured_queries[-1]['sql']}")
        [[answer]] = cursor.fetchall()
    nodes = nodes_of((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])
    return sorted(
        (node["Node Type"], node.get("Index Name", ""))
        for node in nodes
        if node.get("Relation Name") == TABLE
    )


def test_people_are_counted_off_the_smallest_index(licenses: LicensePool) -> None:
    asked = reads(lambda: counts(licenses.tenant, TODAY, [licenses.product.pk]))
    assert asked == [(ALONE, "license_pool")]


def test_people_of_another_day_are_counted_off_two(licenses: LicensePool) -> None:
    asked = reads(lambda: counts(licenses.tenant, TODAY, [licenses.product.pk], then=True))
    assert asked == [(ALONE, "license_ended"), (ALONE, "license_pool")]


def test_what_came_after_a_day_is_counted_off_the_same(licenses: LicensePool) -> None:
    asked = reads(lambda: counts_after(licenses, TODAY))
    assert asked == [(ALONE, "license_ended"), (ALONE, "license_ended"), (ALONE, "license_pool")]


def test_the_most_at_once_is_counted_off_the_same(licenses: LicensePool) -> None:
    asked = reads(lambda: most_at_once(licenses.assignments, TODAY, TODAY + timedelta(days=9)))
    assert asked == [(ALONE, "license_ended")] * 3 + [(ALONE, "license_pool")] * 2
