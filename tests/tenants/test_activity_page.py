"""Activity: what is hidden, how it is grouped, and what it is called (A2)."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from django.utils.translation import override

from benefits_portal.benefits.models.actions import BenefitAction
from benefits_portal.licensing.models.license_pool import pool_url
from benefits_portal.licensing.models.redemption import RedemptionAction
from benefits_portal.regions import time_zone_name
from benefits_portal.reminders.models.preference import Preference, Rhythm
from benefits_portal.reminders.topics import Topic
from benefits_portal.tenants.activity_forms import grouped_actions
from benefits_portal.tenants.audit.labels import page_name
from benefits_portal.tenants.models import Actor, Record, Role, Tenant, TenantsAction, User
from tests import factories
from tests.clients import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today"), pytest.mark.rule("A2")]
ACTIVITY = "tenants:activity"


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def member(tenant: Tenant) -> User:
    return factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.MEMBER
    ).user


@pytest.fixture
def logged(tenant: Tenant, admin: User, by: Actor) -> None:
    for action in (TenantsAction.SIGNED_IN, TenantsAction.PRIMARY_CHOSEN):
        Record.objects.log(action, by=by, partner=tenant.partner, tenant=tenant, subject=admin)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, ["Chose the primary tenant"]),
        ({"sign_ins": "on"}, ["Chose the primary tenant", "Signed in"]),
        ({"action": "tenants.signed-in"}, ["Signed in"]),
        ({"action": "tenants.primary-chosen"}, ["Chose the primary tenant"]),
    ],
    ids=str,
)
def test_sign_ins_are_hidden_unless_asked_for(
    client: Client, logged: None, query: dict[str, str], shown: list[str]
) -> None:
    page = client.get(reverse(ACTIVITY), query)
    lines = {line.what for line in page.context["history"].lines}
    assert sorted(lines) == shown
    written = client.get(reverse("tenants:activity-csv"), query)
    text = b"".join(written.streaming_content).decode()  # type: ignore[attr-defined]
    assert [what in text for what in ("Chose the primary tenant", "Signed in")] == [
        "Chose the primary tenant" in shown,
        "Signed in" in shown,
    ]


@pytest.mark.parametrize(("language", "label"), [("en", "Signed in"), ("nl", "Aangemeld")])
def test_the_chosen_kind_is_selected_in_the_language_of_the_reader(
    client: Client, logged: None, language: str, label: str
) -> None:
    page = client.get(
        reverse(ACTIVITY), {"action": "tenants.signed-in"}, headers={"accept-language": language}
    )
    assert f'<option value="tenants.signed-in" selected>{label}</option>' in page.text
    assert page.text.count(" selected>") == 1


def test_the_kinds_of_activity_stand_in_groups() -> None:
    groups = dict(grouped_actions())
    assert list(groups) == sorted(groups)
    everything = [action for choices in groups.values() for action, _label in choices]
    assert sorted(everything) == sorted(Record.actions)
    group_by_action = {
        action: name for name, choices in groups.items() for action, _label in choices
    }
    assert [
        group_by_action[action.value]
        for action in (
            BenefitAction.KEY_REVEALED,
            BenefitAction.ASSIGNED,
            RedemptionAction.EXTEND,
            TenantsAction.ROLE_GIVEN,
            TenantsAction.TENANT_ASKED_FOR,
            TenantsAction.SIGNED_IN,
        )
    ] == [
        "Product keys",
        "Benefits and credit",
        "Subscriptions",
        "People and roles",
        "Tenants",
        "Access and other changes",
    ]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/account/activity/", "Activity"),
        ("/account/roles/give/", "Give a role"),
        ("/mpn/benefits/azure-cloud/7/key/", "Get key"),
        ("/mpn/benefits/azure-cloud/7/assign/", "Assign user"),
        ("/product-key/start/", "Redeem a product key"),
        ("/no/such/page/", "/no/such/page/"),
    ],
)
def test_a_refused_page_is_called_by_its_name(path: str, name: str) -> None:
    assert page_name(path) == name


def test_days_before_are_read_themselves_and_not_how_many(
    client: Client, by: Actor, tenant: Tenant
) -> None:
    preference = Preference(user=by.user, partner=tenant.partner)
    preference.change(Rhythm.DAILY, [60, 14, 3], Topic, by=by)
    assert "90; 30; 7; 1 → 60; 14; 3" in strip_tags(client.get(reverse(ACTIVITY)).text)


def test_days_the_wrong_way_round_are_said_and_nothing_else(client: Client, logged: None) -> None:
    """Not that nothing fits the filter, nor a file that could not be."""
    query = {"since": "2999-02-01", "until": "2999-01-01"}
    page = client.get(reverse(ACTIVITY), query).text
    others = ("No results", "Download as CSV")
    assert "This is before the first day." in page
    assert [text for text in others if text in page] == []


def test_a_member_reads_that_activity_is_for_admins(
    tenant: Tenant, member: User, client: Client, sign_in: SignIn
) -> None:
    refused = sign_in(member).get(reverse(ACTIVITY))
    main = refused.text.partition("<main")[2]
    assert refused.status_code == 403
    assert "Activity is for admins." in main
    assert "read-only" not in main
    home = sign_in(member).get("/").text
    assert "Activity is for admins." in home
    assert f'href="{reverse(ACTIVITY)}"' not in home
    lines = client.get(reverse(ACTIVITY)).context["history"].lines
    tried = [(line.what, [str(change) for change in line.changes]) for line in lines]
    assert ("Attempt a restricted action", ["Page: Activity"]) in tried


@pytest.mark.parametrize(
    ("zone", "language", "name"),
    [
        ("America/New_York", "en", "Eastern Time (New York)"),
        ("America/New_York", "nl", "Eastern-tijd (New York)"),
        ("Europe/Amsterdam", "en", "Central European Time (Amsterdam)"),
        ("Asia/Tokyo", "en", "Japan Time (Tokyo)"),
        ("UTC", "en", "UTC"),
        ("Europe/Amsterdam", "xx", "Europe/Amsterdam"),
    ],
)
def test_a_time_zone_is_called_as_people_call_it(zone: str, language: str, name: str) -> None:
    assert time_zone_name(zone, language) == name


def test_a_history_names_the_time_zone(client: Client, tenant: Tenant, logged: None) -> None:
    partner = tenant.partner
    type(partner).objects.filter(pk=partner.pk).update(time_zone="America/New_York")
    text = client.get(reverse(ACTIVITY)).text
    assert "Times are in Eastern Time (New York)." in text
    assert "America/New_York" not in text


def test_a_membership_is_called_without_its_partner() -> None:
    membership = factories.MembershipFactory.create()
    assert membership.title == f"{membership.offer} (Jan 1, 2021)"
    assert str(membership) == f"{membership.partner.known_as}: {membership.title}"
    with override("nl"):
        assert membership.title.endswith("(1 januari 2021)")


def test_whoever_has_no_role_is_told_whom_to_ask_and_who_can_act(
    tenant: Tenant, admin: User, sign_in: SignIn
) -> None:
    manager = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=tenant, role=Role.GLOBAL_ADMIN
    ).user
    newcomer = factories.UserFactory.create(directory_user__tenant=tenant)
    text = sign_in(newcomer).get("/").text.partition("<main")[2]
    asking, _heading, acting = text.partition("They can act for you")
    assert [user.email in asking for user in (manager, admin)] == [True, False]
    assert [user.email in acting for user in (manager, admin)] == [False, True]
    mail = re.search(r'href="(mailto:[^"]*subject=[^"]*)"', asking)
    assert mail
    assert mail[1].startswith(f"mailto:{manager.email}?subject=Please%20give%20me%20a%20role")
    assert [reverse(name) in acting for name in ("help", "licensing:calculator")] == [True, True]


def test_a_requested_tenant_is_pending_review(client: Client, tenant: Tenant) -> None:
    factories.TenantRequestFactory.create(partner=tenant.partner)
    text = client.get(reverse("tenants:tenants")).text
    assert "Pending review" in text
    assert "Request another tenant" in text


def test_a_license_on_record_leads_to_its_product_in_its_tenant(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    subscription = factories.SubscriptionFactory.create(tenant=tenant)
    product = subscription.product
    about: Any = {"by": by, "partner": tenant.partner, "tenant": tenant, "subject": product}
    Record.objects.log("licensing.license-given", **about)
    href = pool_url(tenant.pk, product.pk)
    assert f'href="{href}"' in client.get(reverse("tenants:activity")).text
    assert client.get(href).status_code == 200
