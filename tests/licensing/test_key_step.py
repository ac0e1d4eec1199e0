"""The key step: one's own keys first, one *Next*, and what is refused goes on record."""

from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.tenants.models import Actor, Record, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    return factories.SubscriptionFactory.create(
        tenant=tenant, licenses=5, ends_on=date(2021, 6, 30)
    )


@pytest.fixture
def extend(subscription: Subscription) -> str:
    return reverse("licensing:extend", args=[subscription.pk])


@pytest.fixture
def large(subscription: Subscription) -> ProductKey:
    """Over three times the licenses: it cannot extend, but it can add."""
    return factories.key_for(subscription, 16)


@pytest.mark.rule("S8", "U6")
def test_each_own_key_says_what_it_would_do(
    client: Client, subscription: Subscription, extend: str, large: ProductKey
) -> None:
    small = factories.key_for(subscription, 5)
    rows = {choice.key: choice for choice in client.get(extend).context["own_keys"]}
    assert rows[small].result == "Would end Jun 30, 2022"
    assert rows[small].fits
    assert rows[large].result == "One key extends by at most 3 years."
    assert not rows[large].fits
    add = client.get(extend.replace("extend", "add-licenses")).context["own_keys"]
    assert {choice.result.partition(",")[0] for choice in add} == {
        "Would be 10 licenses",
        "Would be 21 licenses",
    }


def test_the_first_key_that_fits_is_suggested_and_nothing_else(
    client: Client, subscription: Subscription, extend: str, large: ProductKey
) -> None:
    def checked() -> list[ProductKey]:
        choices = client.get(extend).context["own_keys"]
        return [choice.key for choice in choices if choice.checked]

    assert checked() == []
    small = factories.key_for(subscription, 5)
    factories.key_for(subscription, 4)
    assert checked() == [small]


def test_a_chosen_key_goes_on_to_the_review_by_reference(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str
) -> None:
    key = factories.key_for(subscription, 5)
    answer = client.post(extend, acting_in | {"chosen": key.pk, "key": ""})
    assert (answer.status_code, answer["Location"]) == (302, f"{extend}?key={key.pk}")


@pytest.mark.rule("S5", "A1")
@pytest.mark.parametrize("is_typed", [False, True])
def test_a_refused_key_is_on_record_whichever_way_it_was_chosen(
    client: Client, acting_in: dict[str, str], extend: str, large: ProductKey, is_typed: bool
) -> None:
    typed = large.reveal(by=Actor(), on=TODAY)
    sent = {"chosen": "another", "key": typed} if is_typed else {"chosen": large.pk}
    page = client.post(extend, acting_in | sent)
    tried = Record.objects.get(action="benefits.key-tried")
    assert (tried.refused, tried.subject) == ("extension-limit-exceeded", large.benefit)
    assert page.context["instead"]["href"] == (
        extend.replace("extend", "add-licenses") + f"?key={large.pk}"
    )


@pytest.mark.rule("S5")
def test_the_limit_is_told_once_with_two_ways_on(
    client: Client, acting_in: dict[str, str], extend: str, large: ProductKey
) -> None:
    pages = [
        client.post(extend, acting_in | {"chosen": large.pk}),
        client.get(extend, {"key": large.pk}),
    ]
    for page in pages:
        assert page.text.count("would move the end date more than 3 years") == 1
        assert page.text.count("Add licenses instead") == 1
    assert f'href="{extend}"' in pages[1].text.partition("Choose another key")[0][-200:]


@pytest.mark.rule("K4")
def test_another_partner_s_key_cannot_be_chosen(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str
) -> None:
    foreign = factories.issue_key(product=subscription.product)
    for reference in (foreign.pk, "nonsense", "9" * 18):
        assert client.post(extend, acting_in | {"chosen": reference}).status_code == 404
    assert client.post(extend, acting_in | {"chosen": "9" * 19}).status_code == 200
    assert Redemption.objects.count() == 0


@pytest.mark.parametrize(
    ("sent", "field", "message"),
    [
        ({}, "chosen", "Choose one of your keys, or enter another one."),
        ({"chosen": "another", "key": ""}, "key", "Enter the product key."),
        ({"chosen": "another", "key": "x" * 2_001}, "key", "This is longer than a product key."),
    ],
)
def test_nothing_chosen_is_said_where_it_is_missing(
    client: Client,
    acting_in: dict[str, str],
    extend: str,
    large: ProductKey,
    sent: dict[str, str],
    field: str,
    message: str,
) -> None:
    assert client.post(extend, acting_in | sent).context["form"].errors == {field: [message]}


def test_the_chosen_key_counts_where_another_was_typed_before(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str
) -> None:
    key = factories.key_for(subscription, 5)
    answer = client.post(extend, acting_in | {"chosen": key.pk, "key": "PCBEN-WRONG"})
    assert answer["Location"] == f"{extend}?key={key.pk}"


@pytest.mark.rule("K6")
def test_after_too_many_tries_ones_own_key_can_still_be_chosen(
    client: Client, acting_in: dict[str, str], subscription: Subscription, extend: str, admin: User
) -> None:
    key = factories.key_for(subscription, 5)
    factories.KeyAttemptFactory.create_batch(
        10, user=admin, partner=subscription.partner, at=factories.NOW
    )
    typed = key.reveal(by=Actor(), on=TODAY)
    assert client.post(extend, acting_in | {"chosen": "another", "key": typed}).status_code == 200
    assert client.post(extend, acting_in | {"chosen": key.pk}).status_code == 302


def test_without_an_own_key_the_field_is_all_there_is(client: Client, extend: str) -> None:
    text = client.get(extend).text
    assert 'type="radio"' not in text
    assert 'name="chosen" value="another"' in text


def test_many_keys_take_as_many_queries_as_one(
    client: Client, subscription: Subscription, extend: str
) -> None:
    counts: list[int] = []
    for _ in range(3):
        factories.key_for(subscription, 2)
        with CaptureQueriesContext(connection) as queries:
            assert len(client.get(extend).context["own_keys"]) == len(counts) + 1
        counts.append(len(queries))
    assert counts[1:] == [counts[1]] * 2
