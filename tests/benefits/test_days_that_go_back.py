"""Today can go back: staff put a partner's time zone right, westwards (W10).

Every verb and every rule that takes the day is tried.
"""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Assignment, Membership, ProductKey
from benefits_portal.licensing.models import Replacement, Subscription
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY, BenefitFactory, DirectoryUserFactory, key_for, redeem

pytestmark = [pytest.mark.django_db, pytest.mark.rule("W10")]
EARLIER = TODAY - timedelta(days=2)


@pytest.fixture(
    params=[EARLIER, TODAY - timedelta(days=1), TODAY],
    ids=["two days earlier", "a day earlier", "the same day"],
)
def on(request: pytest.FixtureRequest) -> date:
    """The day that it is after the correction; what happened before happened on `TODAY`."""
    return request.param


def somebody(partner: Partner) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=partner.tenants.get())


# Credit


def test_credit_removed_before_it_was_given_ends_on_the_day_it_was_given(
    partner: Partner, by: Actor, on: date
) -> None:
    assignment = BenefitFactory.create(partner=partner, monthly=True).assign(
        somebody(partner), by=by, on=TODAY
    )
    assignment.remove(by=by, on=on)
    assignment.refresh_from_db()
    assert (assignment.assigned_on, assignment.ended_on) == (TODAY, TODAY)


def test_bulk_credit_transferred_earlier_ends_on_the_day_it_was_given(
    partner: Partner, by: Actor, on: date
) -> None:
    assignment = BenefitFactory.create(partner=partner, bulk=True).assign(
        somebody(partner), by=by, on=TODAY
    )
    successor = assignment.transfer(somebody(partner), by=by, on=on)
    assignment.refresh_from_db()
    assert (assignment.ended_on, successor.assigned_on) == (TODAY, on)
    successor.transfer(somebody(partner), by=by, on=EARLIER)
    assert Assignment.objects.running(EARLIER).count() == 1


def test_credit_of_its_benefit_s_first_day_can_be_removed_the_day_before(
    partner: Partner, by: Actor
) -> None:
    benefit = BenefitFactory.create(partner=partner, monthly=True, membership__starts_on=TODAY)
    assignment = benefit.assign(somebody(partner), by=by, on=TODAY)
    assert assignment.is_running(EARLIER)
    assert list(Assignment.objects.running(EARLIER)) == [assignment]
    assignment.remove(by=by, on=EARLIER)
    assert assignment.is_running(EARLIER)  # as it was read
    assignment.refresh_from_db()
    assert assignment.ended_on == TODAY
    assert not assignment.is_running(EARLIER)


@pytest.mark.parametrize(
    ("before", "after"),
    [("Pacific/Kiritimati", "Pacific/Niue"), ("Europe/Amsterdam", "America/New_York")],
)
def test_remove_works_on_the_page_after_the_zone_was_corrected(
    partner: Partner, tenant: Tenant, admin: User, sign_in: SignIn, before: str, after: str
) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone=before)
    benefit, person = BenefitFactory.create(partner=partner, monthly=True), somebody(partner)
    acting = {"acting_in": f"{partner.pk}-{tenant.pk}"}
    with time_machine.travel(datetime.combine(TODAY, time(22, 30), UTC), tick=False):
        client = sign_in(admin)
        client.post(
            reverse("benefits:assign", args=[benefit.pk]), {"directory_user": person.pk} | acting
        )
        assignment = Assignment.objects.get()
        Partner.objects.filter(pk=partner.pk).update(time_zone=after)
        assert Partner.objects.get(pk=partner.pk).today() < assignment.assigned_on
        answer = client.post(
            reverse("benefits:remove", args=[benefit.pk, assignment.pk]), acting, follow=True
        )
    assert f"{person.display_name} no longer holds this credit." in answer.text
    assignment.refresh_from_db()
    assert assignment.ended_on == assignment.assigned_on


# Memberships


def test_a_membership_that_began_later_than_today_is_ended_within_its_year(
    partner: Partner, by: Actor, on: date
) -> None:
    membership = factories.MembershipFactory.create(partner=partner, starts_on=TODAY)
    membership.end(TODAY + timedelta(days=1), by=by, on=on)
    membership.refresh_from_db()
    assert (membership.starts_on, membership.ends_on) == (TODAY, TODAY + timedelta(days=1))


def test_a_membership_ended_today_is_over_tomorrow_when_today_comes_again(
    partner: Partner, by: Actor, on: date
) -> None:
    membership = factories.MembershipFactory.create(partner=partner)
    membership.end(TODAY, by=by, on=TODAY)
    assert (membership.ends_on, list(Membership.objects.running(on))) == (TODAY, [membership])
    assert list(Membership.objects.running(TODAY + timedelta(days=1))) == []


