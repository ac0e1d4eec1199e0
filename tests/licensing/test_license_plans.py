"""How PostgreSQL counts the people of a pool: by its tallies, and where one is given by an index.

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
from benefits_portal.licensing.models import (
    LicenseAssignment,
    LicensePool,
    LicenseTally,
    counts,
    outlooks,
    over_since,
)
from benefits_portal.licensing.models.license_peak import most_at_once
from benefits_portal.tenants.models import Actor
from tests.factories import TODAY, DirectoryUserFactory, pool
from tests.plans import nodes_of
from tests.world import rolled_back

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
TABLE, TALLIES = LicenseAssignment._meta.db_table, LicenseTally._meta.db_table
PEOPLE = 200
NINE_DAYS = timedelta(days=9)
LATE = TODAY + timedelta(days=900)  # nothing runs any more


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
        for table in (TABLE, TALLIES):
            cursor.execute(f"REINDEX TABLE {table}; ANALYZE {table}")
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


def reads(ask: Callable[[], object]) -> set[tuple[str, str]]:
    """How the last query of `ask` reads licenses of people or tallies: in which way, by what."""
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        ask()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {queries.captured_queries[-1]['sql']}")
        [[answer]] = cursor.fetchall()
    nodes = nodes_of((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])
    return {
        (node["Node Type"], node.get("Index Name", ""))
        for node in nodes
        if node.get("Relation Name") in (TABLE, TALLIES)
    }


ASKED: dict[str, Callable[[LicensePool], object]] = {
    "how many there are": lambda each: counts(each.tenant, TODAY, [each.product.pk]),
    "how many there were": lambda each: counts(each.tenant, TODAY, [each.product.pk], then=True),
    "of all products": lambda each: outlooks(each.tenant, TODAY, then=True),
    "what came later": lambda each: counts_after(each, TODAY),
    "the most at once": lambda each: most_at_once(each, TODAY, TODAY + NINE_DAYS),
    "since when too few": lambda each: over_since(each.tenant, outlooks(each.tenant, LATE), LATE),
}


@pytest.mark.parametrize("question", ASKED)
def test_pages_count_people_by_tallies_alone(licenses: LicensePool, question: str) -> None:
    asked = reads(lambda: ASKED[question](licenses))
    assert asked
    assert asked <= {("Index Scan", "license_tally_of_day"), ("Index Scan", "license_tally_ever")}


def test_whoever_gives_one_counts_the_people_off_an_index_alone(licenses: LicensePool) -> None:
    asked = reads(licenses.assignments.running().count)
    assert asked == {("Index Only Scan", "license_running")}
