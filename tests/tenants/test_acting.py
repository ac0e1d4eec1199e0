"""Where one acts: always in sight, remembered, never changed behind one's back (rule P4)."""

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.tenants.models import RoleAssignment, Tenant, User
from tests.clients import ClientResponse, SignIn, request_of
from tests.factories import (
    DirectoryUserFactory,
    RoleAssignmentFactory,
    SubscriptionFactory,
    TenantFactory,
)

pytestmark = [pytest.mark.rule("P4"), pytest.mark.usefixtures("today")]


@pytest.fixture
def labs(tenant: Tenant) -> Tenant:
    return TenantFactory.create(partner=tenant.partner, name="Labs", domain="labs.example")


@pytest.fixture
def elsewhere(admin: User) -> Tenant:
    """The tenant of another partner at which `admin` holds a role too."""
    there = TenantFactory.create(is_primary=True)
    RoleAssignmentFactory.create(user=admin, partner=there.partner)
    return there


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def switch(client: Client, tenant: Tenant) -> ClientResponse:
    return client.post(reverse("tenants:switch"), {"place": tenant.pk})


@pytest.mark.parametrize(
    "name",
    [
        "home",
        "benefits:azure-cloud",
        "licensing:products",
        "tenants:users",
        "tenants:activity",
        "help",
    ],
)
def test_each_page_says_for_whom_and_where_one_acts_in_the_tenant_s_color(
    client: Client, tenant: Tenant, labs: Tenant, name: str
) -> None:
    shown = []
    for here in (tenant, labs):
        switch(client, here)
        page = client.get(reverse(name)).text
        at = page.index('aria-labelledby="tenant-context-label"')
        shown.append(page[at : at + 900])
        assert here.name in shown[-1]
        assert here.domain in shown[-1]
        assert f'data-color="{here.color}"' in shown[-1]
        assert f'href="{reverse("tenants:switch")}' in shown[-1]
    assert tenant.color != labs.color


def test_the_place_is_remembered_for_the_session(client: Client, labs: Tenant) -> None:
    switch(client, labs)
    assert [
        request_of(client.get(reverse(name))).tenant for name in ("home", "tenants:users", "home")
    ] == [labs] * 3


def test_a_role_given_elsewhere_moves_nobody(tenant: Tenant, admin: User, client: Client) -> None:
    before = RoleAssignment.objects.get(user=admin)
    there = TenantFactory.create(partner__name="Aardvark", is_primary=True)
    at_home_there = DirectoryUserFactory.create(tenant=there)  # without a role yet
    type(admin).objects.filter(pk=admin.pk).update(directory_user=at_home_there)
    assert request_of(client.get(reverse("home"))).partner == before.partner
    RoleAssignmentFactory.create(user=admin, partner=there.partner)
    assert request_of(client.get(reverse("home"))).partner == before.partner


@pytest.mark.rule("P1")
def test_who_loses_the_role_is_told_where_they_act_now_not_where_it_was(
    client: Client, tenant: Tenant, elsewhere: Tenant, admin: User
) -> None:
    switch(client, elsewhere)
    client.get(reverse("home"))
    RoleAssignment.objects.filter(user=admin, partner=elsewhere.partner).delete()
    page = client.get(reverse("home"))
    messages = [str(message) for message in page.context["messages"]]
    assert messages == [
        f"You no longer have a role there. You're now working in {tenant.partner}, tenant {tenant}."
    ]
    assert elsewhere.domain not in page.text
    assert not list(client.get(reverse("home")).context["messages"])


def test_a_deep_link_to_another_partner_of_one_s_own_offers_to_switch(
    client: Client, elsewhere: Tenant, tenant: Tenant
) -> None:
    address = reverse(
        "licensing:subscription", args=[SubscriptionFactory.create(tenant=elsewhere).pk]
    )
    offered = client.get(address)
    assert request_of(offered).tenant == tenant, "nothing was switched by looking"
    assert f'name="place" value="{elsewhere.pk}"' in offered.text
    client.post(reverse("tenants:switch"), {"place": elsewhere.pk, "next": address})
    assert client.get(address).context["subscription"].tenant == elsewhere


@pytest.mark.parametrize("name", ["licensing:products", "licensing:licenses"])
def test_switching_from_a_list_leads_back_to_it(
    client: Client, tenant: Tenant, labs: Tenant, name: str
) -> None:
    page = client.get(reverse(name), {"on": "2022-01-31"}).text
    there = f"{reverse('tenants:switch')}?next={reverse(name)}%3Fon%3D2022-01-31"
    assert page.count(f'href="{there}"') == 2
    assert f"Switch to <bdi>{labs.name}</bdi>" in page
    choosing = client.get(there)
    assert choosing.context["cancel"] == f"{reverse(name)}?on=2022-01-31"


def test_switching_from_a_page_of_one_thing_leads_home(
    client: Client, tenant: Tenant, labs: Tenant
) -> None:
    page = client.get(SubscriptionFactory.create(tenant=tenant).get_absolute_url()).text
    assert f'href="{reverse("tenants:switch")}?next=' not in page


def test_nobody_switches_to_a_place_that_is_not_theirs(client: Client, tenant: Tenant) -> None:
    strange = TenantFactory.create()
    form = switch(client, strange).context["form"]
    assert form.errors == {"place": ["You have no role there. Choose one of the tenants below."]}
    assert request_of(client.get(reverse("home"))).tenant == tenant
