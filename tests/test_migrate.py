"""`manage.py migrate` may take as long as it takes."""

import pytest
from django.core.management import call_command
from django.db import connection

from tests.simultaneous import IS_POSTGRES


@pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has no limit on statements")
@pytest.mark.django_db(transaction=True)
def test_a_migration_has_no_time_limit_and_still_gives_up_on_locks(monkeypatch):
    limits = "-c lock_timeout=900 -c statement_timeout=10000"
    monkeypatch.setitem(connection.settings_dict, "OPTIONS", connection.settings_dict["OPTIONS"] | {"options": limits})
    try:
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout'), current_setting('statement_timeout')")
            assert cursor.fetchone() == ("900ms", "0")
    finally:
        connection.close()  # the next one has the limits of the tests again
