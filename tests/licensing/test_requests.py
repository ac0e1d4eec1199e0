"""What the partner asked the program team for: one list, on home, badges, and mail (K8, P1)."""

from datetime import date, timedelta

import pytest
import time_machine
from django.core import mail as django_mail
from django.urls import reverse
from pytest_django import Settings

from benefits_portal import clock
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Redemption, Replacement
from benefits_portal.licensing.requests import requests_of
from benefits_portal.tenants.exceptions import AlreadyDecided
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    Mail,
    Partner,
    Role,
    RoleAssignment,
    Tenant,
    TenantRequest,
    User,
)
from benefits_portal.tenants.outbox import send_due
from tests import factories
from tests.clients import SignIn

TODAY = factories.TODAY
REQUESTS = "/account/requests/"
WHY = "Wrong tenant, says unmistakable Kim"


@pytest.fixture
def redeemed(tenant: Tenant) -> Redemption:
    return factories.redeem(tenant=tenant)


@pytest.fixture
def replacement(redeemed: Redemption, admin: User) -> Replacement:
    return Replacement.objects.ask(redeemed, WHY, by=Actor(admin), on=TODAY)


@pytest.fixture
def wish(partner: Partner, admin: User) -> TenantRequest:
    return TenantRequest.objects.ask(partner, "Labs", "labs.example", by=Actor(admin))


@pytest.fixture
def officer() -> Actor:
    return Actor(factories.UserFactory.create(staff=True, name="Unmistakable Officer"))


def told(partner: Partner) -> list[tuple[str, str, str]]:
    return [(asked.title, asked.status_text, asked.answer) for asked in requests_of(partner)]


@pytest.mark.rule("K8", "P1")
def test_one_list_holds_both_kinds_with_their_answers(
    partner: Partner, replacement: Replacement, wish: TenantRequest, officer: Actor, today: date
) -> None:
    product = replacement.redemption.subscription.product_name
    TenantRequest.objects.ask(factories.PartnerFactory.create(), "X", "x.example", by=Actor())
    first = told(partner)
    replacement.grant(by=officer, on=TODAY)
    wish.decline(by=officer)
    assert [sorted(first), sorted(told(partner))] == [
        [
            (f"Replacement key: {product}", "Pending review", ""),
            ("Tenant: labs.example", "Pending review", ""),
        ],
        [
            (f"Replacement key: {product}", "Approved", "New key issued today"),
            ("Tenant: labs.example", "Declined", ""),
        ],
    ]


@pytest.fixture
def new_key(replacement: Replacement, officer: Actor, today: date) -> ProductKey:
    return ProductKey.objects.for_use().get(pk=replacement.grant(by=officer, on=TODAY).pk)


def links(partner: Partner) -> tuple[str, str]:
    """What the one request of the partner links to, for an admin and for a member."""
    [asked] = requests_of(partner)
    return asked.link(may_act=True), asked.link(may_act=False)


def test_a_new_key_is_offered_until_it_is_used(new_key: ProductKey, tenant: Tenant) -> None:
    assert links(tenant.partner) == ("Get new key", "View benefit")
    factories.redeem(new_key, tenant=tenant)
    assert links(tenant.partner) == ("View benefit", "View benefit")


def test_a_new_key_is_no_longer_offered_once_it_is_revoked(
    new_key: ProductKey, officer: Actor
) -> None:
    new_key.revoke("Lost", by=officer)
    assert links(new_key.partner) == ("View benefit", "View benefit")


@pytest.mark.parametrize(("role", "has_link"), [(Role.PARTNER_ADMIN, True), (Role.MEMBER, False)])
@pytest.mark.rule("P3")
def test_a_new_key_is_offered_to_whoever_may_get_it(
    replacement: Replacement,
    officer: Actor,
    sign_in: SignIn,
    role: Role,
    has_link: bool,
    today: date,
) -> None:
    replacement.grant(by=officer, on=TODAY)
    reader = factories.RoleAssignmentFactory.create(partner=replacement.partner, role=role).user
    page = sign_in(reader).get(REQUESTS).text
    assert ("Get new key" in page, "View benefit" in page) == (has_link, not has_link)


@pytest.mark.parametrize("days", [30, 31])
def test_an_answer_stays_on_home_for_thirty_days(
    partner: Partner, replacement: Replacement, officer: Actor, days: int
) -> None:
    replacement.decline("Not our fault", by=officer)
    with time_machine.travel(clock.now() + timedelta(days=days, seconds=-1)):
        assert len(requests_of(partner, recent=True)) == (days == 30)
        assert len(requests_of(partner)) == 1


def test_requests_are_on_home_and_a_page_of_their_own(
    admin: User, replacement: Replacement, wish: TenantRequest, sign_in: SignIn, today: date
) -> None:
    client = sign_in(admin)
    home, page = client.get("/").text, client.get(REQUESTS).text
    assert [text.count("Tenant: labs.example") > 0 for text in (home, page)] == [True, True]
    assert [text.count(f'href="{REQUESTS}"') for text in (home, page)] == [3, 2]
    assert [text.count("Pending review") for text in (home, page)] == [2, 2]


