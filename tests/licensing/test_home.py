"""Home: what needs attention, by date, and the dates of each membership."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from benefits_portal.licensing.home import (
    MAX_LINES,
    ending_subscriptions,
    held_by_disabled,
    memberships,
    unused_benefits,
)
from benefits_portal.tenants.models import Partner, Tenant, User
from tests import factories
from tests.clients import SignIn

TODAY = factories.TODAY


def in_days(days: int) -> date:
    return TODAY + timedelta(days=days)


@pytest.mark.rule("B5")
def test_keys_and_credit_that_will_be_lost_are_told_by_date(partner: Partner) -> None:
    for days in (91, 0, 30, -1, 92):
        factories.BenefitFactory.create(partner=partner, key=True, expires_on=in_days(days))
    factories.BenefitFactory.create(partner=partner, monthly=True, expires_on=in_days(31))
    used = factories.BenefitFactory.create(partner=partner, monthly=True, expires_on=in_days(5))
    factories.AssignmentFactory.create(benefit=used)
    factories.BenefitFactory.create(key=True, expires_on=in_days(5))  # somebody else's

    lines = unused_benefits(partner, TODAY)

    assert [(line.last_on, line.status, line.is_urgent) for line in lines] == [
        (in_days(0), "not-redeemed", True),
        (in_days(30), "not-redeemed", True),
        (in_days(31), "not-assigned", False),
        (in_days(91), "not-redeemed", False),
    ]


@pytest.mark.rule("S2")
def test_subscriptions_that_end_or_can_come_back_are_told_by_their_day(
    tenant: Tenant,
) -> None:
    second = factories.TenantFactory.create(partner=tenant.partner)
    for days, at in (
        (91, tenant),
        (92, tenant),
        (0, second),
        (-1, tenant),
        (-30, tenant),
        (-31, second),
        (-120, tenant),
        (-121, tenant),
    ):
        factories.SubscriptionFactory.create(
            tenant=at, ends_on=in_days(days), starts_on=in_days(days - 365)
        )
    factories.SubscriptionFactory.create(ends_on=in_days(5))  # somebody else's

    lines = ending_subscriptions(tenant.partner, TODAY)

    assert [(line.last_on, line.status) for line in lines] == [
        (in_days(0), "disabled"),
        (in_days(0), "expired"),
        (in_days(0), "active"),
        (in_days(29), "expired"),
        (in_days(89), "disabled"),
        (in_days(91), "active"),
    ]


def test_credit_of_somebody_disabled_is_told_until_it_ends(tenant: Tenant) -> None:
    running = factories.BenefitFactory.create(
        partner=tenant.partner, monthly=True, expires_on=TODAY
    )
    ended = factories.BenefitFactory.create(
        partner=tenant.partner, monthly=True, expires_on=in_days(-1)
    )
    for benefit in (running, ended):
        factories.AssignmentFactory.create(
            benefit=benefit, directory_user__tenant=tenant, directory_user__disabled=True
        )
    factories.AssignmentFactory.create(benefit=running, directory_user__tenant=tenant)

    assert [line.href for line in held_by_disabled(tenant.partner, TODAY)] == [
        reverse("licensing:benefit-detail", args=[running.pk])
    ]


@pytest.mark.rule("B1", "B5")
def test_one_axis_has_a_membership_s_end_its_benefits_and_subscriptions(
    tenant: Tenant,
) -> None:
    redeemed = factories.redeem(tenant=tenant)
    membership = redeemed.key.benefit.membership
    # A membership whose benefits expired yesterday is not shown.
    factories.MembershipFactory.create(partner=tenant.partner, starts_on=in_days(-396))

    [(shown, axis)] = memberships(tenant.partner, TODAY)

    assert shown == membership
    start = membership.starts_on
    assert [(item.label, item.start, item.end) for item in axis.items] == [
        ("Today", TODAY, TODAY),
        ("Membership ends", start, membership.ends_on),
        ("Benefits expire", start, membership.benefits_expire_on),
        ("Last subscription ends", *2 * [redeemed.subscription.ends_on]),
    ]


@pytest.mark.rule("K8")
def test_a_subscription_withdrawn_with_its_key_is_not_a_membership_s_last(tenant: Tenant) -> None:
    redeemed = factories.redeem(tenant=tenant)
    factories.replace(redeemed)

    [(_shown, axis)] = memberships(tenant.partner, TODAY)

    assert "Last subscription ends" not in {item.label for item in axis.items}


@pytest.mark.rule("W7")
def test_what_is_cut_on_home_says_of_how_many_and_leads_to_all(
    tenant: Tenant, admin: User, sign_in: SignIn, today: date
) -> None:
    product = factories.ProductFactory.create()
    for _ in range(MAX_LINES + 2):
        factories.SubscriptionFactory.create(tenant=tenant, product=product, ends_on=TODAY)
        factories.BenefitFactory.create(partner=tenant.partner, product=product, expires_on=TODAY)
    client = sign_in(admin)
    page = client.get(reverse("home"))
    assert [
        (name, len(lines), lines.total) for name, _title, lines in page.context["attention"]
    ] == [
        ("expiring", 12, 14),
        ("ending", 12, 14),
    ]
    assert page.text.count("The first 12 of 14 are shown.") == 3
    whole = {
        name: lines
        for name, _title, lines in client.get(f"{reverse('home')}?all=ending").context["attention"]
    }
    assert (len(whole["ending"]), whole["ending"].summary, len(whole["expiring"])) == (14, "", 12)
    every = client.get(page.context["attention"][0][2].href)
    assert every.context["page"].total == 14
