"""A prepared query answers as the queryset does, whatever was asked before."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext

from benefits_portal.prepared import PreparedQuery, prepared
from benefits_portal.tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def tenant(pk: int) -> QuerySet[Any, Any]:
    rows = Tenant.objects.filter(pk=pk)
    return rows.values_list("guid", "is_primary", "partner__moving_until")


def test_each_value_is_answered_as_the_queryset_does() -> None:
    prepared, pks = PreparedQuery(tenant), [each.pk for each in TenantFactory.create_batch(2)]
    assert [prepared.rows(pk) for pk in pks] == [list(tenant(pk)) for pk in pks]


def test_the_sql_is_put_together_once() -> None:
    asked = []

    def remembered(pk: int) -> QuerySet[Any, Any]:
        asked.append(pk)
        return tenant(pk)

    prepared = PreparedQuery(remembered)
    with CaptureQueriesContext(connection) as queries:
        assert [prepared.rows(1), prepared.rows(2)] == [[], []]
    assert [len(asked), len(queries)] == [1, 2]


def test_models_come_with_their_relations_and_annotations() -> None:
    def primary(pk: int) -> QuerySet[Tenant]:
        tenants = Tenant.objects.filter(pk=pk).select_related("partner")
        return tenants.annotate(shown_name=Upper("name"))[:1]

    asked, others = PreparedQuery(primary), TenantFactory.create_batch(2)
    for each in others:
        with CaptureQueriesContext(connection) as queries:
            [found] = asked.rows(each.pk)
            names = (found, found.partner, found.partner.name, vars(found)["shown_name"])
        assert names == (each, each.partner, each.partner.name, each.name.upper())
        assert len(queries) == 1


def test_a_union_is_prepared_too() -> None:
    def twice(pk: int) -> QuerySet[Any, Any]:
        return tenant(pk).union(tenant(pk), all=True).order_by()

    prepared_union, pk = PreparedQuery(twice), TenantFactory.create().pk
    assert prepared_union.rows(pk) == [*tenant(pk), *tenant(pk)]


def test_each_day_has_a_query_of_its_own() -> None:
    @prepared
    def since(pk: int, name: str, most: int) -> QuerySet[Any, Any]:
        return Tenant.objects.filter(pk=pk, name=name).values_list("pk")[:most]

    one, other = TenantFactory.create_batch(2)
    assert since(one.pk, one.name, 1) == [(one.pk,)]
    assert since(one.pk, other.name, 1) == []
    assert since(other.pk, other.name, 1) == [(other.pk,)]


def test_other_threads_ask_on_their_own_connection() -> None:
    asked = PreparedQuery(tenant)
    asked.rows(1)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(answered_in_a_thread, asked).result() == []


def answered_in_a_thread(asked: PreparedQuery[Any]) -> list[Any]:
    try:
        return asked.rows(1)
    finally:
        connection.close()
