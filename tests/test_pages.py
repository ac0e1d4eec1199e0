"""Every page: who gets in, that it parses, and what bad input leads to."""

import re
from datetime import timedelta

import html5lib
import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from benefits_portal.templatetags.portal import breakable
from benefits_portal.tenants.models import Actor, Partner, Record, Role, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.partner_fixture import PartnerFixture

pytestmark = pytest.mark.usefixtures("today")


OPEN = [
    "help",
    "licensing:calculator",
    "tenants:sign-in",
    "tenants:password-ask",
    "tenants:password-sent",
    "tenants:password-done",
]
LOOKING = [
    "home",
    "benefits:azure-cloud",
    "licensing:benefit-detail?credit",
    "licensing:benefit-detail",
    "licensing:benefit-history?credit",
    "licensing:products",
    "licensing:losses",
    "licensing:plan",
    "licensing:plan?subscription",
    "licensing:subscription",
    "licensing:receipt",
    "licensing:order-receipt",
    "licensing:requests",
    "tenants:switch",
    "tenants:users",
    "tenants:user",
    "tenants:roles",
    "tenants:tenants",
]
ACTING = [
    "benefits:assign",
    "benefits:assign-list",
    "benefits:remove",
    "benefits:transfer",
    "licensing:walkthrough",
    "licensing:product-key-start",
    "licensing:product-key-start?key",
    "licensing:extend",
    "licensing:add-licenses",
    "licensing:order?steps",
    "reminders:reminders",
]


@pytest.fixture
def sample(tenant: Tenant) -> PartnerFixture:
    return PartnerFixture(tenant=tenant)


@pytest.fixture
def elsewhere(db: None) -> PartnerFixture:
    """Another partner with the same things."""
    return PartnerFixture("Elsewhere")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


# Who gets in


@pytest.mark.parametrize("name", ["home", "licensing:extend"])
@pytest.mark.rule("P2")
def test_somebody_without_a_role_sees_one_page_that_names_who_has_one(
    sample: PartnerFixture, admin: User, sign_in: SignIn, name: str
) -> None:
    nobody = factories.UserFactory.create(directory_user__tenant=sample.tenant)
    response = sign_in(nobody).get(sample.url(name))
    assert (response.status_code, response.templates[0].name) == (
        200 if name == "home" else 403,
        "tenants/no_role.html",
    )
    assert admin.email in response.text


@pytest.mark.rule("P2", "P3")
def test_who_can_give_a_role_is_told_apart_from_who_can_only_act(
    tenant: Tenant, sign_in: SignIn
) -> None:
    partner = tenant.partner
    for email, role in [
        ("gives@contoso.com", Role.GLOBAL_ADMIN),
        ("acts@contoso.com", Role.PARTNER_ADMIN),
    ]:
        factories.RoleAssignmentFactory.create(partner=partner, user__email=email, role=role)
    nobody = factories.UserFactory.create(directory_user__tenant=tenant)
    context = sign_in(nobody).get(reverse("home")).context
    emails = {name: [held.user.email for held in context[name]] for name in ("managers", "others")}
    assert emails == {"managers": ["gives@contoso.com"], "others": ["acts@contoso.com"]}


@pytest.mark.parametrize("name", ["licensing:extend"])
@pytest.mark.rule("P3")
def test_a_member_is_told_why_they_may_not_act_and_who_may(
    sample: PartnerFixture, admin: User, sign_in: SignIn, name: str
) -> None:
    response = sign_in(sample.member).get(sample.url(name))
    assert (response.status_code, response.templates[0].name) == (403, "tenants/not_permitted.html")
    assert admin.email in response.text


