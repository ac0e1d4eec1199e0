"""One key, many people; one subscription, many keys (rule K2). Real connections, on both databases.

Each guard is also switched off, to show that these tests would notice: a test that cannot fail
proves nothing.
"""

import threading
import time
from collections import Counter
from datetime import date
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from django.db import IntegrityError, connection, models
from django.db.models import QuerySet
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.models import (
    Redemption,
    Subscription,
    Term,
    quote_redemption,
    redeem_key,
    redeeming,
)
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.tenants.models import Actor, Record, Tenant
from tests.agreement import findings
from tests.clients import SignIn
from tests.factories import TODAY, TenantFactory, UserFactory, bought, issue_key, key_for
from tests.properties import BEFORE_A_RELEASE
from tests.simultaneous import IS_POSTGRES, Rendezvous, at_once, without_unique

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.rule("K2"),
    pytest.mark.usefixtures("consistent"),
]

A_CROWD = 40 if IS_POSTGRES else 8
SOME = 10
A_BIG_CROWD = 200 if IS_POSTGRES else 32
crowds = pytest.mark.parametrize(
    "crowd", [A_CROWD, pytest.param(A_BIG_CROWD, marks=BEFORE_A_RELEASE)]
)

needs_row_locks = pytest.mark.skipif(
    not IS_POSTGRES, reason="SQLite has one writer at a time: BEGIN IMMEDIATE is its guard"
)


def redemptions(outcomes: list[Any]) -> list[Redemption]:
    return [outcome for outcome in outcomes if isinstance(outcome, Redemption)]


def kinds(outcomes: list[Any]) -> Counter[str]:
    return Counter(type(outcome).__name__ for outcome in outcomes)


# One key


@crowds
def test_of_many_who_activate_one_key_at_once_one_succeeds_others_are_told(
    by: Actor, tenant: Tenant, crowd: int
) -> None:
    key = issue_key(partner=tenant.partner)
    outcomes = at_once([partial(Subscription.activate, key, tenant, by=by, on=TODAY)] * crowd)
    assert kinds(outcomes) == {"Redemption": 1, "KeyAlreadyRedeemed": crowd - 1}
    assert Subscription.objects.count() == Redemption.objects.count() == 1
    assert Record.objects.filter(action="licensing.new", refused="").count() == 1
    assert (
        Record.objects.filter(action="licensing.new", refused="key-already-redeemed").count()
        == crowd - 1
    )


@crowds
def test_of_many_who_extend_with_one_key_at_once_one_moves_the_end(by: Actor, crowd: int) -> None:
    subscription = bought(licenses=25, ends_on=date(2021, 6, 30))
    key = key_for(subscription)
    outcomes = at_once([partial(subscription.extend, key, by=by, on=TODAY)] * crowd)
    assert kinds(outcomes) == {"Redemption": 1, "KeyAlreadyRedeemed": crowd - 1}
    subscription.refresh_from_db()
    assert subscription.term == Term(25, date(2022, 6, 30), 0)


@pytest.mark.rule("S9")
def test_one_key_to_extend_to_add_and_to_activate_at_once_does_one_of_them(by: Actor) -> None:
    subscription = bought(licenses=25, ends_on=date(2021, 6, 30))
    key, tenant = key_for(subscription), subscription.tenant
    outcomes = at_once(
        [
            partial(subscription.extend, key, by=by, on=TODAY),
            partial(subscription.add_licenses, key, by=by, on=TODAY),
            partial(Subscription.activate, key, tenant, by=by, on=TODAY),
        ]
        * 3
    )
    assert kinds(outcomes) == {"Redemption": 1, "KeyAlreadyRedeemed": 8}
    [done] = redemptions(outcomes)
    assert Subscription.objects.get(pk=done.subscription_id).term == done.after
    assert Subscription.objects.count() == (2 if done.way == RedemptionKind.NEW else 1)


def test_one_key_in_two_tenants_at_once_is_redeemed_in_one(by: Actor, tenant: Tenant) -> None:
    key = issue_key(partner=tenant.partner)
    places = [tenant, TenantFactory.create(partner=tenant.partner)]
    outcomes = at_once(
        [partial(Subscription.activate, key, sample, by=by, on=TODAY) for sample in places]
    )
    assert kinds(outcomes) == {"Redemption": 1, "KeyAlreadyRedeemed": 1}
    key.refresh_from_db()
    assert key.redeemed_in == redemptions(outcomes)[0].subscription.tenant


def test_the_same_submission_many_times_at_once_is_one_redemption_for_all(by: Actor) -> None:
    subscription = bought()
    key = key_for(subscription)
    quote = quote_redemption(RedemptionKind.ADD, key, subscription.tenant, subscription, TODAY)
    outcomes = at_once(
        [partial(subscription.add_licenses, key, by=by, on=TODAY, quote=quote)] * SOME
    )
    assert len(redemptions(outcomes)) == SOME
    assert len(set(outcomes)) == Redemption.objects.filter(key=key).count() == 1
    assert not Record.objects.exclude(refused="").exists()


