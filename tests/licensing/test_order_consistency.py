"""`check_consistency` finds orders whose steps have a gap or are of something else (O9, O13)."""

import pytest
from django.db import connection

from benefits_portal.licensing.models import Order, Redemption, Replacement
from benefits_portal.licensing.models.order_replacement import ask_for_order
from benefits_portal.tenants.models import Actor, Tenant
from tests import factories
from tests.agreement import findings
from tests.factories import TODAY
from tests.simultaneous import IS_POSTGRES

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.rule("O9", "O13"),
    pytest.mark.usefixtures("today"),
]
GAP = "whose steps have a gap"


@pytest.fixture
def order(tenant: Tenant) -> Order:
    """Two steps, and a request for the whole; another partner's tenant is the latest."""
    subscription = factories.redeem(tenant=tenant).subscription
    made = factories.order(subscription=subscription)
    ask_for_order(made, "By mistake", by=Actor(), on=TODAY)
    factories.bought(product=subscription.product, partner=tenant.partner)
    factories.TenantFactory.create(is_primary=True)
    assert findings() == {}
    return made


@pytest.mark.parametrize(
    ("change", "found", "fault"),
    [
        ("redemption SET position = 2 WHERE position = 1", Order, f"1 {GAP}"),
        ("redemption SET order_id = NULL, position = NULL WHERE position = 1", Order, f"1 {GAP}"),
        ("redemption SET after_carried_license_days = 1 WHERE position = 0", Order, f"1 {GAP}"),
        (
            "order SET redeemed_on = '2021-04-30'",
            Redemption,
            "2 with another redeemed_on than order.redeemed_on",
        ),
        (
            "order SET subscription_id = (SELECT MAX(id) FROM licensing_subscription)",
            Redemption,
            "2 with another subscription than order.subscription_id",
        ),
        (
            "order SET product_id = (SELECT MAX(id) FROM benefits_product)",
            Order,
            "1 with another product than subscription.product_id",
        ),
        (
            "order SET tenant_id = (SELECT MAX(id) FROM tenants_tenant)",
            Order,
            "1 with another partner than tenant.partner_id",
        ),
        (
            "order SET tenant_id = (SELECT MAX(id) FROM tenants_tenant)",
            Order,
            "1 with another tenant than subscription.tenant_id",
        ),
        (
            "replacement SET order_id = (SELECT MAX(id) FROM licensing_order)",
            Replacement,
            "2 with another order than redemption.order_id",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_order_that_does_not_hold_together_is_found(
    order: Order, change: str, found: type, fault: str
) -> None:
    factories.ProductFactory.create()
    factories.order()
    table, _set, rest = change.partition(" ")
    which = {"order": f" WHERE id = {order.pk}", "redemption": f" AND order_id = {order.pk}"}
    with connection.cursor() as cursor:
        if IS_POSTGRES:  # as a server holds it that was restored without its foreign keys
            connection.check_constraints()
            cursor.execute("SET LOCAL session_replication_role = replica")
        # The SQL is our own.
        cursor.execute(f"UPDATE licensing_{table} {rest}{which.get(table, '')}")
    assert fault in findings()[found]