FOREIGN = [
    "licensing:benefit-detail?credit",
    "licensing:benefit-detail",
    "licensing:subscription",
    "licensing:receipt",
    "licensing:order-receipt",
    "tenants:user",
    "benefits:assign",
    "benefits:remove",
    "benefits:transfer",
    "licensing:walkthrough",
    "licensing:extend",
    "licensing:add-licenses",
    "licensing:order?steps",
]


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.rule("P1", "K4")
def test_what_belongs_to_another_partner_does_not_exist(
    sample: PartnerFixture, elsewhere: PartnerFixture, client: Client, sign_in: SignIn, name: str
) -> None:
    url = elsewhere.url(name)
    assert sign_in(elsewhere.boss).get(url).status_code == 200
    missing = client.get(re.sub(r"/\d+/", "/999999/", url))  # the menu marks where an address is
    response = client.get(url)
    assert response.status_code == 404
    assert elsewhere.partner.name not in response.text
    assert without_what_varies(response) == without_what_varies(missing)


def without_what_varies(response: ClientResponse) -> str:
    """The page without its own address and its form tokens, which differ each time."""
    text = response.text.replace(response.wsgi_request.path, "")
    return re.sub(r"[A-Za-z0-9]{64}", "", text)


@pytest.mark.rule("K4")
def test_another_partner_s_key_cannot_be_chosen_by_reference(
    sample: PartnerFixture, elsewhere: PartnerFixture, client: Client
) -> None:
    assert (
        client.get(
            reverse("licensing:extend", args=[sample.subscription.pk]) + f"?key={elsewhere.key.pk}"
        ).status_code
        == 404
    )


@pytest.mark.rule("P4")
def test_a_form_from_another_place_is_refused_with_both_named(
    sample: PartnerFixture, client: Client, admin: User
) -> None:
    second = factories.TenantFactory.create(partner=sample.partner)
    client.post(reverse("tenants:switch"), {"place": second.pk})
    response = client.post(sample.url("benefits:remove"), sample.acting_in)
    assert response.status_code == 409
    assert breakable(sample.tenant.domain) in response.text
    assert breakable(second.domain) in response.text
    sample.assignment.refresh_from_db()
    assert sample.assignment.ended_at is None


@pytest.mark.rule("P4")
def test_a_post_that_does_not_say_where_it_was_rendered_is_refused(
    sample: PartnerFixture, client: Client
) -> None:
    assert client.post(sample.url("benefits:remove")).status_code == 409


@pytest.mark.rule("P1", "P4")
def test_a_link_into_another_partner_of_ones_own_offers_to_switch(
    sample: PartnerFixture, elsewhere: PartnerFixture, admin: User, client: Client
) -> None:
    factories.RoleAssignmentFactory.create(user=admin, partner=elsewhere.partner)
    url = elsewhere.url("licensing:subscription")
    offered = client.get(url)
    assert (offered.status_code, offered.templates[0].name) == (200, "tenants/elsewhere.html")
    assert (
        client.post(reverse("tenants:switch"), {"place": elsewhere.tenant.pk, "next": url})[
            "Location"
        ]
        == url
    )
    assert client.get(url).templates[0].name == "licensing/subscription_detail.html"


# What a page is made of


@pytest.mark.parametrize("name", [*LOOKING, *ACTING])
def test_every_page_parses(sample: PartnerFixture, client: Client, name: str) -> None:
    html5lib.HTMLParser(strict=True).parse(client.get(sample.url(name)).text)


@pytest.mark.parametrize("name", [*OPEN, "home"])
def test_every_open_page_and_the_no_role_page_parse(db: None, sign_in: SignIn, name: str) -> None:
    someone = sign_in(factories.UserFactory.create()) if name == "home" else Client()
    html5lib.HTMLParser(strict=True).parse(someone.get(reverse(name)).text)


