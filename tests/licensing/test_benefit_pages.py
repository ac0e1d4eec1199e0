"""A benefit's page shows its own subscription, explains only what can still be done (B5, K7)."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.formats import date_format

from benefits_portal.benefits.exceptions import BenefitExpired
from tests.factories import (
    TODAY,
    BenefitFactory,
    MembershipFactory,
    SubscriptionFactory,
    TenantFactory,
    redeem,
)

pytestmark = [pytest.mark.usefixtures("today"), pytest.mark.rule("B5", "K7")]

YEAR = timedelta(days=365)


@pytest.fixture
def client(admin, sign_in):
    return sign_in(admin)


def page_of(client, benefit):
    return client.get(reverse("licensing:benefit-detail", args=[benefit.pk]))


def offered(answer):
    """Which of the three ways to use the key the page shows."""
    texts = {
        "how": "How redeeming works",
        "key": "Get key",
        "walkthrough": "Activation walkthrough",
    }
    return {name for name, text in texts.items() if text in answer.text}


def redeemable(partner, by):
    return BenefitFactory.create(partner=partner, key=True)


def redeemed(partner, by):
    benefit = BenefitFactory.create(partner=partner, key=True)
    redeem(benefit.keys.get(), tenant=partner.tenants.get(), by=by)
    return benefit


def expired(partner, by):
    membership = MembershipFactory.create(partner=partner, starts_on=TODAY - 2 * YEAR)
    return BenefitFactory.create(partner=partner, membership=membership, key=True)


def revoked(partner, by):
    benefit = BenefitFactory.create(partner=partner, key=True)
    benefit.keys.get().revoke("lost", by=by)
    return benefit


@pytest.mark.parametrize(
    ("make", "ways"),
    [
        (redeemable, {"how", "key", "walkthrough"}),
        (redeemed, set()),
        (expired, set()),
        (revoked, set()),
    ],
    ids=["redeemable", "redeemed", "expired", "revoked"],
)
def test_only_a_key_that_can_be_redeemed_has_instructions(client, tenant, partner, by, make, ways):
    assert offered(page_of(client, make(partner, by))) == ways


def test_a_redeemed_benefit_shows_the_subscription_it_went_into(client, tenant, partner, by):
    benefit = redeemed(partner, by)
    own = benefit.keys.get().redemption.subscription
    later = SubscriptionFactory.create(
        tenant=tenant, product=benefit.product, ends_on=own.ends_on + YEAR
    )
    answer = page_of(client, benefit)
    assert answer.context["subscription"] == own
    links = [
        reverse("licensing:subscription", args=[one.pk]) in answer.text for one in (own, later)
    ]
    assert links == [True, False]


def test_a_key_redeemed_in_another_tenant_names_that_tenant(client, tenant, partner, by):
    elsewhere = TenantFactory.create(partner=partner, name="Contoso Labs")
    benefit = BenefitFactory.create(partner=partner, key=True)
    redeem(benefit.keys.get(), tenant=elsewhere, by=by)
    SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    answer = page_of(client, benefit)
    assert answer.context["subscription"].tenant == elsewhere
    assert "In Contoso Labs" in re.sub("</?bdi>|[\u2068\u2069]", "", answer.text)


def test_an_expired_benefit_shows_no_subscription_of_another(client, tenant, partner, by):
    benefit = expired(partner, by)
    SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    answer = page_of(client, benefit)
    assert (
        answer.context["subscription"],
        "The key of this benefit brought none." in answer.text,
    ) == (None, True)


def test_a_benefit_not_begun_says_from_which_day_its_key_works(client, partner):
    membership = MembershipFactory.create(partner=partner, starts_on=TODAY + timedelta(days=10))
    benefit = BenefitFactory.create(partner=partner, membership=membership, key=True)
    text = page_of(client, benefit).text
    day = date_format(benefit.starts_on, "DATE_FORMAT")
    told = [
        f"The key can be redeemed from {day}." in text,
        "The key of this benefit brought none." in text,
    ]
    assert (benefit.starts_on > TODAY, told) == (True, [True, False])


@pytest.mark.parametrize("make", [redeemed, redeemable])
def test_the_last_day_of_a_redeemed_key_is_not_told_as_over(client, partner, by, make):
    text = page_of(client, make(partner, by)).text
    told = [
        "The key has been redeemed; it could be until this day." in text,
        "The last day to reveal or redeem the key." in text,
    ]
    assert told == [make is redeemed, make is redeemable]


def test_a_usable_benefit_shows_what_runs_of_its_product(client, tenant, partner, by):
    benefit = redeemable(partner, by)
    running = SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    assert page_of(client, benefit).context["subscription"] == running


@pytest.mark.django_db
@pytest.mark.rule("B1")
@pytest.mark.parametrize(
    ("is_renewed", "advice"),
    [
        (False, "Renew the membership to receive new benefits. What already runs goes on."),
        (True, "The membership has been renewed: use its new benefits. What already runs goes on."),
    ],
)
def test_nobody_is_told_to_renew_a_renewed_membership(partner, by, is_renewed, advice):
    benefit = expired(partner, by)
    if is_renewed:
        membership = benefit.membership
        first_day = membership.ends_on + timedelta(days=1)
        MembershipFactory.create(partner=partner, offer=membership.offer, starts_on=first_day)
    assert str(BenefitExpired(benefit).advice) == advice
