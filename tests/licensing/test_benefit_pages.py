"""A benefit's page shows its own subscription, explains only what can still be done (B5, K7)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from benefits_portal.benefits.exceptions import BenefitExpired
from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Actor, Partner, Tenant, User
from tests.clients import ClientResponse, SignIn
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
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def page_of(client: Client, benefit: Benefit) -> ClientResponse:
    return client.get(reverse("licensing:benefit-detail", args=[benefit.pk]))


def offered(answer: ClientResponse) -> set[str]:
    """Which of the three ways to use the key the page shows."""
    texts = {
        "how": "How redeeming works",
        "key": "Get key",
        "walkthrough": "Activation walkthrough",
    }
    return {name for name, text in texts.items() if text in answer.text}


def redeemable(partner: Partner, by: Actor) -> Benefit:
    return BenefitFactory.create(partner=partner, key=True)


def redeemed(partner: Partner, by: Actor) -> Benefit:
    benefit = BenefitFactory.create(partner=partner, key=True)
    redeem(benefit.keys.get(), tenant=partner.tenants.get(), by=by)
    return benefit


def expired(partner: Partner, by: Actor) -> Benefit:
    membership = MembershipFactory.create(partner=partner, starts_on=TODAY - 2 * YEAR)
    return BenefitFactory.create(partner=partner, membership=membership, key=True)


def revoked(partner: Partner, by: Actor) -> Benefit:
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
def test_only_a_key_that_can_be_redeemed_has_instructions(
    client: Client,
    tenant: Tenant,
    partner: Partner,
    by: Actor,
    make: Callable[[Partner, Actor], Benefit],
    ways: set[str],
) -> None:
    assert offered(page_of(client, make(partner, by))) == ways


def test_a_redeemed_benefit_shows_the_subscription_it_went_into(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
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


def test_a_key_redeemed_in_another_tenant_names_that_tenant(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    elsewhere = TenantFactory.create(partner=partner, name="Contoso Labs")
    benefit = BenefitFactory.create(partner=partner, key=True)
    redeem(benefit.keys.get(), tenant=elsewhere, by=by)
    SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    answer = page_of(client, benefit)
    assert answer.context["subscription"].tenant == elsewhere
    assert "In Contoso Labs" in re.sub("</?bdi>|[\u2068\u2069]", "", answer.text)


def test_an_expired_benefit_shows_no_subscription_of_another(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    benefit = expired(partner, by)
    SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    answer = page_of(client, benefit)
    assert (
        answer.context["subscription"],
        "The key of this benefit brought none." in answer.text,
    ) == (None, True)


def test_a_benefit_not_begun_says_from_which_day_its_key_works(
    client: Client, partner: Partner
) -> None:
    membership = MembershipFactory.create(partner=partner, starts_on=TODAY + timedelta(days=10))
    benefit = BenefitFactory.create(partner=partner, membership=membership, key=True)
    text = page_of(client, benefit).text
    day = date_format(benefit.starts_on, "DATE_FORMAT")
    says = [
        f"The key can be redeemed from {day}." in text,
        "The key of this benefit brought none." in text,
    ]
    assert (benefit.starts_on > TODAY, says) == (True, [True, False])


@pytest.mark.parametrize("make", [redeemed, redeemable])
def test_the_last_day_of_a_redeemed_key_is_not_told_as_over(
    client: Client, partner: Partner, by: Actor, make: Callable[[Partner, Actor], Benefit]
) -> None:
    text = page_of(client, make(partner, by)).text
    says = [
        "The key has been redeemed; it could be until this day." in text,
        "The last day to reveal or redeem the key." in text,
    ]
    assert says == [make is redeemed, make is redeemable]


def test_a_usable_benefit_shows_what_runs_of_its_product(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    benefit = redeemable(partner, by)
    running = SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    assert page_of(client, benefit).context["subscription"] == running


@pytest.mark.django_db
@pytest.mark.rule("B1")
@pytest.mark.parametrize(
    ("is_renewed", "make", "advice"),
    [
        (False, expired, "Renew the membership to receive new benefits."),
        (True, expired, "The membership has been renewed: use its new benefits."),
        (
            False,
            redeemed,
            "Renew the membership to receive new benefits. What already runs goes on.",
        ),
        (
            True,
            redeemed,
            "The membership has been renewed: use its new benefits. What already runs goes on.",
        ),
    ],
)
def test_nobody_is_told_to_renew_a_renewed_membership(
    partner: Partner,
    by: Actor,
    is_renewed: bool,
    make: Callable[[Partner, Actor], Benefit],
    advice: str,
) -> None:
    """Nor that something runs on, of a benefit whose key brought nothing."""
    benefit = make(partner, by)
    if is_renewed:
        membership = benefit.membership
        first_day = membership.ends_on + timedelta(days=1)
        MembershipFactory.create(partner=partner, offer=membership.offer, starts_on=first_day)
    assert str(BenefitExpired(benefit).advice) == advice
