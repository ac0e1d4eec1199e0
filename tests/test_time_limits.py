"""Commands that look at everything lift the limit on statements for their transactions alone.

Behind a pgbouncer a session is somebody else's as soon as a transaction ends.
"""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any, cast

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import DataError, connection, transaction
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.postgresql.base import DatabaseWrapper
from benefits_portal.postgresql.limits import one_snapshot, without_time_limit
from tests import factories
from tests.simultaneous import IS_POSTGRES

LIMIT = "SELECT current_setting('statement_timeout')"
pytestmark = [
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite has no limit on statements"),
    pytest.mark.django_db(transaction=True),
]


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute(LIMIT)
        return str(cursor.fetchone()[0])


def patience() -> float | None:
    return cast("DatabaseWrapper", connection).patience


def limit_of_the_session() -> str:
    """What the next one to use this session of PostgreSQL would be limited to."""
    return str(connection.connection.execute(LIMIT).fetchone()[0])


def test_the_limit_is_lifted_in_transactions_and_never_in_the_session() -> None:
    before = limit()
    with without_time_limit(connection):
        seen = [limit(), limit_of_the_session()]
        with transaction.atomic():
            seen += [limit()]
        with one_snapshot(connection):
            seen += [limit()]
        seen += [limit_of_the_session(), str(patience())]
    assert seen == ["0", before, "0", "0", before, "None"]
    assert limit() == before
    assert limit_of_the_session() == before
    assert before != "0"
    assert patience()


def test_a_transaction_that_has_begun_has_its_limit_lifted_too() -> None:
    before = limit()
    with transaction.atomic(), without_time_limit(connection):
        assert limit() == "0"
    assert limit() == before


def test_a_command_that_waits_without_end_may_commit_later() -> None:
    travel = time_machine.travel(clock.now(), tick=False)
    with travel as now, without_time_limit(connection), transaction.atomic():
        product = factories.ProductFactory.create()
        now.shift(timedelta(hours=5))
    assert type(product).objects.filter(pk=product.pk).exists()


def fail() -> None:
    with without_time_limit(connection), connection.cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def test_a_statement_that_fails_leaves_the_limit_as_it_was() -> None:
    before = limit()
    with pytest.raises(DataError):
        fail()
    assert (limit(), limit_of_the_session()) == (before, before)


@pytest.mark.parametrize("command", ["carry_names", "check_consistency"])
def test_each_statement_of_a_command_is_limited_for_nobody_else(command: str) -> None:
    product = factories.ProductFactory.create()
    type(product).objects.update(is_name_pending=True)
    before, within, between = limit(), set[str](), set[str]()

    def look(execute: Callable[..., Any], *args: Any) -> Any:
        answer = execute(*args)
        (within if connection.in_atomic_block else between).add(limit_of_the_session())
        return answer

    with connection.execute_wrapper(look):
        call_command(command, stdout=StringIO())
    assert (within, between - {before}, limit_of_the_session()) == ({"0"}, set(), before)


def test_migrate_goes_past_a_pgbouncer(settings: Settings) -> None:
    settings.PGBOUNCER = True
    before = limit()
    with pytest.raises(CommandError, match="Migrate past it"):
        call_command("migrate", verbosity=0)
    call_command("migrate", "--check", verbosity=0)
    assert limit_of_the_session() == before
