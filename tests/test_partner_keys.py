"""On PostgreSQL rows that refer to each other belong to one partner (P1, K4).

Whoever writes them and by whatever SQL.
"""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import ForeignKey
from pytest_django import DjangoDbBlocker

from benefits_portal.licensing.models import Order
from benefits_portal.licensing.models.order_replacement import ask_for_order
from benefits_portal.tenants.models import Actor, Partner
from tests import factories
from tests.agreement import rows_of_a_partner
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("today"),
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite is left to check_consistency"),
    pytest.mark.rule("P1"),
]


def has_partner(model: Any) -> bool:
    return any(
        field.name == "partner" and field.related_model is Partner for field in model._meta.fields
    )


# What is refused is on record too: an attempt at another partner's tenant.
LEFT_TO_THE_CHECK = {"tenants.Record.tenant"}
REFERENCES: list[ForeignKey[Any, Any]] = [
    field
    for model in apps.get_models()
    if has_partner(model)
    for field in model._meta.fields
    if isinstance(field, ForeignKey)
    and getattr(field, "db_constraint", True)  # without one it may name what is gone
    and has_partner(field.related_model)
    and str(field) not in LEFT_TO_THE_CHECK
]
each_reference = pytest.mark.parametrize("field", REFERENCES, ids=str)
# Signs in at home and holds roles at several partners: nobody's row alone.
# A former name, and a line of a reminder, refers to one row alone, so nothing of it can differ.
WITHOUT_PARTNER = {"reminders.Told", "tenants.FormerName", "tenants.User"}


def name_of(field: ForeignKey[Any, Any]) -> str:
    return f"{field.model._meta.db_table}_{field.name}_same_partner"


def query(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.fixture(scope="module")
def two_partners(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[int, int]]:
    """Two who have everything; the second has a tenant more. What is refused changes nothing."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        time_machine.travel(factories.NOW, tick=False),
    ):
        here, there = factories.TenantFactory.create_batch(2)
        for tenant in (here, there):
            rows_of_a_partner(tenant)
            ordered = factories.order(subscription=factories.redeem(tenant=tenant).subscription)
            ask_for_order(ordered, "Wrong tenant", by=Actor(), on=factories.TODAY)
        factories.TenantFactory.create(partner=there.partner)
        # One without steps: only its partner keeps a step of the other's from being in it.
        names = ("partner", "tenant", "product", "subscription", "redeemed_on")
        Order.objects.create(submission=uuid4(), **{name: getattr(ordered, name) for name in names})
        connection.check_constraints()
        yield here.partner_id, there.partner_id
        transaction.set_rollback(True)


def test_each_reference_between_a_partner_s_rows_is_checked_at_the_commit() -> None:
    kept = query(
        "SELECT conname FROM pg_constraint WHERE contype = 'f' AND cardinality(conkey) = 2 "
        "AND condeferrable AND condeferred AND convalidated AND confmatchtype = 's' AND "
        "confdeltype = 'a'"
    )
    assert sorted(name for (name,) in kept) == sorted(map(name_of, REFERENCES))
    assert len(REFERENCES) > 15


def test_no_second_key_proves_what_one_of_both_columns_does() -> None:
    """Each looks up and locks a row whenever one is written."""
    kept = query(
        "SELECT conrelid::regclass::text, attname FROM pg_constraint JOIN pg_attribute "
        "ON attrelid = conrelid AND conkey = ARRAY[attnum] WHERE contype = 'f'"
    )
    proved = {(field.model._meta.db_table, field.column) for field in REFERENCES}
    assert proved & set(kept) == set()
    assert not any(field.model._meta.get_field("partner").null for field in REFERENCES)


@each_reference
def test_a_row_refers_to_one_that_is_there(
    two_partners: tuple[int, int], field: ForeignKey[Any, Any]
) -> None:
    here, _there = two_partners
    refuses(
        name_of(field),
        field.model._meta.db_table,
        f"{field.column} = 987654321",
        f"partner_id = {here} AND {field.column} IS NOT NULL",
    )


def test_every_model_that_refers_to_a_partner_s_row_says_which_partner() -> None:
    without = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.fields
        if field.related_model and has_partner(field.related_model) and not has_partner(model)
    }
    assert without == WITHOUT_PARTNER


def refuses(name: str, table: str, change: str, where: str) -> None:
    """That the key called `name` refuses `change` of a row of `table`."""
    [(pk,)] = query(f"SELECT min(id) FROM {table} WHERE {where}")  # noqa: S608 - our own names
    assert pk, "there is a row to change"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        # The names are our own.
        run(f"UPDATE {table} SET {change} WHERE id = {pk}; SET CONSTRAINTS {name} IMMEDIATE")  # noqa: S608


@each_reference
def test_a_row_is_not_given_to_another_partner_than_what_it_refers_to(
    two_partners: tuple[int, int], field: ForeignKey[Any, Any]
) -> None:
    here, there = two_partners
    table = field.model._meta.db_table
    refuses(
        name_of(field),
        table,
        f"partner_id = {there}",
        f"partner_id = {here} AND {field.column} IS NOT NULL",
    )


@each_reference
def test_a_row_does_not_refer_to_another_partner_s_row(
    two_partners: tuple[int, int], field: ForeignKey[Any, Any]
) -> None:
    here, there = two_partners
    table, target = field.model._meta.db_table, field.related_model._meta.db_table
    # The names are our own, here and in the query below.
    used = f"SELECT {field.column} FROM {table} WHERE {field.column} IS NOT NULL"  # noqa: S608
    [(other, is_used)] = query(
        f"SELECT id, id IN ({used}) AS used FROM {target} "  # noqa: S608
        f"WHERE partner_id = {there} ORDER BY used, id LIMIT 1"
    )
    assert not (is_used and field.unique), "only its partner forbids it"
    refuses(
        name_of(field),
        table,
        f"{field.column} = {other}",
        f"partner_id = {here} AND {field.column} IS NOT NULL",
    )


def test_what_is_referred_to_does_not_go_to_another_partner(two_partners: tuple[int, int]) -> None:
    here, there = two_partners
    name = "benefits_benefit_membership_same_partner"
    refuses(name, "benefits_membership", f"partner_id = {there}", f"partner_id = {here}")


def test_a_row_that_refers_to_nothing_is_of_any_partner(two_partners: tuple[int, int]) -> None:
    _here, there = two_partners
    record = factories.RecordFactory.create(tenant=None)
    # The numbers are our own.
    run(f"UPDATE tenants_record SET partner_id = {there} WHERE id = {record.pk}")  # noqa: S608
    connection.check_constraints()
