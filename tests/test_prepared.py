"""A prepared query answers as the queryset does, whatever was asked before."""

from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext

from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Tenant
from tests.factories import TenantFactory

pytestmark = pytest.mark.django_db


def tenant(pk: int) -> QuerySet[Any, Any]:
    return Tenant.objects.filter(pk=pk).values_list("guid", "is_primary", "partner__moving_until")


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
