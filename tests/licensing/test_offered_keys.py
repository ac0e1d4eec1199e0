"""A key is offered to one subscription, and brings back what it is offered for where that is."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.licensing.home.attention import ending_subscriptions
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.redeem_links import start_url
from benefits_portal.tenants.models import Tenant, User
from tests import factories
from tests.clients import SignIn

rule = pytest.mark.rule
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]

TODAY = factories.TODAY
ONLY_ABOVE = "Your only key that fits is offered above."


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def labs(tenant: Tenant) -> Tenant:
    """Another tenant of the partner."""
    return factories.TenantFactory.create(partner=tenant.partner)


def subscription(tenant: Tenant, ends_in: int, **facts: Any) -> Subscription:
    days = {"starts_on": date(2020, 1, 1), "ends_on": TODAY + timedelta(days=ends_in)}
    return factories.SubscriptionFactory.create(tenant=tenant, **days | {"licenses": 25} | facts)


def ended_in(tenant: Tenant) -> Subscription:
    """Redeemed in a tenant that is known since; it ended five days ago."""
    on = TODAY - timedelta(days=370)
    key = factories.issue_key(partner=tenant.partner, membership__starts_on=on)
    return factories.redeem(key, tenant=tenant, on=on).subscription


def keys(first: Subscription, *licenses: int) -> None:
    for number in licenses:
        factories.key_for(first, number)


@rule("S3", "S4", "S5")
@pytest.mark.parametrize(
    ("ends_in", "others_licenses", "keys_of", "hints"),
    [
        pytest.param(20, 25, [25], ["extend to May 11, 2022", ONLY_ABOVE], id="one key for two"),
        pytest.param(
            20,
            25,
            [25, 50],
            ["extend to May 11, 2022", "extend to May 21, 2023"],
            id="the next key for the second",
        ),
        pytest.param(
            20, 25, [25, 76], ["extend to May 11, 2022", ONLY_ABOVE], id="the next one is too large"
        ),
        pytest.param(-1, 25, [25], ["reactivate with 25 licenses", ONLY_ABOVE], id="one has ended"),
        pytest.param(20, 1, [25], ["extend to May 11, 2022", ""], id="it fits one of them"),
    ],
)
def test_a_key_is_offered_once_to_what_ends_first(
    tenant: Tenant,
    labs: Tenant,
    ends_in: int,
    others_licenses: int,
    keys_of: list[int],
    hints: list[str],
) -> None:
    first = subscription(tenant, 10 if ends_in > 0 else ends_in)
    subscription(
        labs, 100 if ends_in < 0 else ends_in, product=first.product, licenses=others_licenses
    )
    keys(first, *keys_of)
    soon, later = ending_subscriptions(tenant.partner, TODAY)
    shown = [row["hint"].rpartition(": ")[2] for row in [*soon, *later.rows]]
    assert shown == hints


@pytest.mark.parametrize(
    ("others", "key_licenses", "said"),
    [
        pytest.param([20], [25], True, id="the only key for two"),
        pytest.param([-5], [25], True, id="the other has ended"),
        pytest.param([92], [25], False, id="the other ends later"),
        pytest.param([20], [25, 25], False, id="there is another key"),
        pytest.param([20], [76], False, id="it does not fit the other"),
        pytest.param([], [25], False, id="there is no other"),
    ],
)
def test_a_review_says_who_else_counts_on_the_only_key(
    client: Client,
    tenant: Tenant,
    labs: Tenant,
    others: list[int],
    key_licenses: list[int],
    said: bool,
) -> None:
    first = subscription(tenant, 10, licenses=75)
    for days in others:
        subscription(labs, days, product=first.product)
    key, *_more = [factories.key_for(first, number) for number in key_licenses]
    page = client.get(f"{reverse('licensing:extend', args=[first.pk])}?key={key.pk}")
    assert ("This is your only key for" in page.text) is said
    assert page.context["quote"].after.ends_on > first.ends_on


@rule("K5", "P4")
def test_reactivating_goes_to_the_subscription_s_own_tenant(
    client: Client, tenant: Tenant, labs: Tenant
) -> None:
    """From home of another tenant: a switch is offered, then the review; no tenant is asked for."""
    ended = ended_in(labs)
    key = factories.key_for(ended)
    [row] = ending_subscriptions(tenant.partner, TODAY)[0]
    url = reverse("licensing:product-key-start")
    url = f"{url}?subscription={ended.pk}&amp;key={key.pk}&amp;way=reactivate"
    assert url in row["action"]

    offer = client.get(url.replace("&amp;", "&"))
    assert offer.templates[0].name == "tenants/elsewhere.html"
    place = {"place": labs.pk, "next": url.replace("&amp;", "&")}
    review = client.post(reverse("tenants:switch"), place, follow=True)
    assert review.templates[0].name == "licensing/start_review.html"
    assert review.context["subscription"] == ended
    assert review.context["act"].startswith("Reactivate")


@rule("K5")
def test_where_no_key_was_redeemed_before_the_domain_is_still_typed_in(
    client: Client, tenant: Tenant
) -> None:
    ended = subscription(tenant, -5)
    page = client.get(start_url(ended, key=factories.key_for(ended).pk), follow=True)
    assert page.templates[0].name == "licensing/start_tenant.html"


def test_in_the_wrong_tenant_a_key_says_where_it_reactivates_something(
    client: Client, tenant: Tenant, labs: Tenant
) -> None:
    ended = ended_in(labs)
    here = factories.redeem(tenant=tenant).subscription
    active = subscription(tenant, 300, product=ended.product)
    key = factories.key_for(active)
    place = client.get(start_url(here, key=key.pk))["Location"]
    page = client.get(f"{place}&way=reactivate")
    assert f"The subscription that this key can reactivate is in <bdi>{labs.name}" in page.text
    assert "Activate the key as a new subscription instead" not in page.text


@pytest.mark.parametrize("reference", ["nonsense", "999999999", "9" * 40, ""])
def test_a_subscription_that_does_not_exist_is_not_found(client: Client, reference: str) -> None:
    url = reverse("licensing:product-key-start")
    assert client.get(url, {"subscription": reference}).status_code == 404
