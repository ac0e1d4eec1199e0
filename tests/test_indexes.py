"""Each index of a table that grows is there for a page, which is named here and uses it.

An index costs every row that is written: one that no page needs is none. Those of primary keys,
unique constraints and foreign keys to `(partner_id, id)` keep a rule instead, and have its tests.
"""

import json
from collections.abc import Iterator

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoDbBlocker

from benchmarks.databases import copy
from benchmarks.world import World
from benchmarks.world_events import READER, STAFF
from benefits_portal import clock
from benefits_portal.benefits.models import Assignment, ProductKey
from benefits_portal.tenants.models import User
from tests.plans import nodes_of
from tests.world import rolled_back

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="the plans are PostgreSQL's"),
]
SIZE = 5_000  # benefits, half of them of one partner
GROWING = [
    *("benefits_benefit", "benefits_productkey", "benefits_assignment"),
    *("licensing_subscription", "licensing_redemption", "licensing_licenseassignment"),
    *("tenants_record", "tenants_directoryuser", "tenants_directoryuserword"),
]
BENEFITS, PRODUCTS = "/mpn/benefits/azure-cloud/", "/admin-center/products/"
PEOPLE, LICENSES = "/account/users/", "/admin-center/licenses/"
OFFICE = "/back-office/"
# What is of OFFICE, seen by staff; the rest by the Global admin of the large partner
PAGES = {
    "benefit_by_name": f"{BENEFITS}?sort=benefit",
    "benefit_by_size": f"{BENEFITS}?sort=quantity",
    "benefit_by_offer": f"{BENEFITS}?sort=offer",
    "benefit_by_type": f"{BENEFITS}?sort=type",
    "benefit_by_expiration": f"{BENEFITS}?sort=expires",
    "benefit_by_status": f"{BENEFITS}?sort=status",
    "benefit_by_line": f"{BENEFITS}?q=product+07+offer+05",
    "benefit_partner_expires": f"{BENEFITS}?tab=ended",
    "benefit_partner_starts": f"{BENEFITS}?tab=not-started",
    "benefit_of_product": "/",
    "benefit_expires": OFFICE,
    "benefits_benefit_package_line_id_b46fa353": f"{OFFICE}benefits/benefit/?q=competency",
    "benefits_benefit_product_id_861be4f5": f"{OFFICE}benefits/benefit/?q=product+07",
    "benefits_productkey_benefit_id_2ad83b8a": f"{BENEFITS}{{licenses}}/",
    "product_key_ending": "/search/?q=BCDFG",
    "product_key_revoked": f"{OFFICE}benefits/productkey/?state=revoked",
    "product_key_issued": f"{OFFICE}benefits/productkey/",
    "assignment_by_time": f"{BENEFITS}{{credit}}/holders/",
    "assignment_in_order": f"{BENEFITS}{{credit}}/holders/?show=past",
    "assignment_day": f"{OFFICE}benefits/assignment/",
    "benefits_assignment_directory_user_id_df8f5222": f"{PEOPLE}1/",
    "subscription_by_product": f"{PRODUCTS}?sort=product",
    "subscription_by_licenses": f"{PRODUCTS}?sort=licenses",
    "subscription_by_status": f"{PRODUCTS}?sort=status",
    "subscription_by_end": f"{PRODUCTS}?sort=ends",
    "subscription_by_source": f"{PRODUCTS}?sort=source",
    "subscription_ends": f"{OFFICE}licensing/subscription/",
    "subscription_place_product": f"{LICENSES}1/",
    "licensing_subscription_product_id_2ffa1030": f"{OFFICE}licensing/subscription/?q=product+07",
    "redemption_of_subscription": f"{PRODUCTS}1/",
    "redemption_way": f"{OFFICE}licensing/redemption/?way__exact=reactivate",
    "redemption_day": f"{OFFICE}licensing/redemption/",
    "redemption_in_tenant": f"{BENEFITS}{{licenses}}/walkthrough/",
    "license_given": f"{OFFICE}licensing/licenseassignment/",
    "license_running": f"{LICENSES}1/?sort=given",
    "license_ended": f"{LICENSES}1/?show=past",
    "licensing_licenseassignment_directory_user_id_ac85d21e": f"{PEOPLE}1/",
    "record_partner_at": "/account/activity/",
    "record_subject_at": f"{BENEFITS}{{credit}}/history/",
    "record_at": f"{OFFICE}tenants/record/",
    "record_before_person": f"{PEOPLE}1/",
    "record_after_person": f"{PEOPLE}1/",
    "record_action": f"{OFFICE}tenants/record/?action=tenants.created",
    "record_elsewhere": f"{OFFICE}tenants/record/?how__exact=command",
    "record_refused": f"{OFFICE}tenants/record/?outcome=refused",
    "tenants_record_actor_id_d8231514": f"{OFFICE}tenants/record/?actor__id__exact=7",
    "directory_user_by_name": PEOPLE,
    "directory_user_by_address": f"{PEOPLE}?sort=address",
    "directory_user_by_kind": f"{PEOPLE}?show=guests",
    "directory_user_by_status": f"{PEOPLE}?show=disabled",
    "tenants_directoryuser_tenant_id_85627952": f"{LICENSES}1/give/",
    "directory_user_word": f"{PEOPLE}?q=tan",
    "directory_user_word_anywhere": f"{OFFICE}tenants/directoryuser/?q=tan",
}
# Of other tables, what only a list of the back office needs
OF_LISTS = {
    "order_day": f"{OFFICE}licensing/order/",
    "mail_given_up": f"{OFFICE}tenants/mail/?state=given-up",
    "digest_day": f"{OFFICE}reminders/digest/",
    "digest_gave_up": f"{OFFICE}reminders/digest/?state=given-up",
}