def test_without_a_request_home_has_no_section_of_them(
    admin: User, sign_in: SignIn, today: date
) -> None:
    client = sign_in(admin)
    assert "Your requests" not in client.get("/").text
    assert "No requests" in client.get(REQUESTS).text


@pytest.mark.rule("P1")
def test_who_asked_is_called_what_the_partner_calls_them(
    tenant: Tenant, sign_in: SignIn, today: date
) -> None:
    boss = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, user__name="Named Elsewhere"
    ).user
    entry: DirectoryUser = factories.person_of(boss)
    TenantRequest.objects.ask(tenant.partner, "Labs", "labs.example", by=Actor(boss))
    page = sign_in(boss).get(REQUESTS).text
    assert entry.display_name in page
    assert "Named Elsewhere" not in page


@pytest.mark.rule("K8")
def test_the_benefit_and_the_subscription_say_what_became_of_it(
    admin: User, replacement: Replacement, officer: Actor, sign_in: SignIn, today: date
) -> None:
    redemption, client = replacement.redemption, sign_in(admin)
    pages = [
        redemption.key.benefit.get_absolute_url(),
        redemption.subscription.get_absolute_url(),
    ]
    badges = ["Replacement requested", "New key issued today", "New key issued on May 1, 2021"]

    def shown() -> list[list[str]]:
        texts = [client.get(page).text for page in pages]
        return [[badge for badge in badges if f">{badge}</span>" in text] for text in texts]

    assert shown() == [badges[:1]] * 2
    replacement.grant(by=officer, on=TODAY)
    assert shown() == [badges[1:2]] * 2
    with time_machine.travel(clock.now() + timedelta(days=1)):
        client = sign_in(admin)
        assert shown() == [badges[2:]] * 2
    with time_machine.travel(clock.now() + timedelta(days=31)):
        client = sign_in(admin)
        assert shown() == [[], []]


# The mail


def sent() -> tuple[str, str, str]:
    """To whom the one mail went, its subject, and its body."""
    assert send_due() == 1
    [message] = django_mail.outbox
    return message.to[0], str(message.subject), str(message.body)


@pytest.mark.rule("K3", "W12")
@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Your request for a replacement key was approved"),
        ("nl", "Uw aanvraag voor een vervangende productcode is goedgekeurd"),
    ],
)
def test_who_asked_gets_the_answer_without_the_key_or_names(
    admin: User, replacement: Replacement, officer: Actor, language: str, subject: str
) -> None:
    User.objects.filter(pk=admin.pk).update(language=language)
    key = replacement.grant(by=officer, on=TODAY)
    recipient, said, body = sent()
    assert (recipient, said) == (admin.email, subject)
    assert replacement.redemption.subscription.product_name in body
    kept_out = [key.last_five, replacement.redemption.key.last_five, "nmistakable", "PCBEN", WHY]
    assert [text for text in kept_out if text in said + body] == []


@pytest.mark.parametrize(
    ("is_accepted", "subject"),
    [
        (True, "Your request for a tenant was approved"),
        (False, "Your request for a tenant was declined"),
    ],
)
def test_a_decision_about_a_tenant_is_mailed_too(
    admin: User, wish: TenantRequest, officer: Actor, is_accepted: bool, subject: str
) -> None:
    (wish.accept if is_accepted else wish.decline)(by=officer)
    recipient, said, body = sent()
    assert recipient == admin.email
    assert said == subject
    assert "labs.example" in body
    assert "Labs" not in body


def test_a_declined_replacement_is_mailed_without_the_reason(
    admin: User, replacement: Replacement, officer: Actor
) -> None:
    replacement.decline("Kim was careless", by=officer)
    recipient, said, body = sent()
    assert said == "Your request for a replacement key was declined"
    assert recipient == admin.email
    assert "careless" not in body


def test_a_decision_refused_mails_nothing(replacement: Replacement, officer: Actor) -> None:
    replacement.grant(by=officer, on=TODAY)
    with pytest.raises(AlreadyDecided):
        replacement.decline("too late", by=officer)
    assert Mail.objects.count() == 1


def test_who_has_no_role_there_any_more_gets_no_mail(
    admin: User, replacement: Replacement, officer: Actor
) -> None:
    replacement.grant(by=officer, on=TODAY)
    RoleAssignment.objects.filter(user=admin).delete()
    assert (send_due(), django_mail.outbox, Mail.objects.count()) == (0, [], 0)


@pytest.mark.rule("W12")
@pytest.mark.parametrize(
    ("hosts", "link"),
    [
        (["localhost", "127.0.0.1"], "Sign in to the portal to see your requests."),
        ([".example.com", "*"], "Sign in to the portal to see your requests."),
        (["portal.example"], f"See your requests: https://portal.example{REQUESTS}"),
    ],
)
def test_a_link_leads_to_the_portal_s_own_host_or_there_is_none(
    settings: Settings, wish: TenantRequest, officer: Actor, hosts: list[str], link: str
) -> None:
    settings.ALLOWED_HOSTS = hosts
    wish.decline(by=officer)
    _recipient, _subject, body = sent()
    assert link in body
    assert reverse("licensing:requests") == REQUESTS
