"""`manage.py check_consistency` where a database holds little else."""

from datetime import date, timedelta

import pytest

from benefits_portal.benefits.models import PackageLine, Product
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.models import Actor, Partner, PracticeWorld, Tenant
from tests import factories
from tests.agreement import findings
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]


def test_a_subscription_that_came_back_follows_too(tenant: Tenant) -> None:
    subscription = factories.redeem(tenant=tenant, on=date(2021, 1, 1)).subscription
    on = subscription.ends_on + timedelta(days=1)
    subscription.reactivate(factories.key_for(subscription), by=Actor(), on=on)
    assert [redemption.way for redemption in Redemption.objects.order_by("pk")] == [
        RedemptionKind.NEW,
        RedemptionKind.REACTIVATE,
    ]
    assert findings() == {}


@pytest.mark.parametrize("verb", ["extend", "add_licenses"])
def test_a_subscription_that_no_key_began_is_found(verb: str) -> None:
    subscription = factories.SubscriptionFactory.create()
    getattr(subscription, verb)(factories.key_for(subscription), by=Actor(), on=TODAY)
    assert findings() == {Subscription: ["1 that do not follow from their redemptions"]}


def test_a_partner_without_a_primary_tenant_is_found(tenant: Tenant) -> None:
    Tenant.objects.filter(pk=tenant.pk).update(is_primary=False)
    assert findings() == {Partner: ["1 that have tenants, and none that is primary"]}


def test_a_practice_world_has_practice_partners_only() -> None:
    factories.PartnerFactory.create()
    PracticeWorld.objects.create(as_of=TODAY)
    assert set(findings()) == {Partner}
    assert Product.objects.count() == PackageLine.objects.count() == 0
