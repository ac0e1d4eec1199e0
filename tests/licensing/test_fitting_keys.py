"""The keys of a partner that fit a subscription, of one and of a page of them (S3, S5, B5)."""

from datetime import timedelta
from typing import Any

import pytest

from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Actor
from tests.factories import (
    TODAY,
    ProductFactory,
    SubscriptionFactory,
    issue_key,
    redeem,
)

pytestmark = [pytest.mark.django_db, pytest.mark.rule("S5")]

ACTIVE, EXPIRED, DELETED = 60, -10, -200


def fitting_key_of(subscription: Subscription) -> tuple[int | None, int | None]:
    """The key that the database finds for a page of subscriptions, and its licenses."""
    asked: Any = Subscription.objects.with_fitting_key(TODAY).filter(pk=subscription.pk)
    found: tuple[int | None, int | None] = asked.values_list(
        "fitting_key", "fitting_key_licenses"
    ).get()
    return found


@pytest.mark.parametrize(
    ("days_left", "fitting"),
    [(ACTIVE, [30, 5]), (0, [30, 5]), (-1, [31, 30, 5]), (EXPIRED, [31, 30, 5])],
)
def test_keys_extend_what_is_active_and_reactivate_what_ended(
    days_left: int, fitting: list[int]
) -> None:
    """10 licenses: a key of 31 would extend the end date by more than 3 years."""
    subscription = SubscriptionFactory.create(
        licenses=10, ends_on=TODAY + timedelta(days=days_left)
    )
    same = {"partner": subscription.partner, "product": subscription.product}
    for licenses, expires in [(5, 30), (31, 10), (30, 20)]:
        issue_key(**same, quantity=licenses, expires_on=TODAY + timedelta(days=expires))
    assert [key.licenses for key in subscription.fitting_keys(TODAY)] == fitting
    first = subscription.fitting_keys(TODAY)[0]
    assert fitting_key_of(subscription) == (first.pk, first.licenses)


def test_what_does_not_fit_is_no_key_for_it() -> None:
    """Another product's, another partner's, one that expired, one not begun, one redeemed."""
    subscription = SubscriptionFactory.create(licenses=10)
    partner, product = subscription.partner, subscription.product
    issue_key(partner=partner, product=ProductFactory.create())
    issue_key(product=product)
    issue_key(partner=partner, product=product, expires_on=TODAY - timedelta(days=1))
    issue_key(
        partner=partner,
        product=product,
        starts_on=TODAY + timedelta(days=1),
        expires_on=TODAY + timedelta(days=99),
    )
    spent = issue_key(partner=partner, product=product)
    redeem(spent, tenant=subscription.tenant, by=Actor())
    assert list(subscription.fitting_keys(TODAY)) == []
    assert fitting_key_of(subscription) == (None, None)
    fits = issue_key(partner=partner, product=product)
    assert [key.pk for key in subscription.fitting_keys(TODAY)] == [fits.pk]
