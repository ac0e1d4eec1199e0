"""What cannot be put on record does not happen: the act and its line are one transaction (A1)."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import time_machine
from django.db import DataError, connection
from django.test import Client
from django.urls import reverse

from benefits_portal.tenants.models import Record
from tests import factories
from tests.acts import ACTS, Act, switch
from tests.entry_points.operations import everything
from tests.partner_fixture import PartnerFixture
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite judges a default when it is set"),
]

ON_RECORD = [act for act in ACTS if act is not switch]  # where one is looking is on no record


@contextmanager
def record_closed() -> Iterator[None]:
    """Within the block the database takes no further line on record.

    It is no error of a constraint, which pages expect.
    """
    table = connection.ops.quote_name(Record._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} ADD COLUMN closed integer")
        try:
            cursor.execute(f"ALTER TABLE {table} ALTER COLUMN closed SET DEFAULT 1 / 0")
            yield
        finally:
            cursor.execute(f"ALTER TABLE {table} DROP COLUMN closed")


@pytest.mark.rule("A1")
@pytest.mark.parametrize("make", ON_RECORD)
def test_what_cannot_be_put_on_record_does_not_happen(
    make: Callable[[PartnerFixture], Act],
) -> None:
    with time_machine.travel(factories.NOW, tick=False):
        sample = PartnerFixture("One")
        act = make(sample)
        staff = factories.UserFactory.create(staff=True, is_superuser=True)
        client = Client()
        client.force_login(staff if act.by_staff else sample.boss)
        client.get(reverse("home"))
        before = everything()
        with record_closed(), pytest.raises(DataError, match="division by zero"):
            client.post(act.url, act.form | {"acting_in": sample.tenant_token})
        assert everything() == before
