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
from benefits_portal.licensing.models import Replacement, Subscription
from benefits_portal.licensing.views.benefit_detail import MAX_SUBSCRIPTIONS
from benefits_portal.tenants.middleware import tenant_token
from benefits_portal.tenants.models import Actor, Partner, Role, Tenant, User
from benefits_portal.tenants.naming import name_at
from tests.clients import ClientResponse, SignIn
from tests.factories import (
    TODAY,
    BenefitFactory,
    MembershipFactory,
    RoleAssignmentFactory,
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


def shown_on(answer: ClientResponse) -> list[Subscription]:
    """The subscriptions beside the benefit's status."""
    return [subscription for subscription, _status in answer.context["subscriptions"]]


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


def issued_again(partner: Partner, by: Actor) -> Benefit:
    benefit = revoked(partner, by)
    benefit.issue_another_key(by=by, on=TODAY)
    return benefit


def not_started(partner: Partner, by: Actor) -> Benefit:
    membership = MembershipFactory.create(partner=partner, starts_on=TODAY + timedelta(days=10))
    return BenefitFactory.create(partner=partner, membership=membership, key=True)


def being_replaced(partner: Partner, by: Actor) -> Benefit:
    benefit = redeemed(partner, by)
    redemption = benefit.keys.get().redemption
    Replacement.objects.ask(redemption, "Wrong tenant", by=by, on=TODAY)
    return benefit


def replaced(partner: Partner, by: Actor) -> Benefit:
    benefit = being_replaced(partner, by)
    Replacement.objects.get().grant(by=by, on=TODAY)
    return benefit


def declined(partner: Partner, by: Actor) -> Benefit:
    benefit = being_replaced(partner, by)
    Replacement.objects.get().decline("Not needed", by=by)
    return benefit


WALKTHROUGH, VIEW = "Activation walkthrough", "View subscription"
STATES = [
    (redeemable, "Not redeemed yet. Use the key by Jan 31, 2022.", WALKTHROUGH),
    (
        issued_again,
        "Not redeemed yet. Use the key by Jan 31, 2022. A new key was issued on May 1, 2021.",
        WALKTHROUGH,
    ),
    (
        replaced,
        "Not redeemed yet. Use the key by Jan 31, 2022. A new key was issued on May 1, 2021.",
        WALKTHROUGH,
    ),
    (redeemed, "Redeemed on May 1, 2021 by Adele.", VIEW),
    (being_replaced, "Redeemed on May 1, 2021 by Adele.", VIEW),
    (declined, "Redeemed on May 1, 2021 by Adele.", VIEW),
    (expired, "Expired on May 31, 2020 without being redeemed.", "Find this product"),
    (revoked, "This benefit has no key at the moment.", "Contact support"),
    (not_started, "Starts on May 11, 2021.", ""),
]


@pytest.mark.parametrize(
    ("make", "sentence", "primary"), STATES, ids=[make.__name__ for make, *_rest in STATES]
)
def test_each_state_has_one_sentence_and_one_blue_button(
    client: Client,
    tenant: Tenant,
    partner: Partner,
    by: Actor,
    make: Callable[[Partner, Actor], Benefit],
    sentence: str,
    primary: str,
) -> None:
    answer = page_of(client, make(partner, by))
    said = re.sub("[\u2068\u2069]", "", answer.context["state"].sentence)
    assert said == sentence.replace("Adele", name_at(partner, by.user))
    main = answer.text.partition("<main")[2]
    buttons = re.findall(r'data-kind="primary"[^>]*>\s*([^<]*?)\s*<', main)
    assert [text.startswith(primary) for text in buttons] == [True] * bool(primary)
    pending = "A replacement key was requested on May 1, 2021 and is pending review."
    assert (pending in main) == (make is being_replaced)


@pytest.mark.parametrize("make", [revoked, issued_again, expired, not_started])
def test_the_status_says_that_there_is_no_key(
    client: Client, partner: Partner, by: Actor, make: Callable[[Partner, Actor], Benefit]
) -> None:
    text = page_of(client, make(partner, by)).text
    assert (">No key<" in text) is (make is revoked)


def test_a_member_reads_why_the_key_is_not_for_them(
    tenant: Tenant, partner: Partner, by: Actor, sign_in: SignIn
) -> None:
    member = RoleAssignmentFactory.create(user__directory_user__tenant=tenant, role=Role.MEMBER)
    main = page_of(sign_in(member.user), redeemable(partner, by)).text.partition("<main")[2]
    assert 'data-kind="primary"' not in main
    assert main.count('aria-disabled="true"') == 2


@pytest.mark.rule("K3")
def test_a_shown_key_says_that_it_can_be_shown_again(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    href = reverse("licensing:key", args=[redeemable(partner, by).pk])
    shown = [
        client.post(href, {"verified": "on", "acting_in": tenant_token(tenant)}).text
        for _ in range(2)
    ]
    assert ["You can show it again; each view is logged." in text for text in shown] == [True] * 2


@pytest.mark.parametrize(("headers", "count"), [({}, 1), ({"HX-Request": "true"}, 0)])
def test_a_shown_key_brings_no_second_button_for_reminders(
    client: Client, tenant: Tenant, partner: Partner, by: Actor, headers: dict[str, str], count: int
) -> None:
    """Below the part that *Get key* replaces, the page has it already."""
    href = reverse("licensing:key", args=[redeemable(partner, by).pk])
    answer = client.post(href, {"acting_in": tenant_token(tenant)}, headers=headers)
    assert answer.text.count("Don't remind me of this") == count


def test_a_missing_tick_is_said_once_at_its_box(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    href = reverse("licensing:key", args=[redeemable(partner, by).pk])
    answer = client.post(href, {"acting_in": tenant_token(tenant)})
    assert answer.text.count("Check that this is the right tenant and tick the box") == 1
    box = answer.text.partition('name="verified"')[2].partition(">")[0]
    assert 'aria-invalid="true"' in box
    assert " autofocus" in box


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
    assert shown_on(answer) == [own]
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
    assert [one.tenant for one in shown_on(answer)] == [elsewhere]
    assert "25 licenses in Contoso Labs" in re.sub("</?bdi>|[\u2068\u2069]", "", answer.text)


def test_an_expired_benefit_shows_no_subscription_of_another(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    benefit = expired(partner, by)
    SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    answer = page_of(client, benefit)
    assert shown_on(answer) == []
    assert "No subscription was started with this benefit's key." in answer.text


def test_a_benefit_not_begun_says_from_which_day_its_key_works(
    client: Client, partner: Partner
) -> None:
    membership = MembershipFactory.create(partner=partner, starts_on=TODAY + timedelta(days=10))
    benefit = BenefitFactory.create(partner=partner, membership=membership, key=True)
    text = page_of(client, benefit).text
    day = date_format(benefit.starts_on, "DATE_FORMAT")
    says = [
        f"Starts on {day}." in text,
        "You can get and redeem the key from that day." in text,
    ]
    assert benefit.starts_on > TODAY
    assert says == [True, True]


@pytest.mark.parametrize("make", [redeemed, redeemable])
def test_the_last_day_of_a_redeemed_key_is_not_told_as_over(
    client: Client, partner: Partner, by: Actor, make: Callable[[Partner, Actor], Benefit]
) -> None:
    text = page_of(client, make(partner, by)).text
    says = [
        "The key was redeemed in time." in text,
        "Last day to get or redeem the key." in text,
    ]
    assert says == [make is redeemed, make is redeemable]


def test_a_usable_benefit_shows_all_that_runs_of_its_product(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    """Active ones and those that can come back, what ends last first; not what is deleted (S3)."""
    benefit = redeemable(partner, by)
    ended, _deleted, running, later = (
        SubscriptionFactory.create(
            tenant=tenant, product=benefit.product, ends_on=TODAY + timedelta(days=days)
        )
        for days in (-120, -121, 0, 9)
    )
    answer = page_of(client, benefit)
    assert shown_on(answer) == [later, running, ended]
    assert [
        reverse("licensing:subscription", args=[one.pk]) in answer.text
        for one in (later, running, ended)
    ] == [True] * 3


@pytest.mark.rule("W7")
def test_of_many_subscriptions_a_benefit_leads_to_all(
    client: Client, tenant: Tenant, partner: Partner, by: Actor
) -> None:
    benefit = redeemable(partner, by)
    for _number in range(MAX_SUBSCRIPTIONS + 2):
        SubscriptionFactory.create(tenant=tenant, product=benefit.product)
    answer = page_of(client, benefit)
    assert len(shown_on(answer)) == MAX_SUBSCRIPTIONS
    assert "The first 3 of 5 are shown." in answer.text
    assert client.get(answer.context["subscriptions"].href).context["page"].total == 5


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
            "Renew the membership to receive new benefits. Active subscriptions continue.",
        ),
        (
            True,
            redeemed,
            "The membership has been renewed: use its new benefits. Active subscriptions continue.",
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
