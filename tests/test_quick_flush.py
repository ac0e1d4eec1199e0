"""After a transactional test the database is as it was migrated."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

from benefits_portal.tenants.models import Partner
from tests.quick_flush import MIGRATED, SMALL
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not IS_POSTGRES, reason="elsewhere Django's own flush"),
]


def flush() -> None:
    """What pytest-django does after each of these tests."""
    call_command("flush", verbosity=0, interactive=False, reset_sequences=False)


def rows_of(table: str) -> set[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")  # noqa: S608
        return set(cursor.fetchall())


def test_what_a_test_changed_of_the_migrated_rows_is_put_back() -> None:
    before = {table: rows_of(table) for table in MIGRATED}
    Group.objects.create(name="Third").permissions.add(Permission.objects.all()[0])
    Group.objects.filter(name="Support").update(name="Changed")
    Group.objects.get(name="Program").permissions.clear()
    ContentType.objects.filter(model="partner")[0].delete()
    ContentType.objects.create(app_label="tests", model="further")
    flush()
    assert {table: rows_of(table) for table in MIGRATED} == before
    assert all(before.values())


def test_a_table_that_grew_is_left_without_dead_rows() -> None:
    """They would be counted by the plans of the next tests."""
    long = [f"{number}{'x' * 70}" for number in range(500)]
    Partner.objects.bulk_create(
        [Partner(name=name, mpn_id=str(7_000_000 + at)) for at, name in enumerate(long)]
    )
    assert size_of("tenants_partner") > SMALL
    flush()
    assert (Partner.objects.count(), size_of("tenants_partner")) == (0, 0)


def size_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])
