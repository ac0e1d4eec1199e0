"""A planned query is planned once for each connection, where the next statement is on the same one.

It answers as a prepared query does; tests in a transaction ask it as any other. So are the writes
of redeeming, which are in a transaction.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import NotSupportedError, connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext

from benefits_portal.benefits.models import ProductKey
from benefits_portal.database_errors import Reason, reason
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.prepared import PlannedQuery
from benefits_portal.tenants.models import Actor, Tenant
from benefits_portal.tenants.signed_in import user_with_tenants
from tests.factories import (
    TODAY,
    RoleAssignmentFactory,
    SubscriptionFactory,
    TenantFactory,
    key_for,
)
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.skipif(not IS_POSTGRES, reason="SQLite is not planned for"),
    pytest.mark.django_db(transaction=True),
]
PLANS = "SELECT count(*), sum(generic_plans + custom_plans)::int FROM pg_prepared_statements"


@PlannedQuery
def named(pk: int) -> QuerySet[Any, Any]:
    return Tenant.objects.filter(pk=pk).values_list("name", "partner__moving_until")


@pytest.fixture(autouse=True)
def _new_connection() -> Iterator[None]:
    """None that knows the plans of another test, or is known to a later one."""
    connection.close()
    yield
    connection.close()


def plans() -> tuple[int, int | None]:
    """How many the server keeps for this connection, and how often they were carried out."""
    with connection.cursor() as cursor:
        cursor.execute(PLANS)
        return tuple(cursor.fetchone())


def test_each_value_is_answered_by_one_plan() -> None:
    tenants = TenantFactory.create_batch(3)
    asked = [each.pk for each in tenants] * 3
    assert [named.tuples(pk) for pk in asked] == [[(each.name, None)] for each in tenants * 3]
    assert [named.rows(pk) for pk in asked] == [[(each.name, None)] for each in tenants * 3]
    assert plans() == (1, 18)


def test_who_asks_is_planned_once() -> None:
    user = RoleAssignmentFactory.create().user
    for _ in range(2):
        found = user_with_tenants(user.pk)
        assert found == user
    assert plans() == (1, 2)


def test_other_statements_are_planned_each_time() -> None:
    assert named.tuples(1) == []
    assert not Tenant.objects.filter(name="anything").exists()
    assert plans() == (1, 1)
    assert connection.connection.prepare_threshold is None


def test_behind_a_pgbouncer_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    assert named.tuples(TenantFactory.create(name="Fabrikam").pk) == [("Fabrikam", None)]
    assert plans() == (0, None)


def test_what_redeeming_writes_is_planned_once() -> None:
    subscription = SubscriptionFactory.create()
    kept = []
    for key in (key_for(subscription), key_for(subscription), key_for(subscription)):
        subscription.extend(key, by=Actor(), on=TODAY)
        kept.append(plans()[0])
    assert kept[0] >= 5
    assert kept == [kept[0]] * 3


@pytest.fixture
def key_after_upgrade() -> Iterator[ProductKey]:
    """A key for a subscription; one was redeemed before a column got another type."""
    subscription = SubscriptionFactory.create()
    subscription.extend(key_for(subscription), by=Actor(), on=TODAY)
    key, change = key_for(subscription), "ALTER TABLE tenants_record ALTER COLUMN times TYPE {}"
    another = connection.copy("another")
    try:
        another.cursor().execute(change.format("bigint"))
        yield key
    finally:
        another.cursor().execute(change.format("integer"))
        another.close()


def extend(key: ProductKey) -> Redemption:
    return Subscription.objects.get().extend(key, by=Actor(), on=TODAY)


def test_redeeming_succeeds_again_after_a_plan_no_longer_fitted(
    key_after_upgrade: ProductKey,
) -> None:
    with pytest.raises(NotSupportedError, match="must not change result type") as raised:
        extend(key_after_upgrade)
    assert reason(raised.value) is Reason.BUSY
    assert Redemption.objects.count() == 1
    extend(key_after_upgrade)
    assert Redemption.objects.count() == 2


def test_within_a_transaction_redeeming_succeeds_again_after_its_savepoint(
    key_after_upgrade: ProductKey,
) -> None:
    with transaction.atomic():
        with pytest.raises(NotSupportedError, match="must not change result type"):
            extend(key_after_upgrade)
        extend(key_after_upgrade)
    assert Redemption.objects.count() == 2


@pytest.fixture
def fabrikam() -> Iterator[int]:
    """A tenant whose name was read before the column got another type, as by an upgrade."""
    pk = TenantFactory.create(name="Fabrikam").pk
    assert named.tuples(pk) == [("Fabrikam", None)]
    length = Tenant._meta.get_field("name").max_length or 0
    another = connection.copy("another")
    change = "ALTER TABLE tenants_tenant ALTER COLUMN name TYPE varchar({})"
    try:
        another.cursor().execute(change.format(length + 1))
        yield pk
        another.cursor().execute(change.format(length))
    finally:
        another.close()


def test_a_plan_that_no_longer_fits_is_left(fabrikam: int) -> None:
    assert [named.tuples(fabrikam) for _ in range(2)] == [[("Fabrikam", None)]] * 2


def test_a_plan_that_no_longer_fits_ends_no_transaction(fabrikam: int) -> None:
    with transaction.atomic():
        assert named.tuples(fabrikam) == [("Fabrikam", None)]


def test_a_value_without_a_type_is_asked_about_as_text() -> None:
    """PostgreSQL cannot tell of a value by itself, beside nothing that has a type."""

    @PlannedQuery
    def untyped(pk: int) -> QuerySet[Any, Any]:
        is_none = RawSQL("%s IS NULL", ["%s"])
        return Tenant.objects.filter(pk=pk).annotate(is_none=is_none).values_list("is_none")

    pk = TenantFactory.create().pk
    assert [untyped.tuples(pk) for _ in range(2)] == [[(False,)]] * 2


def test_each_time_counts_as_a_query() -> None:
    with CaptureQueriesContext(connection) as queries:
        assert [named.tuples(pk) for pk in (1, 2)] == [[], []]
    assert len(queries) == 2
