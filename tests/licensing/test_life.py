"""A partner's keys, subscriptions and credit through any life (all of S, K2, U2 to U5).

Any that the verbs allow.

A machine plays random moves and keeps books of its own, in plain integers; after every move they
agree with the database.
"""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed, KeyRevoked
from benefits_portal.benefits.models import Assignment, Benefit, ProductKey
from benefits_portal.dates import add_months, days_in_months
from benefits_portal.licensing.exceptions import (
    ExtensionLimitExceeded,
    NotReactivatable,
    SubscriptionNotActive,
)
from benefits_portal.licensing.models import Redemption, Subscription, quote_redemption, redeem_key
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Actor, DirectoryUser
from tests.agreement import findings
from tests.factories import (
    TODAY,
    BenefitFactory,
    DirectoryUserFactory,
    ProductFactory,
    TenantFactory,
)
from tests.properties import BEFORE_A_RELEASE

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.rule("S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "K2", "U2", "U3", "U4", "U5"),
]


def refused(verb: Callable[..., Any], *facts: Any, **options: Any) -> type[Exception] | None:
    """The refusal that came of it, or None."""
    try:
        verb(*facts, **options)
    except Refusal as refusal:
        return type(refusal)
    return None


class Life(RuleBasedStateMachine):
    """One partner, one product, one bulk and one monthly credit, three people.

    The calendar only moves forward.
    """

    keys = Bundle("keys")
    spent = Bundle("spent")
    quotes = Bundle("quotes")

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.on = TODAY
        self.by = Actor()

    def teardown(self) -> None:
        try:
            assert findings() == {}
        finally:
            transaction.set_rollback(True)
            self.atomic.__exit__(None, None, None)

    @initialize()
    def begin(self) -> None:
        self.tenant = TenantFactory.create(is_primary=True)
        self.product = ProductFactory.create()
        self.used: set[int] = set()  # keys
        self.books: dict[int, list[Any]] = {}  # subscription → licenses, end, carried
        partner = self.tenant.partner
        self.people: list[DirectoryUser] = DirectoryUserFactory.create_batch(3, tenant=self.tenant)
        self.credit: dict[str, Benefit] = {
            kind: BenefitFactory.create(partner=partner, **{kind: True})
            for kind in ("bulk", "monthly")
        }
        self.expires_on = self.credit["bulk"].expires_on

    # Moves

    @rule(target=keys, licenses=st.integers(1, 12) | st.integers(1, 400), fresh=st.booleans())
    def issue(self, licenses: int, fresh: bool) -> ProductKey:
        expires_on = self.on + timedelta(days=365) if fresh else self.expires_on
        starts_on = expires_on - timedelta(days=395)
        facts = {
            "partner": self.tenant.partner,
            "product": self.product,
            "membership__starts_on": starts_on,
        }
        benefit = BenefitFactory.create(quantity=licenses, **facts)
        assert benefit.expires_on == expires_on
        return benefit.issue_key(by=self.by)

    @rule(days=st.integers(1, 40) | st.sampled_from([90, 120, 365]))
    def wait(self, days: int) -> None:
        self.on += timedelta(days=days)

    @rule(target=spent, key=consumes(keys))
    def activate(self, key: ProductKey) -> Any:
        answer = refused(Subscription.activate, key, self.tenant, by=self.by, on=self.on)
        assert answer is self.key_refusal(key)
        if answer:
            return multiple()
        self.used.add(key.pk)
        subscription = Redemption.objects.get(key=key).subscription_id
        self.books[subscription] = [key.licenses, add_months(self.on, 12), 0]
        return key

    @rule(target=spent, key=consumes(keys), which=st.integers(0))
    def extend(self, key: ProductKey, which: int) -> Any:
        if not self.books:
            return multiple()
        pk = sorted(self.books)[which % len(self.books)]
        licenses, ends_on, carried = self.books[pk]
        answer = refused(self.subscription(pk).extend, key, by=self.by, on=self.on)
        over_the_limit = ExtensionLimitExceeded if key.licenses > 3 * licenses else None
        assert answer is (
            self.key_refusal(key)
            or (SubscriptionNotActive if ends_on < self.on else over_the_limit)
        )
        if answer:
            return multiple()
        months, rest = 12 * key.licenses // licenses, 12 * key.licenses % licenses
        month = (add_months(ends_on, months + 1) - add_months(ends_on, months)).days
        pool = rest * month + carried
        self.books[pk] = [
            licenses,
            add_months(ends_on, months) + timedelta(days=pool // licenses),
            pool % licenses,
        ]
        self.used.add(key.pk)
        return key

    @rule(target=spent, key=consumes(keys), which=st.integers(0))
    def add(self, key: ProductKey, which: int) -> Any:
        if not self.books:
            return multiple()
        pk = sorted(self.books)[which % len(self.books)]
        licenses, ends_on, carried = self.books[pk]
        answer = refused(self.subscription(pk).add_licenses, key, by=self.by, on=self.on)
        assert answer is (
            self.key_refusal(key) or (SubscriptionNotActive if ends_on < self.on else None)
        )
        if answer:
            return multiple()
        total = licenses + key.licenses
        pool = (
            licenses * (ends_on - self.on).days
            + key.licenses * days_in_months(self.on, 12)
            + carried
        )
        self.books[pk] = [total, self.on + timedelta(days=pool // total), pool % total]
        self.used.add(key.pk)
        return key

    @rule(target=spent, key=consumes(keys), which=st.integers(0))
    def reactivate(self, key: ProductKey, which: int) -> Any:
        if not self.books:
            return multiple()
        pk = sorted(self.books)[which % len(self.books)]
        answer = refused(self.subscription(pk).reactivate, key, by=self.by, on=self.on)
        ended = [
            each
            for each, (_, ends_on, _) in self.books.items()
            if ends_on < self.on <= ends_on + timedelta(days=120)
        ]
        latest = max(ended, key=lambda each: (self.books[each][1], each), default=None)
        assert answer is (self.key_refusal(key) or (None if pk == latest else NotReactivatable))
        if answer:
            return multiple()
        self.books[pk] = [key.licenses, add_months(self.on, 12), 0]
        self.used.add(key.pk)
        return key

    @rule(
        key=spent, which=st.integers(0), way=st.sampled_from(["activate", "extend", "add_licenses"])
    )
    def redeem_again(self, key: ProductKey, which: int, way: str) -> None:
        if way == "activate":
            assert (
                refused(Subscription.activate, key, self.tenant, by=self.by, on=self.on)
                is KeyAlreadyRedeemed
            )
        else:
            subscription = self.subscription(sorted(self.books)[which % len(self.books)])
            assert (
                refused(getattr(subscription, way), key, by=self.by, on=self.on)
                is KeyAlreadyRedeemed
            )

    @rule(key=consumes(keys))
    def revoke(self, key: ProductKey) -> None:
        assert key.revoke("replaced", by=self.by) == (key.pk not in self.used)
        expected = KeyAlreadyRedeemed if key.pk in self.used else KeyRevoked
        assert refused(Subscription.activate, key, self.tenant, by=self.by, on=self.on) is expected

    @rule(
        target=quotes,
        key=keys,
        which=st.integers(0),
        way=st.sampled_from([RedemptionKind.EXTEND, RedemptionKind.ADD, RedemptionKind.NEW]),
    )
    def ask_for_quote(self, key: ProductKey, which: int, way: RedemptionKind) -> Any:
        subscription = None
        if way is not RedemptionKind.NEW:
            if not self.books:
                return multiple()
            subscription = self.subscription(sorted(self.books)[which % len(self.books)])
        try:
            return quote_redemption(way, key, self.tenant, subscription, self.on)
        except Refusal:
            return multiple()

    @rule(quote=quotes)
    def carry_out(self, quote: Quote) -> None:
        """Whatever happened since: what was shown, the receipt of the first time, or a refusal."""
        key = ProductKey.objects.for_display().get(pk=quote.key_id)
        subscription = self.subscription(quote.subscription_id) if quote.subscription_id else None
        done_before = Redemption.objects.filter(submission=quote.submission).first()
        facts = {"by": self.by, "on": self.on, "quote": quote}
        if answer := refused(redeem_key, quote.way, key, self.tenant, subscription, **facts):
            assert not done_before
            changed = subscription is not None and subscription.term != quote.before
            assert (
                changed
                or quote.on != self.on
                or key.is_redeemed
                or key.revoked_at
                or answer is BenefitExpired
            )
            return
        redemption = Redemption.objects.get(key=key)
        if done_before:
            assert redemption == done_before
            return
        assert redemption.after == quote.after
        assert quote.on == self.on
        after = redemption.after
        self.books[redemption.subscription_id] = [
            after.licenses,
            after.ends_on,
            after.carried_license_days,
        ]
        self.used.add(key.pk)

    @rule(kind=st.sampled_from(["bulk", "monthly"]), whom=st.integers(0, 2))
    def assign(self, kind: str, whom: int) -> None:
        person, held = self.people[whom], self.held()
        answer = refused(self.credit[kind].assign, person, by=self.by, on=self.on)
        holds = {each for each, who in held if who == person.pk}
        free = not any(each == "bulk" for each, _ in held)
        allowed = self.on <= self.expires_on and (
            free and not holds if kind == "bulk" else not holds
        )
        assert (answer is None) == allowed

    @rule(whom=st.integers(0, 2))
    def transfer(self, whom: int) -> None:
        holding = Assignment.objects.filter(benefit=self.credit["bulk"], ended_at=None).first()
        if holding is None:
            return
        person = self.people[whom]
        busy = any(who == person.pk for _, who in self.held())
        answer = refused(holding.transfer, person, by=self.by, on=self.on)
        assert (answer is None) == (self.on <= self.credit["bulk"].membership.ends_on and not busy)

    @rule(whom=st.integers(0, 2))
    def remove(self, whom: int) -> None:
        holding = Assignment.objects.filter(
            benefit=self.credit["monthly"], directory_user=self.people[whom], ended_at=None
        ).first()
        if holding is not None:
            assert (refused(holding.remove, by=self.by, on=self.on) is None) == (
                self.on <= self.expires_on
            )

    # What holds after every move

    def key_refusal(self, key: ProductKey) -> type[Refusal] | None:
        """What stands in the way of `key` itself, on any of the ways."""
        if key.pk in self.used:
            return KeyAlreadyRedeemed
        return BenefitExpired if key.benefit.expires_on < self.on else None

    def subscription(self, pk: int) -> Subscription:
        return Subscription.objects.get(pk=pk)

    def held(self) -> set[tuple[str, int]]:
        running = Assignment.objects.running(self.on).values_list("benefit", "directory_user")
        kinds = {benefit.pk: kind for kind, benefit in self.credit.items()}
        return {(kinds[benefit], person) for benefit, person in running}

    @invariant()
    def the_books_agree(self) -> None:
        stored = {
            each.pk: [each.licenses, each.ends_on, each.carried_license_days]
            for each in Subscription.objects.filter(tenant=self.tenant)
        }
        assert stored == self.books
        assert (
            set(Redemption.objects.filter(tenant=self.tenant).values_list("key", flat=True))
            == self.used
        )
        spent = ProductKey.objects.filter(partner=self.tenant.partner, redeemed_at__isnull=False)
        assert set(spent.values_list("pk", flat=True)) == self.used

    @invariant()
    def nobody_holds_bulk_credit_and_other_credit(self) -> None:
        held = self.held()
        holders = [person for kind, person in held if kind == "bulk"]
        assert len(holders) <= 1
        assert not any(kind == "monthly" and person in holders for kind, person in held)


class Arithmetic(RuleBasedStateMachine):
    """One subscription, no database: every step balances, whatever came before it."""

    @initialize(licenses=st.integers(1, 500), on=st.dates(date(2016, 1, 1), date(2030, 12, 31)))
    def begin(self, licenses: int, on: date) -> None:
        self.on = on
        self.subscription = Subscription(
            licenses=licenses, starts_on=on, ends_on=add_months(on, 12)
        )

    def become(self, term: Any) -> None:
        there_was, became = term.calculation.balance()
        assert there_was == became
        assert 0 <= term.carried_license_days < term.licenses
        self.subscription.licenses, self.subscription.ends_on = term.licenses, term.ends_on
        self.subscription.carried_license_days = term.carried_license_days

    @rule(days=st.integers(0, 60))
    def wait(self, days: int) -> None:
        self.on = min(self.on + timedelta(days=days), self.subscription.ends_on)

    @rule(key=st.integers(1, 1_500))
    def extend(self, key: int) -> None:
        before = self.subscription.term
        if self.subscription.ends_on.year > 9_000:
            return
        if key > 3 * before.licenses:
            with pytest.raises(ExtensionLimitExceeded):
                self.subscription.extended(key)
            return
        self.become(self.subscription.extended(key))
        assert (
            before.ends_on
            <= self.subscription.ends_on
            <= add_months(before.ends_on, 36) + timedelta(days=1)
        )

    @rule(key=st.integers(1, 1_500))
    def add(self, key: int) -> None:
        ends = sorted([self.subscription.ends_on, add_months(self.on, 12)])
        self.become(self.subscription.with_added_licenses(key, self.on))
        assert ends[0] <= self.subscription.ends_on <= ends[1]


def play(machine: type[RuleBasedStateMachine], *, runs: int, steps: int) -> None:
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=runs, stateful_step_count=steps, deadline=None, suppress_health_check=quiet
        ),
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runs", "steps"),
    [(5, 25), pytest.param(150, 50, marks=BEFORE_A_RELEASE)],
)
def test_whatever_people_do_the_books_agree(runs: int, steps: int) -> None:
    play(Life, runs=runs, steps=steps)


@pytest.mark.parametrize(
    ("runs", "steps"),
    [(30, 30), pytest.param(2_000, 50, marks=BEFORE_A_RELEASE)],
)
def test_whatever_keys_are_redeemed_nothing_is_added_or_lost(runs: int, steps: int) -> None:
    play(Arithmetic, runs=runs, steps=steps)
