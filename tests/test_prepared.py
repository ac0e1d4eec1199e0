"""A prepared query answers as the queryset does, whatever was asked before."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Upper
from django.test.utils import CaptureQueriesContext
from django.utils.connection import ConnectionDoesNotExist
from pytest_django import Settings

from benefits_portal import replica
from benefits_portal.benefits.models import Benefit
from benefits_portal.dates import add_months
from benefits_portal.licensing.models import LicenseAction
from benefits_portal.prepared import PreparedQuery, in_one_text, padded, prepared
from benefits_portal.tenants.audit.record_queryset import given_to
from benefits_portal.tenants.models import Actor, DirectoryUserWord, Record, Tenant
from tests.factories import TODAY, BenefitFactory, DirectoryUserFactory, TenantFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def tenant(pk: int) -> QuerySet[Any, Any]:
    rows = Tenant.objects.filter(pk=pk)
    return rows.values_list("guid", "is_primary", "partner__moving_until")


def expiring(partner: int, on: date, *, within: int = 30) -> QuerySet[Benefit]:
    theirs = Benefit.objects.filter(partner=partner).select_related("product")
    return theirs.expiring_within(within, on).order_by("pk")


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


@pytest.mark.parametrize("read", ["rows", "tuples"])
def test_each_request_is_answered_by_the_database_that_the_router_names(
    settings: Settings, read: str
) -> None:
    """The tests have no replica, so asking it ends with its name."""
    settings.DATABASE_ROUTERS = ["benefits_portal.replica.Router"]
    ask = getattr(PreparedQuery(tenant), read)
    assert ask(1) == []
    with reads_from_replica(), pytest.raises(ConnectionDoesNotExist, match="replica"):
        ask(1)
    assert ask(1) == []


@contextmanager
def reads_from_replica() -> Iterator[None]:
    token = replica._from_replica.set(True)
    yield
    replica._from_replica.reset(token)


def test_tuples_are_the_rows_of_a_values_list() -> None:
    prepared, pks = PreparedQuery(tenant), [each.pk for each in TenantFactory.create_batch(2)]
    assert [prepared.tuples(pk) for pk in pks] == [prepared.rows(pk) for pk in pks]


def test_texts_are_asked_for_as_they_are() -> None:
    def named(name: str, sort_name: str) -> QuerySet[Tenant]:
        return Tenant.objects.filter(name=name, sort_name=sort_name)

    asked, others = PreparedQuery(named), TenantFactory.create_batch(2)
    assert [asked.rows(each.name, each.sort_name) for each in others] == [[each] for each in others]


def test_texts_in_bytes_are_asked_for_with_what_follows_them() -> None:
    def beginning_with(partner: int, term: str) -> QuerySet[DirectoryUserWord]:
        theirs = DirectoryUserWord.objects.filter(partner=partner)
        return theirs.beginning_with(term).order_by("word")

    asked = PreparedQuery(beginning_with)
    ann, bob = (DirectoryUserFactory.create(display_name=name) for name in ("Ann", "Bo Björk"))
    assert [str(word) for word in asked.rows(ann.partner_id, "ann")] == ["ann"]
    assert [str(word) for word in asked.rows(bob.partner_id, "bj")] == ["bjoerk", "bjork"]
    assert asked.rows(ann.partner_id, "bj") == []


def test_numbers_in_json_are_asked_for_too() -> None:
    def given(partner: int, person: int) -> QuerySet[Record]:
        return Record.objects.filter(given_to([person]), partner=partner)

    asked, partner = PreparedQuery(given), TenantFactory.create().partner
    ann, bob = (
        Record.objects.log(LicenseAction.GIVEN, by=Actor(), partner=partner, after={"person": pk})
        for pk in (7, 8)
    )
    assert [asked.rows(partner.pk, pk) for pk in (7, 8, 9)] == [[ann], [bob], []]


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        ([], [0]),
        ([7], [7]),
        ([7, 8], [7, 8]),
        ([7, 8, 9], [7, 8, 9, 9]),
        (range(1, 6), [1, 2, 3, 4, 5, 5, 5, 5]),
    ],
)
def test_keys_are_padded_to_few_numbers_of_them(keys: Iterable[int], asked: list[int]) -> None:
    assert padded(keys, 0) == asked


def test_any_number_of_keys_is_asked_for_by_few_forms() -> None:
    forms = []

    def named(*pks: int) -> QuerySet[Tenant]:
        forms.append(len(pks))
        return Tenant.objects.filter(pk__in=pks).order_by("pk")

    asked, tenants = PreparedQuery(named), TenantFactory.create_batch(8)
    for many in range(9):
        assert asked.rows(*padded((each.pk for each in tenants[:many]), 0)) == tenants[:many]
    assert forms == [1, 2, 4, 8]


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
        one = tenant(pk).order_by()  # SQLite orders no part of a union
        return one.union(one, all=True).order_by()

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


@pytest.mark.parametrize("days", [0, 1, 29, 30, 31])
def test_days_are_added_to_the_day_that_is_given(days: int) -> None:
    benefit, prepared = BenefitFactory.create(), PreparedQuery(expiring)
    prepared.rows(benefit.partner_id, TODAY)
    on = benefit.expires_on - days * DAY
    assert prepared.rows(benefit.partner_id, on) == list(expiring(benefit.partner_id, on))


def test_another_form_is_another_query() -> None:
    benefit, prepared = BenefitFactory.create(), PreparedQuery(expiring)
    on = benefit.expires_on - 10 * DAY
    found = [prepared.rows(benefit.partner_id, on, within=days) for days in (30, 9)]
    assert found == [[benefit], []]


def test_any_number_of_keys_is_one_value() -> None:
    asked = []

    def those(keys: str) -> QuerySet[Tenant]:
        asked.append(keys)
        return Tenant.objects.filter(pk__one_of=keys).order_by("pk")

    prepared, tenants = PreparedQuery(those), TenantFactory.create_batch(3)
    found = [
        prepared.rows(in_one_text(each.pk for each in tenants[:many])) for many in (3, 1, 0, 2)
    ]
    assert found == [tenants[:3], tenants[:1], [], tenants[:2]]
    assert len(asked) == 1


@pytest.mark.parametrize("beyond", [2**63, -(2**64)])
def test_a_number_that_no_row_can_have_is_none_of_them(beyond: int) -> None:
    tenant = TenantFactory.create()
    keys = in_one_text([beyond, tenant.pk])
    assert [*Tenant.objects.filter(pk__one_of=keys)] == [tenant]


def test_the_row_that_another_refers_to_is_one_of_them() -> None:
    benefits = BenefitFactory.create_batch(3)
    lines = in_one_text(each.package_line_id for each in benefits[:2])
    assert [*Benefit.objects.filter(package_line__one_of=lines).order_by("pk")] == benefits[:2]


def test_months_cannot_be_added_to_a_stand_in() -> None:
    def in_a_month(on: date) -> QuerySet[Benefit]:
        return Benefit.objects.filter(expires_on=add_months(on, 1))

    with pytest.raises(TypeError, match="depends on the value"):
        PreparedQuery(in_a_month).rows(TODAY)


def test_days_between_stand_ins_cannot_be_counted() -> None:
    def as_many(first: date, last: date) -> QuerySet[Benefit]:
        return Benefit.objects.filter(size=(last - first).days)

    with pytest.raises(TypeError, match="depend on the value"):
        PreparedQuery(as_many).rows(TODAY, TODAY)


def test_a_value_that_decides_nothing_is_refused() -> None:
    def twice(partner: int) -> QuerySet[Benefit]:
        return Benefit.objects.filter(partner=2 * partner)

    with pytest.raises(ValueError, match="Not all of the 1 values are parameters"):
        PreparedQuery(twice).rows(1)


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