@pytest.fixture(scope="module")
def large_partner(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, int]]:
    """The benchmark's world; the database knows how its rows are spread."""
    with django_db_blocker.unblock(), rolled_back(), connection.cursor() as cursor:
        types = dict(ContentType.objects.values_list("model", "pk"))
        # Its rows are consistent: no foreign key is looked up one by one
        cursor.execute("SET LOCAL session_replication_role = replica")
        for part in World(SIZE, clock.today()).parts():
            copy(connection.connection, part, types, SIZE)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
        cursor.execute("ANALYZE")
        # However small it is here, a table that grows is not read whole
        cursor.execute("SET LOCAL enable_seqscan = off")
        yield {
            "credit": Assignment.objects.filter(partner=1).latest("pk").benefit_id,
            "licenses": ProductKey.objects.filter(partner=1, redeemed_at=None)
            .latest("pk")
            .benefit_id,
        }


def indexes_used_at(url: str) -> set[str]:
    client = Client()
    client.force_login(User.objects.get(pk=STAFF if url.startswith(OFFICE) else READER))
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return {index for query in queries.captured_queries for index in indexes_of(query["sql"])}


def indexes_of(sql: str) -> Iterator[str]:
    """Those that PostgreSQL uses to answer, if it is a question."""
    if not sql.startswith(("SELECT", "(SELECT")) or " FOR " in sql[-40:]:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        [[answer]] = cursor.fetchall()
    [plan] = json.loads(answer) if isinstance(answer, str) else answer
    yield from (node["Index Name"] for node in nodes_of(plan["Plan"]) if "Index Name" in node)


@pytest.mark.parametrize("index", PAGES | OF_LISTS)
def test_a_page_needs_the_index(large_partner: dict[str, int], index: str) -> None:
    assert index in indexes_used_at((PAGES | OF_LISTS)[index].format(**large_partner))


def test_no_index_is_without_a_page_that_needs_it() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.relname FROM pg_index JOIN pg_class i ON i.oid = indexrelid "
            "WHERE NOT indisunique AND indrelid = ANY(%s::regclass[])",
            [GROWING],
        )
        assert {name for [name] in cursor.fetchall()} == PAGES.keys()