# Several keys on one subscription


def in_some_order(start: Term, steps: list[tuple[str, int]]) -> set[Term]:
    """Every outcome that carrying out `steps` one after the other can have."""
    results = set()
    for order in permutations(steps):
        term = start
        for verb, key_licenses in order:
            way = RedemptionKind.EXTEND if verb == "extend" else RedemptionKind.ADD
            term = end_dates.redeemed(way, term, key_licenses, TODAY)
        results.add(term)
    return results


def test_several_keys_at_once_on_one_subscription_count_as_in_some_order(by: Actor) -> None:
    subscription = bought(licenses=55, ends_on=date(2021, 6, 30))
    start = subscription.extend(key_for(subscription, 5), by=by, on=TODAY).after
    assert start == Term(55, date(2021, 8, 1), 45)
    steps = [
        ("extend", 5),
        ("extend", 12),
        ("add_licenses", 3),
        ("add_licenses", 20),
        ("extend", 31),
        ("add_licenses", 1),
    ]
    tasks = [
        partial(getattr(subscription, verb), key_for(subscription, licenses), by=by, on=TODAY)
        for verb, licenses in steps
    ]
    outcomes = at_once(tasks)
    assert kinds(outcomes) == {"Redemption": len(steps)}
    subscription.refresh_from_db()
    term = subscription.term
    assert term in in_some_order(start, steps)


@crowds
def test_many_keys_at_once_leave_a_ledger_without_a_gap(by: Actor, crowd: int) -> None:
    """Each redemption begins where another ended: nothing lost, nothing counted twice."""
    subscription = bought(licenses=100, ends_on=date(2021, 8, 31))
    first = subscription.term
    keys = [key_for(subscription, 1 + number % 7) for number in range(crowd)]
    verbs = [
        subscription.extend if number % 2 else subscription.add_licenses for number in range(crowd)
    ]
    outcomes = at_once(
        [partial(verb, key, by=by, on=TODAY) for verb, key in zip(verbs, keys, strict=True)]
    )
    assert kinds(outcomes) == {"Redemption": crowd}
    subscription.refresh_from_db()
    befores = Counter(redemption.before for redemption in outcomes)
    afters = Counter(redemption.after for redemption in outcomes)
    assert befores - afters == Counter([first])
    assert afters - befores == Counter([subscription.term])


def test_of_two_keys_that_reactivate_one_subscription_at_once_one_does(by: Actor) -> None:
    subscription = bought(ends_on=date(2021, 4, 30))
    keys = [key_for(subscription), key_for(subscription)]
    outcomes = at_once([partial(subscription.reactivate, key, by=by, on=TODAY) for key in keys])
    assert kinds(outcomes) == {"Redemption": 1, "NotReactivatable": 1}
    assert ProductKey.objects.redeemable(TODAY).count() == 1, "the other key is still good"


# Beside a rename, which writes the new name on every benefit and subscription


def wait_until_somebody_waits_for_a_lock() -> None:
    ends = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < ends:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.02)


@needs_row_locks
@pytest.mark.parametrize("way", [RedemptionKind.NEW, RedemptionKind.EXTEND])
def test_redeeming_a_key_and_renaming_its_product_at_once_both_happen(
    monkeypatch: pytest.MonkeyPatch, sign_in: SignIn, by: Actor, way: RedemptionKind
) -> None:
    subscription = bought()
    key, tenant, honest, claimed = (
        key_for(subscription),
        subscription.tenant,
        quote_redemption,
        threading.Event(),
    )
    staff = sign_in(UserFactory.create(is_staff=True, is_superuser=True))
    page = reverse("admin:benefits_product_change", args=[key.product_id])

    def quote_with_the_key_in_hand(*facts: Any) -> Quote:
        claimed.set()
        wait_until_somebody_waits_for_a_lock()
        return honest(*facts)

    def rename() -> int:
        claimed.wait(timeout=10)
        return staff.post(page, {"name": "New name", "reason": "It is called so"}).status_code

    monkeypatch.setattr(redeeming, "quote_redemption", quote_with_the_key_in_hand)
    target = None if way is RedemptionKind.NEW else subscription
    quote = honest(way, key, tenant, target, TODAY)
    outcomes = at_once(
        [
            partial(redeem_key, way, key, tenant, target, by=by, on=TODAY, quote=quote),
            rename,
        ]
    )
    assert kinds(outcomes) == {"Redemption": 1, "int": 1}, outcomes
    assert outcomes[1] == 302
    assert set(
        Benefit.objects.filter(product=key.product).values_list("product_name", flat=True)
    ) == {"New name"}


# With the guards off


