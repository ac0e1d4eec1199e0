"""`manage.py migrate` may take as long as it takes."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models.signals import post_migrate

from tests.simultaneous import IS_POSTGRES


def limits() -> tuple[str, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
        return cursor.fetchone()


@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has no limit on statements")
@pytest.mark.django_db(transaction=True)
def test_a_migration_has_no_time_limit_but_one_on_locks_and_pages_have_theirs_again_afterwards():
    before, meanwhile = limits(), set()

    def look(**_facts: object) -> None:
        meanwhile.add((*limits(), connection.patience))

    post_migrate.connect(look)
    try:
        call_command("migrate", verbosity=0)
    finally:
        post_migrate.disconnect(look)
    assert meanwhile == {(before[0], "0", None)}
    assert limits() == before
    assert connection.patience
