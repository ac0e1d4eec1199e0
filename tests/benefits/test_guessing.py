"""Nobody can guess a key by trying (rule K6)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

import pytest
import time_machine
from django.utils import timezone

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.key_exceptions import KeyMistyped, KeyUnknown, TooManyTries
from benefits_portal.benefits.models import ProductKey
from benefits_portal.key_format import ALPHABET
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Actor, How, KeyAttempt, Partner, Record, Role
from tests.factories import (
    TODAY,
    BenefitFactory,
    PartnerFactory,
    RoleAssignmentFactory,
    TenantFactory,
    UserFactory,
    live_key_of,
)
from tests.simultaneous import at_once

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.rule("K6")]

START = datetime(2021, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


def guess(by: Actor, partner: Partner, text: str = "") -> str:
    """What came of typing `text`, or a fresh key that was never issued."""
    try:
        ProductKey.objects.typed(text or key_encryption.draw(), partner=partner, by=by)
    except (KeyUnknown, KeyMistyped, TooManyTries) as refusal:
        return type(refusal).__name__
    return "found"


def colleague(partner: Partner) -> Actor:
    user = UserFactory.create(directory_user=None)
    RoleAssignmentFactory.create(user=user, partner=partner, role=Role.PARTNER_ADMIN)
    return Actor(user, How.PORTAL)


def test_the_eleventh_key_in_ten_minutes_is_refused_even_a_right_one(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    right = key_encryption.draw()
    BenefitFactory.create(partner=partner, key=right)
    assert [guess(by, partner) for _ in range(10)] == ["KeyUnknown"] * 10
    assert guess(by, partner) == "TooManyTries"
    assert guess(by, partner, right) == "TooManyTries"
    assert Record.objects.filter(refused="key-unknown").count() == 10
    assert Record.objects.get(refused="too-many-tries").times == 2


def test_nine_leave_the_door_open(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    right = key_encryption.draw()
    BenefitFactory.create(partner=partner, key=right)
    for _ in range(9):
        guess(by, partner)
    assert guess(by, partner, right) == "found"


def test_the_lock_lasts_fifteen_minutes_and_says_until_when(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    for _ in range(10):
        guess(by, partner)
    with pytest.raises(TooManyTries) as refusal:
        ProductKey.objects.typed(key_encryption.draw(), partner=partner, by=by)
    assert refusal.value.until == START + timedelta(minutes=15)
    assert "12:15" in str(refusal.value.advice)
    clock.move_to(START + timedelta(minutes=15) - timedelta(seconds=1))
    assert guess(by, partner) == "TooManyTries"
    clock.move_to(START + timedelta(minutes=15))
    assert guess(by, partner) == "KeyUnknown"


@pytest.mark.rule("W13")
@pytest.mark.parametrize(
    ("until", "zone", "written"),
    [
        (START.replace(hour=12, minute=41, second=26), "UTC", "12:42 PM UTC"),
        (
            START.replace(hour=12, minute=41, microsecond=1),
            "Europe/Amsterdam",
            "2:42 PM Central European Time (Amsterdam)",
        ),
        (
            START.replace(hour=12, minute=41),
            "Asia/Kolkata",
            "6:11 PM India Time (Kolkata)",
        ),
        (START.replace(hour=23, minute=59, second=59), "UTC", "12:00 AM UTC"),
    ],
)
def test_a_lock_is_told_by_a_moment_not_before_its_end(
    until: datetime, zone: str, written: str
) -> None:
    with timezone.override(zone):
        advice = str(TooManyTries(until).advice)
    assert advice == (
        f"You can type a key again from {written}. You can still choose one of your own keys."
    )


def test_what_was_refused_during_the_lock_does_not_prolong_it(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    for _ in range(10):
        guess(by, partner)
    clock.shift(timedelta(minutes=14))
    guess(by, partner)
    clock.shift(timedelta(minutes=1))
    assert guess(by, partner) == "KeyUnknown"


def test_after_the_lock_one_more_wrong_key_does_not_lock_again(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    for _ in range(10):
        guess(by, partner)
    clock.shift(timedelta(minutes=15))
    assert [guess(by, partner) for _ in range(2)] == ["KeyUnknown"] * 2


def test_ten_wrong_keys_over_more_than_ten_minutes_do_not_lock(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    for _ in range(30):
        assert guess(by, partner) == "KeyUnknown"
        clock.shift(timedelta(seconds=67))  # nine in any ten minutes


def test_the_same_wrong_key_counts_once(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    wrong = key_encryption.draw()
    assert {guess(by, partner, wrong) for _ in range(40)} == {"KeyUnknown"}


def test_a_typing_error_never_counts(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    for _ in range(40):
        key = key_encryption.draw()
        mistyped = key[:-1] + next(letter for letter in ALPHABET if letter != key[-1])
        assert guess(by, partner, mistyped) == "KeyMistyped"
    assert not KeyAttempt.objects.exists()


def test_an_account_is_locked_at_every_partner_and_its_colleagues_are_not(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    other = PartnerFactory.create()
    for _ in range(10):
        guess(by, partner)
    assert guess(by, other) == "TooManyTries"
    assert guess(colleague(partner), partner) == "KeyUnknown"


def test_fifty_within_an_hour_lock_the_whole_partner(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    people = (colleague(partner) for _ in count())
    for _ in range(10):
        person = next(people)
        assert [guess(person, partner) for _ in range(5)] == ["KeyUnknown"] * 5
        clock.shift(timedelta(minutes=5))
    assert guess(next(people), partner) == "TooManyTries"
    assert guess(next(people), PartnerFactory.create()) == "KeyUnknown", (
        "another partner's people are not affected"
    )
    clock.shift(timedelta(minutes=10))  # 15 since the fiftieth
    assert guess(next(people), partner) == "KeyUnknown"


def test_forty_nine_within_an_hour_do_not(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    for _ in range(7):
        person = colleague(partner)
        assert [guess(person, partner) for _ in range(7)] == ["KeyUnknown"] * 7
    assert guess(colleague(partner), partner) == "KeyUnknown"


def test_a_key_taken_from_its_own_benefit_works_meanwhile(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    benefit = BenefitFactory.create(partner=partner, key=True)
    for _ in range(11):
        guess(by, partner)
    tenant = partner.tenants.get()
    assert Subscription.activate(live_key_of(benefit), tenant, by=by, on=TODAY)


def test_trying_one_key_over_and_over_costs_no_more_each_time(
    clock: time_machine.Traveller, partner: Partner, by: Actor
) -> None:
    """The same wrong key counts once, so it may be repeated at will.

    What is kept and looked at must stay small.
    """
    wrong = key_encryption.draw()
    for _ in range(30):
        guess(by, partner, wrong)
    assert KeyAttempt.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_many_guesses_at_one_instant_lock_within_one_try_of_the_limit() -> None:
    tenant = TenantFactory.create()
    by = colleague(tenant.partner)
    outcomes = at_once([partial(guess, by, tenant.partner) for _ in range(30)])
    assert outcomes.count("KeyUnknown") <= 11
    assert set(outcomes) == {"KeyUnknown", "TooManyTries"}
