"""The status of a subscription, said in Python and in SQL: one table of boundaries (rule S2)."""

from datetime import date, timedelta

import pytest

from benefits_portal.licensing.models import Subscription
from tests.factories import TODAY, ProductFactory, SubscriptionFactory, TenantFactory

pytestmark = [pytest.mark.django_db, pytest.mark.rule("S2")]

ENDS_ON = date(2021, 6, 30)
# The last days of Active, Expired, Disabled.
EDGES = [ENDS_ON, ENDS_ON + timedelta(days=30), ENDS_ON + timedelta(days=120)]
DAYS = sorted({edge + timedelta(days=offset) for edge in EDGES for offset in (-1, 0, 1, 2)})


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_the_query_for_each_status_finds_exactly_what_has_it(on: date) -> None:
    subscription = SubscriptionFactory.create(ends_on=ENDS_ON)
    found = {
        status: getattr(Subscription.objects, status)(on).contains(subscription)
        for status in Subscription.Status.values
    }
    assert found == {
        status: subscription.status(on) == status for status in Subscription.Status.values
    }
    assert Subscription.objects.active(on).exists() == subscription.is_active(on)


@pytest.mark.rule("S3")
@pytest.mark.parametrize("on", DAYS, ids=str)
def test_what_can_come_back_is_expired_or_disabled(on: date) -> None:
    subscription = SubscriptionFactory.create(ends_on=ENDS_ON)
    expected = subscription.status(on) in ("expired", "disabled")
    assert Subscription.objects.reactivatable(on).contains(subscription) == expected
    assert subscription.can_come_back(on) == expected


@pytest.mark.rule("S3")
def test_only_the_latest_of_its_product_in_its_tenant_can_come_back() -> None:
    latest = SubscriptionFactory.create(ends_on=TODAY - timedelta(days=5))
    same = {"tenant": latest.tenant, "product": latest.product}
    older = SubscriptionFactory.create(ends_on=TODAY - timedelta(days=40), **same)
    SubscriptionFactory.create(ends_on=TODAY - timedelta(days=200), **same)
    other_product = SubscriptionFactory.create(
        ends_on=TODAY - timedelta(days=90), tenant=latest.tenant, product=ProductFactory.create()
    )
    other_tenant = SubscriptionFactory.create(
        ends_on=TODAY - timedelta(days=90),
        tenant=TenantFactory.create(partner=latest.partner),
        product=latest.product,
    )
    assert [each.can_come_back(TODAY) for each in (latest, older, other_product, other_tenant)] == [
        True,
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(("days", "found"), [(29, False), (30, True), (31, True)])
def test_ending_within_counts_the_last_day(days: int, found: bool) -> None:
    SubscriptionFactory.create(ends_on=TODAY + timedelta(days=30))
    assert Subscription.objects.ending_within(days, TODAY).exists() is found


def test_what_ended_is_not_ending() -> None:
    SubscriptionFactory.create(ends_on=TODAY - timedelta(days=1))
    assert not Subscription.objects.ending_within(30, TODAY).exists()
