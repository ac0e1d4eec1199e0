"""The verbs (rules S1, S3 to S6, S9, K2, K4, K7, A1).

Each spends one key and changes one subscription, both or neither.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pytest
from django.db.models import Model

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed, KeyRevoked, KeyUnknown
from benefits_portal.benefits.models import Benefit, ProductKey
from benefits_portal.licensing.exceptions import (
    ChangedMeanwhile,
    DifferentProduct,
    ExtensionLimitExceeded,
    NotReactivatable,
    SubscriptionNotActive,
)
from benefits_portal.licensing.models import (
    Redemption,
    Subscription,
    Term,
    quote_redemption,
    redeem_key,
)
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, Record, Tenant
from tests.factories import (
    NOW,
    TODAY,
    DirectoryUserFactory,
    ProductFactory,
    SubscriptionFactory,
    TenantFactory,
    UserFactory,
    issue_key,
    key_for,
)

pytestmark = pytest.mark.django_db
rule = pytest.mark.rule


def term_of(subscription: Subscription) -> Term:
    subscription.refresh_from_db()
    return subscription.term


# The scenarios of the source document, carried out


@rule("S4", "S5")
@pytest.mark.parametrize(
    ("licenses", "key", "ends_on"),
    [
        pytest.param(100, 25, date(2021, 9, 30), id="scenario 1: three months"),
        pytest.param(100, 100, date(2022, 6, 30), id="scenario 2: twelve months"),
        pytest.param(5, 10, date(2023, 6, 30), id="scenario 3: twenty-four months"),
        pytest.param(5, 15, date(2024, 6, 30), id="three times the licenses: three years"),
    ],
)
def test_extending_keeps_the_licenses_and_moves_the_end(
    by: Actor, licenses: int, key: int, ends_on: date
) -> None:
    subscription = SubscriptionFactory.create(licenses=licenses, ends_on=date(2021, 6, 30))
    subscription.extend(key_for(subscription, key), by=by, on=TODAY)
    assert term_of(subscription) == Term(licenses, ends_on, 0)


@rule("S5")
def test_scenario_4_a_key_over_the_limit_changes_nothing_and_stays_usable(by: Actor) -> None:
    subscription = SubscriptionFactory.create(licenses=5, ends_on=date(2021, 6, 30))
    key = key_for(subscription, 16)
    with pytest.raises(ExtensionLimitExceeded):
        subscription.extend(key, by=by, on=TODAY)
    assert term_of(subscription) == Term(5, date(2021, 6, 30), 0)
    assert ProductKey.objects.redeemable(TODAY).contains(key)
    assert not Redemption.objects.exists()


@rule("S6")
def test_adding_grows_the_licenses_and_averages_the_ends(by: Actor) -> None:
    subscription = SubscriptionFactory.create(licenses=100, ends_on=date(2021, 11, 1))
    subscription.add_licenses(key_for(subscription, 25), by=by, on=TODAY)
    assert term_of(subscription) == Term(125, date(2021, 12, 7), 25)


@rule("S7")
def test_what_was_carried_goes_into_the_next_redemption(by: Actor) -> None:
    subscription = SubscriptionFactory.create(licenses=55, ends_on=date(2021, 6, 30))
    for _ in range(2):
        subscription.extend(key_for(subscription, 5), by=by, on=TODAY)
        subscription.refresh_from_db()
    # 2021-08-01 and 45 carried; then 1 month, and
    # (5 × 30 days of the month that follows + 45) ÷ 55 = 3 days, 30 left.
    assert subscription.term == Term(55, date(2021, 9, 4), 30)


# First activation


@rule("S1")
def test_activating_starts_a_new_subscription_for_twelve_months(tenant: Tenant, by: Actor) -> None:
    key = issue_key(partner=tenant.partner, quantity=25)
    subscription = Subscription.activate(key, tenant, by=by, on=TODAY).subscription
    subscription.refresh_from_db()
    assert subscription.term == Term(25, date(2022, 5, 1), 0)
    assert (subscription.starts_on, subscription.product, subscription.tenant) == (
        TODAY,
        key.product,
        tenant,
    )


@rule("S3")
def test_activating_beside_an_active_subscription_leaves_that_one_alone(by: Actor) -> None:
    active = SubscriptionFactory.create()
    before = active.term
    new = Subscription.activate(key_for(active), active.tenant, by=by, on=TODAY).subscription
    assert new != active
    assert term_of(active) == before


@rule("S3")
@pytest.mark.parametrize("days_ago", [1, 30, 31, 120], ids="ended {} days ago".format)
def test_reactivating_gives_the_key_s_licenses_for_a_year_carrying_nothing(
    by: Actor, days_ago: int
) -> None:
    subscription = SubscriptionFactory.create(
        licenses=100, ends_on=TODAY - timedelta(days=days_ago), carried_license_days=99
    )
    subscription.reactivate(key_for(subscription, 25), by=by, on=TODAY)
    assert term_of(subscription) == Term(25, date(2022, 5, 1), 0)
    assert subscription.starts_on == TODAY


@rule("S3")
@pytest.mark.parametrize(
    "days_ago", [-1, 0, 121], ids=["ends tomorrow", "ends today", "deleted since today"]
)
def test_what_is_active_or_deleted_cannot_be_reactivated(by: Actor, days_ago: int) -> None:
    subscription = SubscriptionFactory.create(ends_on=TODAY - timedelta(days=days_ago))
    with pytest.raises(NotReactivatable):
        subscription.reactivate(key_for(subscription), by=by, on=TODAY)


@rule("S3")
def test_only_the_latest_of_two_ended_subscriptions_can_be_reactivated(by: Actor) -> None:
    latest = SubscriptionFactory.create(ends_on=TODAY - timedelta(days=5))
    older = SubscriptionFactory.create(
        ends_on=TODAY - timedelta(days=50), tenant=latest.tenant, product=latest.product
    )
    with pytest.raises(NotReactivatable):
        older.reactivate(key_for(older), by=by, on=TODAY)
    assert latest.reactivate(key_for(latest), by=by, on=TODAY)


# The edges of a status


@rule("S4", "S6")
@pytest.mark.parametrize("verb", ["extend", "add_licenses"])
def test_a_subscription_can_be_changed_on_its_last_day_and_no_later(by: Actor, verb: str) -> None:
    subscription = SubscriptionFactory.create(ends_on=TODAY)
    with pytest.raises(SubscriptionNotActive):
        getattr(subscription, verb)(key_for(subscription), by=by, on=TODAY + timedelta(days=1))
    getattr(subscription, verb)(key_for(subscription), by=by, on=TODAY)
    assert term_of(subscription).ends_on > TODAY


@rule("B5")
def test_a_key_redeemed_on_its_benefit_s_last_day_runs_its_twelve_months(
    tenant: Tenant, by: Actor
) -> None:
    key = issue_key(partner=tenant.partner)
    last_day = key.benefit.expires_on
    subscription = Subscription.activate(key, tenant, by=by, on=last_day).subscription
    assert subscription.ends_on == date(2023, 1, 31)
    assert subscription.is_active(last_day + timedelta(days=300))


@rule("B5")
def test_the_day_after_its_benefit_s_last_day_a_key_is_refused(tenant: Tenant, by: Actor) -> None:
    key = issue_key(partner=tenant.partner)
    with pytest.raises(BenefitExpired):
        Subscription.activate(key, tenant, by=by, on=key.benefit.expires_on + timedelta(days=1))
    key.refresh_from_db()
    assert not key.is_redeemed


# Once


@rule("K2")
@pytest.mark.parametrize("way", list(RedemptionKind))
def test_a_redeemed_key_is_refused_with_when_where_and_by_whom(way: RedemptionKind) -> None:
    subscription = SubscriptionFactory.create(
        ends_on=TODAY - timedelta(days=1) if way is RedemptionKind.REACTIVATE else date(2022, 1, 1)
    )
    person = DirectoryUserFactory.create(tenant=subscription.tenant)
    by = Actor(UserFactory.create(directory_user=person))
    key = key_for(subscription)
    Subscription.activate(key, subscription.tenant, by=by, on=TODAY)
    before = term_of(subscription)
    target = None if way is RedemptionKind.NEW else subscription
    with pytest.raises(KeyAlreadyRedeemed) as refusal:
        redeem_key(way, key, subscription.tenant, target, by=by, on=TODAY)
    assert str(refusal.value.message) == (
        f"This key was redeemed on May 1, 2021 in {subscription.tenant} by {person.display_name}."
    )
    assert term_of(subscription) == before


@rule("S9")
def test_extending_and_adding_take_two_keys(by: Actor) -> None:
    subscription = SubscriptionFactory.create()
    key = key_for(subscription)
    subscription.extend(key, by=by, on=TODAY)
    with pytest.raises(KeyAlreadyRedeemed) as refusal:
        subscription.add_licenses(key, by=by, on=TODAY)
    assert str(refusal.value.advice) == (
        "A key can be redeemed only once. Choose another key, or view the receipt, which leads to "
        "the subscription that the key was redeemed for."
    )


@rule("K4")
def test_a_key_works_only_in_a_tenant_of_the_partner_it_was_issued_to(
    tenant: Tenant, by: Actor
) -> None:
    foreign = issue_key()
    with pytest.raises(KeyUnknown):
        Subscription.activate(foreign, tenant, by=by, on=TODAY)
    with pytest.raises(KeyUnknown):
        SubscriptionFactory.create(tenant=tenant, product=foreign.product).extend(
            foreign, by=by, on=TODAY
        )
    assert ProductKey.objects.redeemable(TODAY).contains(foreign)


# Which refusal comes first: every pair of flaws, the earlier in the list of K7 wins


@dataclass
class ShownExtension:
    """A subscription, a key, and the quote of extending the one with the other."""

    subscription: Subscription
    key: ProductKey
    quote: Quote


def shown_extension() -> ShownExtension:
    subscription = SubscriptionFactory.create()
    key = key_for(subscription)
    return ShownExtension(
        subscription,
        key,
        quote_redemption(RedemptionKind.EXTEND, key, subscription.tenant, subscription, TODAY),
    )


def set_facts(instance: Model, **facts: Any) -> None:
    type(instance)._base_manager.filter(pk=instance.pk).update(**facts)


def of_another_partner(case: ShownExtension) -> None:
    case.subscription = SubscriptionFactory.create(product=case.key.product)


def revoked(case: ShownExtension) -> None:
    set_facts(case.key, revoked_at=NOW, revoked_why="sent to the wrong tenant")


def redeemed(case: ShownExtension) -> None:
    set_facts(
        case.key, redeemed_at=NOW, redeemed_on=TODAY, redeemed_in=case.key.partner.tenants.first()
    )


def of_an_expired_benefit(case: ShownExtension) -> None:
    set_facts(case.key.benefit, expires_on=TODAY - timedelta(days=1))
    case.key = ProductKey.objects.for_display().get(pk=case.key.pk)


def for_another_product(case: ShownExtension) -> None:
    set_facts(case.subscription, product=ProductFactory.create())


def subscription_not_active(case: ShownExtension) -> None:
    set_facts(case.subscription, ends_on=TODAY - timedelta(days=1))


def over_the_limit(case: ShownExtension) -> None:
    set_facts(case.subscription, licenses=5)
    case.key.licenses = 16


def changed_meanwhile(case: ShownExtension) -> None:
    set_facts(case.subscription, carried_license_days=1)


type Flaw = tuple[type[Refusal], Callable[[ShownExtension], None]]
FLAWS: list[Flaw] = [
    (KeyUnknown, of_another_partner),
    (KeyRevoked, revoked),
    (KeyAlreadyRedeemed, redeemed),
    (BenefitExpired, of_an_expired_benefit),
    (DifferentProduct, for_another_product),
    (SubscriptionNotActive, subscription_not_active),
    (ExtensionLimitExceeded, over_the_limit),
    (ChangedMeanwhile, changed_meanwhile),
]
PAIRS = list(combinations(FLAWS, 2))


@rule("K7")
@pytest.mark.parametrize(("refusal", "flaw"), FLAWS, ids=[flaw.__name__ for _, flaw in FLAWS])
def test_each_flaw_has_its_own_refusal_in_one_sentence_with_what_to_do(
    by: Actor, refusal: type[Refusal], flaw: Callable[[ShownExtension], None]
) -> None:
    case = shown_extension()
    flaw(case)
    with pytest.raises(refusal) as said:
        case.subscription.extend(case.key, by=by, on=TODAY, quote=case.quote)
    assert said.type is refusal
    assert str(said.value.message).endswith(".")
    assert str(said.value.advice).endswith(".")


@rule("K7")
@pytest.mark.parametrize(
    ("first", "second"),
    PAIRS,
    ids=[f"{first.__name__} before {second.__name__}" for (_, first), (_, second) in PAIRS],
)
def test_of_two_flaws_the_earlier_one_is_told(by: Actor, first: Flaw, second: Flaw) -> None:
    case = shown_extension()
    for _refusal, flaw in (first, second):
        flaw(case)
    with pytest.raises(Refusal) as said:
        case.subscription.extend(case.key, by=by, on=TODAY, quote=case.quote)
    assert said.type is first[0]


@rule("K7", "K2")
@pytest.mark.parametrize(
    ("refusal", "flaw"), FLAWS[1:], ids=[flaw.__name__ for _, flaw in FLAWS[1:]]
)
def test_the_same_submission_leads_to_its_receipt_whatever_happened_since(
    by: Actor, refusal: type[Refusal], flaw: Callable[[ShownExtension], None]
) -> None:
    case = shown_extension()
    done = case.subscription.extend(case.key, by=by, on=TODAY, quote=case.quote)
    flaw(case)
    again = case.subscription.extend(
        case.key, by=by, on=TODAY + timedelta(days=700), quote=case.quote
    )
    assert again == done
    assert Redemption.objects.count() == 1


# What is kept


@rule("A1", "K3")
def test_a_redemption_keeps_before_and_after_and_is_put_on_record(by: Actor) -> None:
    subscription = SubscriptionFactory.create(
        licenses=100, ends_on=date(2021, 11, 1), carried_license_days=3
    )
    redemption = subscription.add_licenses(key_for(subscription, 25), by=by, on=TODAY)
    redemption.refresh_from_db()
    assert redemption.before == Term(100, date(2021, 11, 1), 3)
    assert redemption.after == term_of(subscription)
    assert (redemption.redeemed_by, redemption.tenant, redemption.after.ends_on) == (
        by.user,
        subscription.tenant,
        date(2021, 12, 7),
    )
    record = Record.objects.about(subscription).get()
    assert (record.actor, record.how, record.partner, record.tenant) == (
        by.user,
        "portal",
        subscription.partner,
        subscription.tenant,
    )
    assert record.before == {"licenses": 100, "ends_on": "2021-11-01", "carried_license_days": 3}
    assert record.after == {
        "licenses": 125,
        "ends_on": "2021-12-07",
        "carried_license_days": 28,
        "key": redemption.key.pk,
        "redemption": redemption.pk,
    }


@rule("A1")
@pytest.mark.parametrize(("refusal", "flaw"), FLAWS, ids=[flaw.__name__ for _, flaw in FLAWS])
def test_a_refused_attempt_is_on_record_though_its_transaction_rolled_back(
    by: Actor, refusal: type[Refusal], flaw: Callable[[ShownExtension], None]
) -> None:
    case = shown_extension()
    flaw(case)
    with pytest.raises(refusal):
        case.subscription.extend(case.key, by=by, on=TODAY, quote=case.quote)
    record = Record.objects.about(case.subscription).get()
    assert (record.refused, record.actor, record.after) == (
        refusal.code,
        by.user,
        {"key": case.key.pk},
    )
    assert not Redemption.objects.exists()


@rule("K3")
def test_the_record_never_holds_a_key(by: Actor) -> None:
    subscription = SubscriptionFactory.create()
    benefit: Benefit = key_for(subscription).benefit
    key = benefit.live_key()
    assert key
    text = key.reveal(by=by, on=TODAY)
    subscription.extend(key, by=by, on=TODAY)
    with pytest.raises(KeyAlreadyRedeemed):
        subscription.extend(key, by=by, on=TODAY)
    written = " ".join(
        f"{record.before} {record.after} {record}" for record in Record.objects.all()
    )
    assert Record.objects.count() == 4, "issued, revealed, extended, refused"
    for part in (text, text.replace("-", ""), key.digest, key.ciphertext, key.last_five):
        assert part not in written


@rule("A3", "S8")
@pytest.mark.parametrize("verb", ["extend", "add_licenses"])
def test_a_receipt_repeats_the_working_of_its_day(by: Actor, verb: str) -> None:
    subscription = SubscriptionFactory.create(
        licenses=7, ends_on=date(2021, 11, 30), carried_license_days=6
    )
    key = key_for(subscription, 3)
    shown = (
        subscription.extended(3) if verb == "extend" else subscription.with_added_licenses(3, TODAY)
    )
    redemption = getattr(subscription, verb)(key, by=by, on=TODAY)
    redemption.refresh_from_db()
    assert redemption.after == shown
    assert redemption.after.calculation.steps() == shown.calculation.steps()
    assert redemption.licenses_brought == (0 if verb == "extend" else 3)


@rule("S8")
@pytest.mark.parametrize("verb", ["extended", "with_added_licenses"])
def test_a_receipt_says_what_was_calculated_whatever_the_rules_become(
    by: Actor, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    subscription = SubscriptionFactory.create(licenses=7, ends_on=date(2021, 11, 30))
    way = RedemptionKind.EXTEND if verb == "extended" else RedemptionKind.ADD
    redemption = redeem_key(
        way, key_for(subscription, 3), subscription.tenant, subscription, by=by, on=TODAY
    )
    steps = redemption.after.calculation.steps()
    monkeypatch.setattr(Subscription, verb, lambda *_figures: Term(1, date(1999, 1, 1)))
    redemption.refresh_from_db()
    assert redemption.after.calculation.steps() == steps


@rule("A3")
def test_the_receipt_of_an_activation_has_nothing_before(tenant: Tenant) -> None:
    redemption = Subscription.activate(
        issue_key(partner=tenant.partner), tenant, by=Actor(), on=TODAY
    )
    redemption.refresh_from_db()
    assert (redemption.before, redemption.before_ends_on, redemption.redeemed_by) == 3 * (None,)
    assert redemption.after.calculation.steps() == ["May 1, 2021 + 12 months = May 1, 2022"]


# Somewhere else


@rule("K4", "K5")
def test_a_subscription_of_another_tenant_than_the_one_named_is_refused(
    tenant: Tenant, by: Actor
) -> None:
    elsewhere = SubscriptionFactory.create(tenant=TenantFactory.create(partner=tenant.partner))
    key = key_for(elsewhere)
    before = elsewhere.term
    with pytest.raises(Subscription.DoesNotExist):
        redeem_key(RedemptionKind.EXTEND, key, tenant, elsewhere, by=by, on=TODAY)
    assert term_of(elsewhere) == before
    assert ProductKey.objects.redeemable(TODAY).contains(key)
