"""Several keys for one subscription, all of them or none (O9 to O13)."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed, KeyRevoked, KeyUnknown
from benefits_portal.benefits.models import Benefit, Product, ProductKey
from benefits_portal.licensing.exceptions import (
    ChangedMeanwhile,
    DifferentProduct,
    ExtensionLimitExceeded,
    SubscriptionNotActive,
)
from benefits_portal.licensing.models import Order, Redemption, Subscription
from benefits_portal.licensing.order_exceptions import (
    RefusedInOrder,
    SameKeyTwice,
    TooFewKeys,
    TooManyKeys,
)
from benefits_portal.licensing.order_quotes import MAX_KEYS, OrderQuote, OrderStep
from benefits_portal.licensing.planning import Key, Stock, frontier
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record, Tenant
from tests import factories
from tests.factories import TODAY, bought, issue_key, key_for
from tests.licensing.test_end_date_properties import after, days_left, sizes, subscriptions
from tests.properties import for_all

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule
EXTEND, ADD = RedemptionKind.EXTEND, RedemptionKind.ADD


@pytest.fixture
def subscription() -> Subscription:
    """100 licenses until 2021-06-30."""
    return bought(licenses=100, ends_on=date(2021, 6, 30))


def steps_for(subscription: Subscription, *kinds: tuple[RedemptionKind, int]) -> list[OrderStep]:
    """A new key for each."""
    return [OrderStep(way, key_for(subscription, licenses)) for way, licenses in kinds]


def order(
    subscription: Subscription,
    steps: list[OrderStep],
    by: Actor,
    *,
    on: date = TODAY,
    quote: OrderQuote | None = None,
) -> Order:
    return Order.redeem(subscription, steps, tenant=subscription.tenant, by=by, on=on, quote=quote)


def refused(
    subscription: Subscription, steps: list[OrderStep], by: Actor
) -> tuple[int, type[Refusal]]:
    """Which step was refused and why; and that nothing was redeemed."""
    before = subscription.term
    with pytest.raises(RefusedInOrder) as refusal:
        order(subscription, steps, by)
    assert not Order.objects.exists()
    assert not Redemption.objects.filter(redeemed_on=TODAY).exists()
    subscription.refresh_from_db()
    assert subscription.term == before
    return refusal.value.position, type(refusal.value.refusal)


@rule("O9")
def test_an_order_redeems_its_keys_one_after_the_other(
    by: Actor, subscription: Subscription
) -> None:
    steps = steps_for(subscription, (EXTEND, 25), (ADD, 50), (EXTEND, 150))
    done = order(subscription, steps, by)
    extended = after(subscription.extended(25))
    added = after(extended.with_added_licenses(50, TODAY))
    redemptions = list(done.in_order())
    assert [(each.position, each.way, each.key, each.after) for each in redemptions] == [
        (0, EXTEND, steps[0].key, extended.term),
        (1, ADD, steps[1].key, added.term),
        (2, EXTEND, steps[2].key, added.extended(150)),
    ]
    subscription.refresh_from_db()
    assert subscription.term == redemptions[-1].after
    assert {done.subscription, *(each.subscription for each in redemptions)} == {subscription}
    assert (done.product, done.partner, done.tenant) == (
        subscription.product,
        subscription.partner,
        subscription.tenant,
    )
    assert not ProductKey.objects.redeemable(TODAY).exists()


@rule("O9")
def test_a_key_too_large_fits_after_a_smaller_one_was_added(by: Actor) -> None:
    """5 licenses and a key of 25 is refused (S5); add a key of 5 first, and the 25 fits."""
    subscription = bought(licenses=5, ends_on=date(2022, 1, 30))
    steps = steps_for(subscription, (ADD, 5), (EXTEND, 25))
    assert refused(subscription, steps[::-1], by) == (0, ExtensionLimitExceeded)
    assert [each.after.licenses for each in order(subscription, steps, by).in_order()] == [10, 10]


@rule("O9")
@pytest.mark.parametrize(
    ("count", "refusal"), [(0, TooFewKeys), (1, TooFewKeys), (MAX_KEYS + 1, TooManyKeys)]
)
def test_an_order_has_two_to_twenty_keys(
    by: Actor, subscription: Subscription, count: int, refusal: type[Refusal]
) -> None:
    steps = steps_for(subscription, *[(EXTEND, 1)] * count)
    with pytest.raises(refusal):
        order(subscription, steps, by)
    assert ProductKey.objects.redeemable(TODAY).count() == count
    if count > MAX_KEYS:
        assert order(subscription, steps[:MAX_KEYS], by).redemptions.count() == MAX_KEYS


@rule("O9")
@pytest.mark.parametrize("way", [RedemptionKind.NEW, RedemptionKind.REACTIVATE])
def test_a_step_extends_or_adds(by: Actor, subscription: Subscription, way: RedemptionKind) -> None:
    steps = steps_for(subscription, (EXTEND, 1), (way, 1))
    with pytest.raises(ValueError, match="extends or adds"):
        order(subscription, steps, by)


@rule("O9")
@pytest.mark.parametrize(
    "columns",
    [{"order": True, "position": None}, {"order": None, "position": 0}],
    ids=["no position", "no order"],
)
def test_the_database_keeps_order_and_position_together(
    by: Actor, subscription: Subscription, columns: dict[str, Any]
) -> None:
    done = order(subscription, steps_for(subscription, (ADD, 1), (ADD, 2)), by)
    row = done.in_order()[0]
    row.pk, row._state.adding, row.submission, row.key = (
        None,
        True,
        uuid.uuid4(),
        key_for(subscription),
    )
    row.order, row.position = columns["order"] and done, columns["position"]
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


@rule("O9")
def test_the_database_keeps_one_step_at_a_position(by: Actor, subscription: Subscription) -> None:
    done = order(subscription, steps_for(subscription, (ADD, 1), (ADD, 2)), by)
    row = done.in_order()[0]
    row.pk, row._state.adding, row.submission, row.key = (
        None,
        True,
        uuid.uuid4(),
        key_for(subscription),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


# O10: what was shown is what happens


@rule("O10")
def test_a_quote_of_the_chain_survives_the_form(subscription: Subscription) -> None:
    steps = steps_for(subscription, (EXTEND, 25), (ADD, 50))
    quote = Order.quote(subscription, steps, TODAY)
    loaded = OrderQuote.loaded(quote.signed())
    assert (loaded, loaded.submission) == (quote, quote.submission)
    assert all(step.key.last_five not in quote.signed() for step in steps)


@rule("O10")
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=200))
def test_anything_else_than_a_quote_of_a_chain_is_refused(text: str) -> None:
    with pytest.raises(ChangedMeanwhile):
        OrderQuote.loaded(text)


@rule("O10", "S8")
@pytest.mark.parametrize(
    "changed",
    [{"licenses": 101}, {"ends_on": date(2021, 7, 1)}, {"carried_license_days": 1}],
    ids=str,
)
def test_whatever_changed_meanwhile_redeems_nothing(
    by: Actor, subscription: Subscription, changed: dict[str, Any]
) -> None:
    steps = steps_for(subscription, (ADD, 25), (EXTEND, 50))
    shown = Order.quote(subscription, steps, TODAY)
    Subscription.objects.filter(pk=subscription.pk).update(**changed)
    with pytest.raises(ChangedMeanwhile):
        order(subscription, steps, by, quote=shown)
    assert ProductKey.objects.redeemable(TODAY).count() == 2
    subscription.refresh_from_db()
    assert order(subscription, steps, by, quote=Order.quote(subscription, steps, TODAY))


@rule("O10", "S8")
def test_after_midnight_nothing_is_redeemed(by: Actor, subscription: Subscription) -> None:
    steps = steps_for(subscription, (ADD, 25), (EXTEND, 50))
    shown, tomorrow = Order.quote(subscription, steps, TODAY), TODAY + timedelta(days=1)
    with pytest.raises(ChangedMeanwhile):
        order(subscription, steps, by, quote=shown, on=tomorrow)
    fresh = Order.quote(subscription, steps, tomorrow)
    assert order(subscription, steps, by, quote=fresh, on=tomorrow).redeemed_on == tomorrow


@rule("O10")
def test_other_steps_than_were_shown_redeem_nothing(by: Actor, subscription: Subscription) -> None:
    steps = steps_for(subscription, (ADD, 25), (EXTEND, 50))
    shown = Order.quote(subscription, steps, TODAY)
    with pytest.raises(ChangedMeanwhile):
        order(subscription, steps[::-1], by, quote=shown)
    assert ProductKey.objects.redeemable(TODAY).count() == 2


def in_a_tenant(subscription: Subscription) -> Subscription:
    """Of a partner, a product and a tenant that nobody saved."""
    subscription.pk, subscription.partner_id = 1, 1
    subscription.product, subscription.tenant = Product(pk=1), Tenant(pk=1)
    return subscription


def unsaved_key(number: int, licenses: int, on: date) -> ProductKey:
    """A key that can be redeemed on that day, for a partner and a product that nobody saved."""
    key = ProductKey(pk=number + 1, partner_id=1, product_id=1, licenses=licenses)
    key.benefit = Benefit(starts_on=on, expires_on=on)
    return key


@rule("O10", "S7", "S8")
@for_all(
    start=subscriptions().map(in_a_tenant),
    kinds=st.lists(st.tuples(st.sampled_from([EXTEND, ADD]), sizes), min_size=2, max_size=20),
    left=days_left,
)
def test_a_quote_of_a_chain_balances_to_the_license_day(
    start: Subscription, kinds: list[tuple[RedemptionKind, int]], left: int
) -> None:
    """Each step begins where the one before it ended; nothing is added or lost in any."""
    on = start.ends_on - timedelta(days=left)
    steps = [
        OrderStep(way, unsaved_key(number, size, on)) for number, (way, size) in enumerate(kinds)
    ]
    expected, term = [], start
    for way, size in kinds:
        if way is EXTEND and size > 3 * term.licenses:
            with pytest.raises(RefusedInOrder):
                Order.quote(start, steps, on)
            return
        result = term.extended(size) if way is EXTEND else term.with_added_licenses(size, on)
        there_was, became = result.calculation.balance()
        assert there_was == became
        expected.append(result)
        term = after(result)
    quote = Order.quote(start, steps, on)
    assert [each.after for each in quote.quotes] == expected
    assert [each.before for each in quote.quotes] == [start.term, *expected[:-1]]


@rule("O1", "O10", "S7")
@for_all(
    start=subscriptions().map(in_a_tenant),
    licenses=st.lists(sizes, min_size=2, max_size=4),
    left=days_left,
)
def test_what_a_plan_shows_is_what_its_order_does(
    start: Subscription, licenses: list[int], left: int
) -> None:
    """Step by step, to the carried license-day."""
    on = start.ends_on - timedelta(days=left)
    keys = {number: unsaved_key(number, size, on) for number, size in enumerate(licenses)}
    stock = Stock(start.term, tuple(Key(key.licenses, on, pk) for pk, key in keys.items()), on)
    for plan in frontier(stock).plans:
        if len(plan.steps) > 1:
            steps = [OrderStep(step.way, keys[step.key.pk or 0]) for step in plan.steps]
            done = Order.quote(start, steps, on).quotes
            shown = [(step.before, step.after) for step in plan.steps]
            assert [(each.before, each.after) for each in done] == shown


@rule("O10", "S7", "S8")
@pytest.mark.parametrize("carried", [0, 7])
@pytest.mark.parametrize(
    "kinds",
    [
        [(ADD, 3), (EXTEND, 5), (ADD, 1)],
        [(EXTEND, 12), (EXTEND, 31), (EXTEND, 5)],
        [(ADD, 55), (EXTEND, 100), (ADD, 7), (EXTEND, 1)],
    ],
    ids=str,
)
def test_an_order_does_what_was_shown_to_the_carried_license_day(
    by: Actor, kinds: list[tuple[RedemptionKind, int]], carried: int
) -> None:
    subscription = bought(licenses=55, ends_on=date(2021, 8, 31))
    Subscription.objects.filter(pk=subscription.pk).update(carried_license_days=carried)
    subscription.refresh_from_db()
    steps = steps_for(subscription, *kinds)
    shown = OrderQuote.loaded(Order.quote(subscription, steps, TODAY).signed())
    done = order(subscription, steps, by, quote=shown)
    assert [(each.before, each.after) for each in done.in_order()] == [
        (each.before, each.after) for each in shown.quotes
    ]
    subscription.refresh_from_db()
    assert subscription.term == shown.total.after


# O11: refused key by key, in the order typed


def revoked(key: ProductKey) -> None:
    key.revoke("Lost", by=Actor())


def spent(key: ProductKey) -> None:
    factories.redeem(key)


def expired(key: ProductKey) -> None:
    type(key.benefit).objects.filter(pk=key.benefit_id).update(expires_on=date(2021, 4, 30))


SPOILED = {KeyRevoked: revoked, KeyAlreadyRedeemed: spent, BenefitExpired: expired}


@rule("O11")
@pytest.mark.parametrize("position", [0, 1, 2])
@pytest.mark.parametrize(("reason", "spoil"), SPOILED.items(), ids=lambda one: one.__name__)
def test_the_key_that_stands_in_the_way_is_named(
    by: Actor,
    subscription: Subscription,
    position: int,
    reason: type[Refusal],
    spoil: Callable[[ProductKey], None],
) -> None:
    steps = steps_for(subscription, (EXTEND, 1), (ADD, 2), (EXTEND, 3))
    spoil(steps[position].key)
    with pytest.raises(RefusedInOrder) as refusal:
        order(subscription, steps, by)
    assert (refusal.value.position, type(refusal.value.refusal)) == (position, reason)
    assert str(refusal.value).startswith(f"Key {position + 1} ({steps[position].key}): ")
    record = Record.objects.latest("pk")
    assert (record.action, record.refused) == ("licensing.order", reason.code)
    assert record.after == {"keys": [step.key.pk for step in steps]}
    assert not Order.objects.exists()


@rule("O11", "K7")
def test_of_two_bad_keys_the_first_is_named_for_its_first_reason(
    by: Actor, subscription: Subscription
) -> None:
    """The second is too large as well as spent; the third is revoked."""
    steps = steps_for(subscription, (EXTEND, 1), (EXTEND, 301), (EXTEND, 3))
    spent(steps[1].key)
    revoked(steps[2].key)
    with pytest.raises(RefusedInOrder) as refusal:
        order(subscription, steps, by)
    assert (refusal.value.position, type(refusal.value.refusal)) == (1, KeyAlreadyRedeemed)


@rule("O11")
def test_the_same_key_twice_is_named_as_such(by: Actor, subscription: Subscription) -> None:
    first, second = steps_for(subscription, (EXTEND, 1), (ADD, 2))
    again = OrderStep(ADD, first.key)
    assert refused(subscription, [first, second, again], by) == (2, SameKeyTwice)


@rule("O9", "O11")
def test_a_key_of_another_product_in_third_place_is_refused(
    by: Actor, subscription: Subscription
) -> None:
    steps = steps_for(subscription, (EXTEND, 1), (ADD, 2))
    other = OrderStep(ADD, issue_key(partner=subscription.partner))
    assert refused(subscription, [*steps, other], by) == (2, DifferentProduct)


@rule("O11", "K4")
def test_another_partner_s_key_in_an_order_does_not_exist(
    by: Actor, subscription: Subscription
) -> None:
    foreign = OrderStep(ADD, issue_key(product=subscription.product))
    steps = steps_for(subscription, (EXTEND, 1))
    assert refused(subscription, [*steps, foreign], by) == (1, KeyUnknown)


@rule("O9")
def test_a_subscription_that_has_ended_takes_no_order(by: Actor) -> None:
    subscription = bought(licenses=5, ends_on=TODAY - timedelta(days=1))
    steps = steps_for(subscription, (EXTEND, 1), (ADD, 2))
    assert refused(subscription, steps, by) == (0, SubscriptionNotActive)


@rule("O9", "K5")
def test_a_subscription_of_another_tenant_takes_no_order(
    by: Actor, subscription: Subscription
) -> None:
    elsewhere = factories.TenantFactory.create(partner=subscription.partner)
    steps = steps_for(subscription, (EXTEND, 1), (ADD, 2))
    with pytest.raises(Subscription.DoesNotExist):
        Order.redeem(subscription, steps, tenant=elsewhere, by=by, on=TODAY)


# O13: one submission, one order


@rule("O13", "K2")
def test_the_same_submission_twice_is_one_order(by: Actor, subscription: Subscription) -> None:
    steps = steps_for(subscription, (EXTEND, 1), (ADD, 2))
    shown = Order.quote(subscription, steps, TODAY)
    first = order(subscription, steps, by, quote=shown)
    assert order(subscription, steps, by, quote=shown) == first
    assert order(subscription, steps, by, quote=shown, on=TODAY + timedelta(days=1)) == first
    assert (Order.objects.count(), first.redemptions.count()) == (1, 2)
    assert not Record.objects.exclude(refused="").exists()


@rule("O13")
def test_each_step_is_an_ordinary_redemption_of_its_own_submission(
    by: Actor, subscription: Subscription
) -> None:
    steps = steps_for(subscription, (EXTEND, 1), (ADD, 2))
    done = order(subscription, steps, by)
    assert [each.submission for each in done.in_order()] == [
        uuid.uuid5(done.submission, position) for position in ("0", "1")
    ]
    assert list(Record.objects.about(subscription).order_by("pk").values_list("action", flat=True))[
        -3:
    ] == ["licensing.extend", "licensing.add", "licensing.order"]


@rule("O13", "A1", "K3")
def test_the_record_of_an_order_names_nobody_and_no_key(
    by: Actor, subscription: Subscription
) -> None:
    done = order(subscription, steps_for(subscription, (EXTEND, 1), (ADD, 2)), by)
    record = Record.objects.get(action="licensing.order")
    assert (record.before, record.after) == ({}, {"order": done.pk})
    assert (record.actor, record.subject) == (by.user, subscription)


@rule("O12")
def test_an_order_of_ten_keys_takes_at_most_sixty_queries(
    by: Actor, subscription: Subscription
) -> None:
    steps = steps_for(subscription, *[(EXTEND, 5), (ADD, 6)] * 5)
    shown = Order.quote(subscription, steps, TODAY)
    with CaptureQueriesContext(connection) as queries:
        order(subscription, steps, by, quote=shown)
    assert len(queries) <= 40