def claim_without_looking(
    self: ProductKeyQuerySet, key: ProductKey, *, tenant: Tenant, by: Actor, on: date
) -> ProductKey:
    """`claim` without its condition: whoever comes takes it."""
    self.filter(pk=key.pk).update(
        redeemed_at=clock.now(), redeemed_on=on, redeemed_by=by.user, redeemed_in=tenant
    )
    return key


@pytest.fixture
def unguarded_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ProductKeyQuerySet, "claim", claim_without_looking)


@pytest.fixture
def no_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **_options: self)


@pytest.mark.usefixtures("unguarded_claim")
def test_without_the_conditional_claim_one_gets_through_but_none_is_told(
    by: Actor, tenant: Tenant
) -> None:
    key = issue_key(partner=tenant.partner)
    outcomes = at_once([partial(Subscription.activate, key, tenant, by=by, on=TODAY)] * 4)
    assert kinds(outcomes) == {"Redemption": 1, "IntegrityError": 3}
    assert not any(isinstance(outcome, KeyAlreadyRedeemed) for outcome in outcomes)
    assert Subscription.objects.count() == 1


@pytest.mark.usefixtures("unguarded_claim")
def test_without_both_guards_one_key_is_spent_many_times(by: Actor, tenant: Tenant) -> None:
    key = issue_key(partner=tenant.partner)
    many = models.ForeignKey(ProductKey, models.PROTECT, related_name="redemption")
    with without_unique(Redemption, "key", many):
        outcomes = at_once([partial(Subscription.activate, key, tenant, by=by, on=TODAY)] * 4)
        assert kinds(outcomes) == {"Redemption": 4}
        assert Subscription.objects.count() == 4


def test_the_ledger_takes_a_key_once_even_from_who_goes_round_the_verbs(
    by: Actor, tenant: Tenant
) -> None:
    redemption = Subscription.activate(issue_key(partner=tenant.partner), tenant, by=by, on=TODAY)
    quote = quote_redemption(RedemptionKind.NEW, redemption.key, tenant, None, TODAY)
    with pytest.raises(IntegrityError):
        Redemption.objects.write(
            redemption.key, redemption.subscription, quote, started_on=None, since=None, by=by
        )


def two_keys_meeting_after_the_read(
    monkeypatch: pytest.MonkeyPatch, by: Actor, *, quoted: bool = False
) -> tuple[Subscription, list[Any]]:
    """Add 10 licenses and 1 license at once.

    Each waits for the other between reading the subscription and writing it.
    """
    subscription = bought(licenses=100)
    meet, honest = Rendezvous(2), quote_redemption
    keys = [key_for(subscription, licenses) for licenses in (10, 1)]
    quotes = [
        quote_redemption(RedemptionKind.ADD, key, subscription.tenant, subscription, TODAY)
        if quoted
        else None
        for key in keys
    ]
    copies = [Subscription.objects.for_display().get(pk=subscription.pk) for _ in keys]

    def quote_after_meeting(*facts: Any) -> Quote:
        meet.wait()
        return honest(*facts)

    monkeypatch.setattr(redeeming, "quote_redemption", quote_after_meeting)
    tasks = zip(copies, keys, quotes, strict=True)
    outcomes = at_once(
        [
            partial(copy.add_licenses, key, by=by, on=TODAY, quote=quote)
            for copy, key, quote in tasks
        ]
    )
    subscription.refresh_from_db()
    return subscription, outcomes


def test_with_the_row_lock_two_keys_that_meet_both_count(
    monkeypatch: pytest.MonkeyPatch, by: Actor
) -> None:
    subscription, outcomes = two_keys_meeting_after_the_read(monkeypatch, by)
    assert (subscription.licenses, kinds(outcomes)) == (111, {"Redemption": 2})


@pytest.mark.rule("S8")
def test_of_two_quotes_that_meet_one_is_carried_out_the_other_quoted_anew(
    monkeypatch: pytest.MonkeyPatch, by: Actor
) -> None:
    subscription, outcomes = two_keys_meeting_after_the_read(monkeypatch, by, quoted=True)
    assert kinds(outcomes) == {"Redemption": 1, "ChangedMeanwhile": 1}
    assert [subscription.term] == [redemption.after for redemption in redemptions(outcomes)]


@needs_row_locks
@pytest.mark.usefixtures("no_row_locks")
@pytest.mark.parametrize("quoted", [False, True])
def test_without_the_row_lock_one_of_two_keys_that_meet_is_lost(
    monkeypatch: pytest.MonkeyPatch, by: Actor, quoted: bool
) -> None:
    subscription, outcomes = two_keys_meeting_after_the_read(monkeypatch, by, quoted=quoted)
    assert subscription.licenses in (110, 101)
    assert kinds(outcomes) == {"Redemption": 2}
    assert findings() == {Subscription: ["1 that do not follow from their redemptions"]}
