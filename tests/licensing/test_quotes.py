"""What was shown is what happens, or nothing does (rules S8, K2)."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from benefits_portal.licensing.exceptions import ChangedMeanwhile
from benefits_portal.licensing.models import (
    Redemption,
    Subscription,
    Term,
    quote_redemption,
    redeem_key,
)
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.tenants.models import Actor
from tests.factories import TODAY, SubscriptionFactory, issue_key, key_for

pytestmark = [pytest.mark.django_db, pytest.mark.rule("S8")]


def quoted(way: RedemptionKind, subscription: Subscription, on: date = TODAY) -> Quote:
    key = key_for(subscription)
    return quote_redemption(
        way, key, subscription.tenant, None if way is RedemptionKind.NEW else subscription, on
    )


def carry_out(quote: Quote, by: Actor, on: date = TODAY) -> Redemption:
    """As a page does: from what the form carried."""
    from benefits_portal.benefits.models import ProductKey
    from benefits_portal.tenants.models import Tenant

    subscription = (
        Subscription.objects.get(pk=quote.subscription_id) if quote.subscription_id else None
    )
    key, tenant = ProductKey.objects.get(pk=quote.key_id), Tenant.objects.get(pk=quote.tenant_id)
    return redeem_key(quote.way, key, tenant, subscription, by=by, on=on, quote=quote)


@pytest.mark.parametrize(
    "way",
    [RedemptionKind.NEW, RedemptionKind.EXTEND, RedemptionKind.ADD, RedemptionKind.REACTIVATE],
)
def test_a_quote_survives_the_form(way: RedemptionKind) -> None:
    ends_on = TODAY - timedelta(days=1) if way is RedemptionKind.REACTIVATE else date(2022, 1, 1)
    quote = quoted(way, SubscriptionFactory.create(ends_on=ends_on))
    loaded = Quote.loaded(quote.signed())
    assert loaded == quote
    assert loaded.submission == quote.submission


def test_a_quote_names_no_key_in_full() -> None:
    subscription = SubscriptionFactory.create()
    key = key_for(subscription)
    text = quote_redemption(
        RedemptionKind.EXTEND, key, subscription.tenant, subscription, TODAY
    ).signed()
    assert key.last_five not in text
    assert key.digest not in text


@given(place=st.integers(0, 10_000), other=st.sampled_from("abcXYZ019_-:"))
def test_a_quote_that_was_tampered_with_is_refused(place: int, other: str) -> None:
    text = Quote(
        RedemptionKind.EXTEND, 1, 2, 3, TODAY, Term(5, TODAY), Term(5, date(2022, 5, 1))
    ).signed()
    place %= len(text)
    tampered = text[:place] + other + text[place + 1 :]
    assume(tampered != text)
    with pytest.raises(ChangedMeanwhile):
        Quote.loaded(tampered)


@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_anything_else_than_a_quote_is_refused(text: str) -> None:
    with pytest.raises(ChangedMeanwhile):
        Quote.loaded(text)


@pytest.mark.parametrize("way", [RedemptionKind.NEW, RedemptionKind.EXTEND, RedemptionKind.ADD])
def test_redeem_does_exactly_what_was_shown(by: Actor, way: RedemptionKind) -> None:
    quote = quoted(way, SubscriptionFactory.create(carried_license_days=7))
    redemption = carry_out(quote, by)
    redemption.subscription.refresh_from_db()
    assert redemption.subscription.term == quote.after
    assert (redemption.submission, redemption.way) == (quote.submission, way)


@pytest.mark.parametrize(
    "changed",
    [{"licenses": 26}, {"ends_on": date(2022, 1, 2)}, {"carried_license_days": 1}],
    ids=str,
)
@pytest.mark.parametrize("way", [RedemptionKind.EXTEND, RedemptionKind.ADD])
def test_whatever_changed_meanwhile_it_refuses_with_a_fresh_quote(
    by: Actor, way: RedemptionKind, changed: dict[str, Any]
) -> None:
    subscription = SubscriptionFactory.create()
    quote = quoted(way, subscription)
    Subscription.objects.filter(pk=subscription.pk).update(**changed)
    with pytest.raises(ChangedMeanwhile) as refusal:
        carry_out(quote, by)
    fresh = refusal.value.quote
    assert fresh
    assert fresh != quote
    assert carry_out(fresh, by), "the fresh one holds"


@pytest.mark.parametrize("way", [RedemptionKind.NEW, RedemptionKind.EXTEND, RedemptionKind.ADD])
def test_after_midnight_it_refuses_with_a_quote_of_the_new_day(
    by: Actor, way: RedemptionKind
) -> None:
    quote = quoted(way, SubscriptionFactory.create())
    tomorrow = TODAY + timedelta(days=1)
    with pytest.raises(ChangedMeanwhile) as refusal:
        carry_out(quote, by, on=tomorrow)
    fresh = refusal.value.quote
    assert fresh
    assert fresh.on == tomorrow
    assert carry_out(fresh, by, on=tomorrow)


def test_what_another_key_changed_is_noticed(by: Actor) -> None:
    subscription = SubscriptionFactory.create()
    quote = quoted(RedemptionKind.ADD, subscription)
    subscription.add_licenses(key_for(subscription), by=by, on=TODAY)
    with pytest.raises(ChangedMeanwhile):
        carry_out(quote, by)


@pytest.mark.rule("K2")
@pytest.mark.parametrize("way", [RedemptionKind.NEW, RedemptionKind.EXTEND, RedemptionKind.ADD])
def test_the_same_submission_twice_is_one_redemption(by: Actor, way: RedemptionKind) -> None:
    quote = quoted(way, SubscriptionFactory.create())
    first = carry_out(quote, by)
    after = Subscription.objects.get(pk=first.subscription_id).term
    assert carry_out(quote, by) == first
    assert carry_out(quote, by, on=TODAY + timedelta(days=1)) == first
    assert Subscription.objects.get(pk=first.subscription_id).term == after
    assert Redemption.objects.count() == 1


@pytest.mark.rule("K2")
def test_two_forms_with_the_same_figures_are_two_submissions(by: Actor) -> None:
    subscription = SubscriptionFactory.create()
    key = issue_key(partner=subscription.partner, product=subscription.product)
    one, two = (
        quote_redemption(RedemptionKind.EXTEND, key, subscription.tenant, subscription, TODAY)
        for _ in range(2)
    )
    assert one == two
    assert one.submission != two.submission
