"""`manage.py migrate` may take long, and an index is added to a table that is in use."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, models
from django.db.migrations.state import ProjectState
from django.db.models.signals import post_migrate

from benefits_portal.postgresql.operations import AddConstraintWhileInUse, AddIndexWhileInUse
from tests import factories
from tests.simultaneous import IS_POSTGRES


def limits() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"
        )
        return cursor.fetchone()


def patience() -> float | None:
    """Seconds that the connection waits for an answer, as our own backend keeps them."""
    return getattr(connection, "patience")  # noqa: B009 - unknown to Django's class


@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has no limit on statements")
@pytest.mark.django_db(transaction=True)
def test_a_migration_is_limited_in_locks_alone_and_pages_again_afterwards() -> None:
    before, meanwhile = limits(), set()

    def look(**_facts: object) -> None:
        meanwhile.add((*limits(), patience()))

    post_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        post_migrate.disconnect(look)
    assert meanwhile == {(before[0], "0", None)}
    assert limits() == before
    assert patience()


def apply(operation: AddConstraintWhileInUse | AddIndexWhileInUse, *, back: bool = False) -> None:
    """Carry `operation` out on the table of partners, as its migration would."""
    before = ProjectState.from_apps(apps)
    after = before.clone()
    operation.state_forwards("tenants", after)
    with connection.schema_editor(atomic=False) as editor:
        if back:
            operation.database_backwards("tenants", editor, after, before)
        else:
            operation.database_forwards("tenants", editor, before, after)


def indexes() -> set[str]:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, "tenants_partner")
    return {name for name, facts in found.items() if facts["index"]}


@pytest.mark.django_db(transaction=True)
def test_an_index_is_added_and_taken_away_again() -> None:
    before, operation = (
        indexes(),
        AddIndexWhileInUse("partner", models.Index(fields=["country"], name="by_country")),
    )
    apply(operation)
    added = indexes() - before
    apply(operation, back=True)
    assert (added, indexes()) == ({"by_country"}, before)


@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_an_attempt_that_was_given_up_can_be_made_again() -> None:
    operation, other = (
        AddIndexWhileInUse("partner", models.Index(fields=["country"], name="by_country")),
        connection.copy("other"),
    )
    before = indexes()
    with other.cursor() as busy, connection.cursor() as cursor:
        busy.execute("BEGIN; LOCK TABLE tenants_partner IN ROW EXCLUSIVE MODE")
        cursor.execute("SET lock_timeout = '100ms'")
        with pytest.raises(OperationalError, match="lock timeout"):
            apply(operation)
    other.close()
    apply(operation)
    with connection.cursor() as cursor:
        cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'by_country'::regclass")
        assert cursor.fetchone() == (True,)
    apply(operation, back=True)
    assert indexes() == before


@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite checks what there is whenever it makes a table")
@pytest.mark.django_db(transaction=True)
def test_a_check_counts_at_once_and_can_be_added_after_a_row_broke_it() -> None:
    short = models.CheckConstraint(condition=models.Q(country="NL"), name="dutch_partners_only")
    operation = AddConstraintWhileInUse("partner", short)
    with connection.cursor() as cursor:
        partner = factories.PartnerFactory.create(country="US")
        with pytest.raises(IntegrityError):
            apply(operation)
        with pytest.raises(IntegrityError):
            factories.PartnerFactory.create(country="US")
        cursor.execute("UPDATE tenants_partner SET country = 'NL' WHERE id = %s", [partner.pk])
        apply(operation)
        cursor.execute(
            "SELECT convalidated FROM pg_constraint WHERE conname = 'dutch_partners_only'"
        )
        assert cursor.fetchone() == (True,)
    apply(operation, back=True)
    assert factories.PartnerFactory.create(country="US").pk