@pytest.mark.parametrize("count", [1, 10])
def test_home_takes_eleven_queries_whatever_needs_attention(
    client: Client, tenant: Tenant, django_assert_num_queries: DjangoAssertNumQueries, count: int
) -> None:
    soon = factories.TODAY + timedelta(days=20)
    for _ in range(count):
        factories.redeem(tenant=tenant)
        ending = factories.SubscriptionFactory.create(tenant=tenant, ends_on=soon)
        factories.LicenseAssignmentFactory.create(
            tenant=tenant, product=ending.product, directory_user__disabled=True
        )
        credit = factories.BenefitFactory.create(
            partner=tenant.partner, monthly=True, expires_on=soon
        )
        factories.AssignmentFactory.create(
            benefit=credit, directory_user__tenant=tenant, directory_user__disabled=True
        )
        factories.BenefitFactory.create(partner=tenant.partner, key=True, expires_on=soon)
    client.get(reverse("home"))
    with django_assert_num_queries(11):
        response = client.get(reverse("home"))
    assert [len(section.rows) for section in response.context["attention"]] == [count] * 4
    assert [len(group.rows) for group in response.context["unused"].groups] == [count]


def test_a_large_id_is_written_as_it_is_and_a_large_number_in_groups(
    client: Client, partner: Partner
) -> None:
    factories.BenefitFactory.create(pk=1_234_567, partner=partner, quantity=12_345)
    text = client.get(reverse("benefits:azure-cloud")).text
    assert 'id="benefit-1234567"' in text
    assert "12,345 licenses" in text


# The key


@pytest.mark.rule("K3")
def test_a_key_is_masked_on_every_page_and_shown_only_by_get_key(
    sample: PartnerFixture, client: Client
) -> None:
    shown = client.post(
        reverse("licensing:key", args=[sample.licenses.pk]),
        sample.acting_in | {"verified": "on"},
    )
    key = shown.context["revealed"]
    assert key in shown.text
    assert (
        shown.headers["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    )
    for name in [*LOOKING, *ACTING]:
        text = client.get(sample.url(name)).text
        assert key not in text, name
        assert key.replace("-", "") not in text, name


def test_get_key_asks_for_the_tick_first(sample: PartnerFixture, client: Client) -> None:
    response = client.post(reverse("licensing:key", args=[sample.licenses.pk]), sample.acting_in)
    assert "revealed" not in response.context
    assert response.context["form"].errors == {
        "verified": ["Check that this is the right tenant and tick the box; then get the key."]
    }


# Bad input


def test_a_wrong_key_keeps_what_was_typed_and_says_what_to_do(
    sample: PartnerFixture, client: Client
) -> None:
    response = client.post(sample.url("licensing:extend"), sample.acting_in | {"key": "not a key"})
    assert response.context["form"]["key"].value() == "not a key"
    assert response.context["form"].errors["key"] == [
        "This is not a product key of this portal: those have 25 characters and begin with PCBEN. "
        "Copy the whole key from its benefit and paste it here."
    ]


@pytest.mark.rule("U3")
def test_bulk_credit_has_no_remove_and_monthly_credit_no_transfer(
    sample: PartnerFixture, client: Client
) -> None:
    addresses = [
        reverse("benefits:remove", args=[sample.bulk.pk, sample.transferable.pk]),
        reverse("benefits:transfer", args=[sample.credit.pk, sample.assignment.pk]),
    ]
    messages = [
        str(next(iter(client.get(url, follow=True).context["messages"]))) for url in addresses
    ]
    assert messages == [
        "Bulk credit can't be removed. Transfer it to someone else instead.",
        "Monthly credit is not transferred. Remove it here and assign it to someone else.",
    ]


@pytest.mark.rule("U1")
def test_nobody_from_nowhere_is_assigned_and_it_is_said_where_to_add_one(
    sample: PartnerFixture, elsewhere: PartnerFixture, client: Client
) -> None:
    response = client.post(
        sample.url("benefits:assign"),
        sample.acting_in | {"directory_user": elsewhere.person.pk},
    )
    assert response.context["form"].errors["directory_user"] == [
        "There is no such person in your organization's directory. Choose a person from the list. "
        "Who is not in it needs a user entry in one of your tenants first; a Global admin adds it."
    ]


@pytest.mark.rule("U3", "U5")
def test_what_cannot_be_assigned_any_more_says_so_before_one_is_chosen(
    sample: PartnerFixture, client: Client
) -> None:
    expired = factories.BenefitFactory.create(
        partner=sample.partner, monthly=True, expires_on=factories.TODAY - timedelta(days=1)
    )
    addresses = [
        reverse("benefits:assign", args=[benefit.pk])
        for benefit in (expired, sample.transferable.benefit)
    ]
    answers = [client.get(url, follow=True) for url in addresses]
    messages = [str(next(iter(answer.context["messages"]))) for answer in answers]
    assert messages == [
        (
            "This benefit expired: Apr 30, 2021 was the last day to use it. Renew the "
            "membership to receive new credit."
        ),
        (
            f"{sample.transferable.directory_user.display_name} holds this credit; it has one "
            "holder at a time. Transfer it instead."
        ),
    ]


# Whose clock


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("time_zone", "moment"),
    [("America/New_York", "8:00 AM EDT"), ("Asia/Tokyo", "9:00 PM JST"), ("UTC", "12:00 PM UTC")],
)
def test_a_receipt_tells_the_moment_by_the_partner_s_clock(
    sample: PartnerFixture, client: Client, partner: Partner, time_zone: str, moment: str
) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone=time_zone)
    assert f"May 1, 2021, {moment}" in client.get(sample.url("licensing:receipt")).text


