"""Replacing a key while somebody else decides, asks, or builds on what it did (rules K2, K8)."""

from functools import partial

import pytest

from benefits_portal.licensing.models import Redemption, Replacement, Reversal, Subscription
from benefits_portal.tenants.models import Actor, Tenant
from tests.factories import TODAY, key_for, redeem
from tests.simultaneous import at_once

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("K8"),
    pytest.mark.usefixtures("consistent"),
]


def names(outcomes: list[object]) -> list[str]:
    return sorted(type(outcome).__name__ for outcome in outcomes)


def test_of_many_who_ask_for_and_grant_one_replacement_at_once_one_does(tenant: Tenant) -> None:
    redemption = redeem(tenant=tenant)
    request_as = partial(Replacement.objects.ask, redemption, "Wrong tenant", by=Actor(), on=TODAY)
    assert names(at_once([request_as] * 4)) == ["Replacement", *["ReplacementAskedAlready"] * 3]
    asked = Replacement.objects.get()
    assert names(at_once([partial(asked.grant, by=Actor(), on=TODAY)] * 4)) == [
        *["AlreadyDecided"] * 3,
        "ProductKey",
    ]
    assert (Reversal.objects.count(), redemption.key.benefit.keys.count()) == (1, 2)


@pytest.mark.parametrize("round_", range(4))
def test_a_redemption_is_either_reversed_or_built_on(tenant: Tenant, round_: int) -> None:
    redemption = redeem(tenant=tenant)
    asked = Replacement.objects.ask(redemption, "Wrong tenant", by=Actor(), on=TODAY)
    extend = partial(
        redemption.subscription.extend, key_for(redemption.subscription), by=Actor(), on=TODAY
    )
    outcomes = names(at_once([partial(asked.grant, by=Actor(), on=TODAY), extend]))
    stored = Subscription.objects.get()
    if Reversal.objects.exists():
        assert (outcomes, stored.withdrawn_on, Redemption.objects.count()) == (
            ["ProductKey", "SubscriptionNotActive"],
            TODAY,
            1,
        )
    else:
        assert (outcomes, stored.withdrawn_on, Redemption.objects.count()) == (
            ["BuiltOnSince", "Redemption"],
            None,
            2,
        )