# Keys and subscriptions


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    """Activated on TODAY."""
    return redeem(tenant=tenant).subscription


@pytest.mark.parametrize("verb", ["extend", "add_licenses"])
def test_what_began_later_than_today_is_extended_and_gets_licenses(
    subscription: Subscription, by: Actor, on: date, verb: str
) -> None:
    redemption = getattr(subscription, verb)(key_for(subscription), by=by, on=on)
    subscription.refresh_from_db()
    key = ProductKey.objects.get(pk=redemption.key_id)
    assert (redemption.redeemed_on, key.redeemed_on, subscription.starts_on) == (on, on, TODAY)
    assert subscription.ends_on >= subscription.starts_on
    assert redemption.after.calculation.balance()[0] == redemption.after.calculation.balance()[1]


def test_one_that_was_brought_back_later_than_today_is_extended(
    tenant: Tenant, by: Actor, on: date
) -> None:
    old = factories.SubscriptionFactory.create(tenant=tenant, ends_on=TODAY - timedelta(days=5))
    back = old.reactivate(key_for(old), by=by, on=TODAY).subscription
    back.extend(key_for(back), by=by, on=on)
    back.refresh_from_db()
    assert (back.starts_on, back.status(on)) == (TODAY, Subscription.Status.ACTIVE)


def test_one_that_an_earlier_today_makes_active_is_not_brought_back(
    tenant: Tenant,
) -> None:
    ended = factories.SubscriptionFactory.create(tenant=tenant, ends_on=EARLIER)
    assert [ended.can_come_back(day) for day in (TODAY, EARLIER)] == [True, False]


def test_what_is_reversed_before_it_was_redeemed_is_withdrawn_on_that_day(
    subscription: Subscription, on: date
) -> None:
    redemption = subscription.redemptions.get()
    asked = Replacement.objects.ask(redemption, "Wrong tenant", by=Actor(), on=on)
    asked.grant(by=Actor(), on=on)
    subscription.refresh_from_db()
    reversal = redemption.reversal
    assert (subscription.withdrawn_on, reversal.reversed_on) == (TODAY, TODAY)
    assert subscription.status(on) is Subscription.Status.DELETED


def test_a_key_revealed_and_revoked_works_as_on_any_day(
    partner: Partner, by: Actor, on: date
) -> None:
    key = factories.issue_key(partner=partner)
    assert key.reveal(by=by, on=on).startswith("PCBEN")
    key.revoke("Lost", by=by)
    another = key.benefit.issue_another_key(by=by, on=on)
    assert another.is_redeemable(on)


# Pages


def test_the_pages_of_what_began_later_than_today_show_it(
    partner: Partner, tenant: Tenant, admin: User, by: Actor, sign_in: SignIn
) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="Pacific/Niue")
    with time_machine.travel(datetime.combine(TODAY, time(2), UTC), tick=False):
        assert Partner.objects.get(pk=partner.pk).today() < TODAY
        redemption = redeem(tenant=tenant)
        credit = BenefitFactory.create(partner=partner, monthly=True, membership__starts_on=TODAY)
        credit.assign(somebody(partner), by=by, on=TODAY)
        client: Client = sign_in(admin)
        pages = {
            "home": [],
            "licensing:products": [],
            "licensing:subscription": [redemption.subscription.pk],
            "licensing:receipt": [redemption.pk],
            "licensing:benefit-detail": [credit.pk],
            "benefits:holders": [credit.pk],
            "benefits:azure-cloud": [],
        }
        answers = {
            name: client.get(reverse(name, args=arguments)).status_code
            for name, arguments in pages.items()
        }
        remove = client.get(
            reverse("benefits:remove", args=[credit.pk, credit.assignments.get().pk])
        )
    assert (answers, remove.status_code) == (dict.fromkeys(pages, 200), 200)


# The practice calendar


def test_a_practice_calendar_moves_on_from_where_the_zone_puts_it() -> None:
    partner = factories.PartnerFactory.create(is_practice=True, time_zone="Pacific/Kiritimati")
    with time_machine.travel(datetime.combine(TODAY, time(10, 30), UTC), tick=False):
        moved_to = partner.today() + timedelta(days=10)
        assert partner.move_calendar_to(moved_to)
        Partner.objects.filter(pk=partner.pk).update(time_zone="Pacific/Niue")
        partner.refresh_from_db()
        assert partner.today() == moved_to - timedelta(days=2)
        assert partner.move_calendar_to(moved_to - timedelta(days=1))
        partner.refresh_from_db()
        assert partner.today() == moved_to - timedelta(days=1)
        assert not partner.move_calendar_to(EARLIER)