def test_activity_tells_it_by_the_same_clock_not_moved_twice(
    sample: PartnerFixture, client: Client, partner: Partner
) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="America/New_York")
    Record.objects.log("tests.noted", by=Actor(), partner=partner)
    page = client.get(reverse("tenants:activity"))
    assert {line["time"] for line in page.context["history"].rows()} == {"8:00 AM"}
    assert "8:00 AM" in page.text
    assert "12:00 PM" not in page.text
    assert "4:00 AM" not in page.text


@pytest.mark.rule("K6")
def test_a_lock_out_tells_its_end_by_the_partner_s_clock(
    sample: PartnerFixture, client: Client, admin: User, partner: Partner
) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="America/New_York")
    factories.KeyAttemptFactory.create_batch(10, user=admin, partner=partner, at=factories.NOW)
    response = client.post(sample.url("licensing:extend"), sample.acting_in | {"key": "PCBEN"})
    assert response.context["form"].errors["key"] == [
        "You tried too many keys that don't exist. You can type a key again from 8:15 AM "
        "Eastern Time (New York). You can still choose one of your own keys."
    ]


def test_the_back_office_keeps_the_project_s_time_zone_whoever_has_a_role(
    admin: User, client: Client, partner: Partner
) -> None:
    Partner.objects.filter(pk=partner.pk).update(time_zone="America/New_York")
    type(admin).objects.filter(pk=admin.pk).update(is_staff=True, is_superuser=True)
    record = Record.objects.log("tests.noted", by=Actor(), partner=partner)
    text = client.get(reverse("admin:tenants_record_change", args=[record.pk])).text
    assert "12:00 PM" in text
    assert "8:00 AM" not in text


# What a member may not do


@pytest.mark.rule("P3")
@pytest.mark.parametrize("name", ["home", "licensing:products"])
def test_a_member_sees_why_redeeming_is_not_for_them(
    sample: PartnerFixture, client: Client, sign_in: SignIn, name: str
) -> None:
    url, reason = (
        sample.url(name),
        "Redeeming is for Global admins and MPN partner admins of your organization.",
    )
    texts = [client.get(url).text, sign_in(sample.member).get(url).text]
    assert [reason in text for text in texts] == [False, True]
    assert all("Redeem a product key" in text.split("<main")[1] for text in texts)
    assert f'href="{reverse("licensing:product-key-start")}"' not in texts[1].split("<main")[1]
    html5lib.HTMLParser(strict=True).parse(texts[1])
