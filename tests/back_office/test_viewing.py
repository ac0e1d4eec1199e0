"""Support looks at a partner's own pages: only reading, marked, on record, for one session."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.tenants.models import Partner, Record, Tenant, TenantsAction, User
from tests import factories
from tests.clients import ClientResponse, SignIn, request_of

HOME, BENEFITS = "/", "/mpn/benefits/azure-cloud/"
MARK = "Viewing as partner"


def impersonate(
    office: Client, tenant: Tenant, why: str = "They say that a row is missing"
) -> ClientResponse:
    return office.post(
        reverse("admin:tenants_partner_view_as", args=[tenant.partner_id]),
        {"tenant": tenant.pk, "reason": why},
    )


def on_record() -> list[tuple[Any, ...]]:
    views = Record.objects.filter(
        action__in=[TenantsAction.VIEW_STARTED, TenantsAction.VIEW_ENDED]
    ).order_by("pk")
    return [
        (record.action, record.actor, record.partner, record.tenant, record.reason)
        for record in views
    ]


@pytest.fixture
def looking(support: User, sign_in: SignIn, tenant: Tenant) -> Client:
    """Support's browser, looking at `tenant`."""
    office = sign_in(support)
    assert impersonate(office, tenant)["Location"] == HOME
    return office


def test_support_sees_the_partner_s_pages_marked_with_the_way_out(
    looking: Client, partner: Partner
) -> None:
    benefit = factories.BenefitFactory.create(partner=partner)
    for address in (
        HOME,
        BENEFITS,
        f"{BENEFITS}{benefit.pk}/",
        "/admin-center/products/",
        "/account/users/",
    ):
        page = looking.get(address)
        assert (page.status_code, request_of(page).partner) == (200, partner)
        assert MARK in page.content.decode()
        assert reverse("tenants:end-viewing") in page.content.decode()


def test_another_partner_s_things_do_not_exist_for_whoever_looks(looking: Client) -> None:
    other = factories.BenefitFactory.create()
    assert looking.get(f"{BENEFITS}{other.pk}/").status_code == 404


def test_what_is_in_another_tenant_of_the_partner_is_not_there_to_look_at(
    looking: Client, partner: Partner
) -> None:
    elsewhere = factories.TenantFactory.create(partner=partner)
    subscription = factories.SubscriptionFactory.create(tenant=elsewhere)
    assert looking.get(reverse("licensing:subscription", args=[subscription.pk])).status_code == 404


@pytest.mark.rule("P4")
def test_looking_moves_nobody_so_nobody_is_told_that_they_act_elsewhere(looking: Client) -> None:
    looking.get(HOME)
    looking.post(reverse("tenants:end-viewing"))
    impersonate(looking, factories.TenantFactory.create())
    assert list(looking.get(HOME).context["messages"]) == []


@pytest.mark.rule("K3")
def test_whatever_is_sent_is_refused_and_no_key_is_revealed(
    looking: Client, tenant: Tenant, partner: Partner
) -> None:
    key = factories.issue_key(partner=partner)
    acting_in = {"acting_in": f"{partner.pk}-{tenant.pk}"}
    answers = [
        looking.post(f"{BENEFITS}{key.benefit_id}/key/", {**acting_in, "verified": "on"}),
        looking.post(
            "/account/users/add/",
            acting_in | {"display_name": "X", "user_principal_name": f"x@{tenant.domain}"},
        ),
        looking.post("/switch/", acting_in),
        looking.post("/demo/clock/", acting_in | {"today": "2030-01-01"}),
        looking.post("/demo/reset/", acting_in),
        looking.put(BENEFITS),
    ]
    assert [answer.status_code for answer in answers] == [403] * 6
    assert ["Nothing was changed" in answer.content.decode() for answer in answers] == [True] * 6
    # The one record says that the viewing began.
    assert (Record.objects.filter(actor__isnull=False).count(), Tenant.objects.count()) == (1, 1)


def test_who_looked_at_whom_when_and_why_is_on_record(
    looking: Client, support: User, partner: Partner, tenant: Tenant
) -> None:
    assert looking.post(reverse("tenants:end-viewing"))["Location"] == reverse(
        "admin:tenants_partner_change", args=[partner.pk]
    )
    assert on_record() == [
        (TenantsAction.VIEW_STARTED, support, partner, tenant, "They say that a row is missing"),
        (TenantsAction.VIEW_ENDED, support, partner, tenant, ""),
    ]
    assert MARK not in looking.get(HOME).content.decode()
    assert looking.post(reverse("tenants:end-viewing"))["Location"] == reverse(
        "home"
    )  # nothing to end
    assert len(on_record()) == 2


def test_looking_at_the_next_partner_ends_looking_at_the_one_before(looking: Client) -> None:
    other = factories.TenantFactory.create()
    impersonate(looking, other)
    assert [action for action, *_facts in on_record()] == [
        TenantsAction.VIEW_STARTED,
        TenantsAction.VIEW_ENDED,
        TenantsAction.VIEW_STARTED,
    ]
    assert request_of(looking.get(HOME)).partner == other.partner


@pytest.mark.parametrize("door", ["tenants:sign-out", "admin:logout"])
def test_signing_out_ends_it_and_that_is_on_record(looking: Client, door: str) -> None:
    looking.post(reverse(door))
    assert [action for action, *_facts in on_record()] == [
        TenantsAction.VIEW_STARTED,
        TenantsAction.VIEW_ENDED,
    ]


def test_it_is_over_for_somebody_who_is_no_longer_staff(looking: Client, support: User) -> None:
    support.is_staff = False
    support.save()
    assert request_of(looking.get(BENEFITS)).partner is None


def test_nobody_looks_without_saying_why(support: User, sign_in: SignIn, tenant: Tenant) -> None:
    office = sign_in(support)
    assert "Enter a reason." in impersonate(office, tenant, why=" ").content.decode()
    assert request_of(office.get(HOME)).partner is None


def test_a_tenant_of_another_partner_is_not_to_choose(
    support: User, sign_in: SignIn, tenant: Tenant
) -> None:
    other = factories.TenantFactory.create()
    asked = {"tenant": other.pk, "reason": "Why not"}
    assert (
        sign_in(support)
        .post(reverse("admin:tenants_partner_view_as", args=[tenant.partner_id]), asked)
        .status_code
        == 200
    )
    assert on_record() == []


def test_only_staff_who_may_see_partners_look(admin: User, sign_in: SignIn, tenant: Tenant) -> None:
    assert impersonate(sign_in(factories.UserFactory.create(staff=True)), tenant).status_code == 403
    assert impersonate(sign_in(admin), tenant).status_code == 302  # to the door of the back office
    assert on_record() == []


def test_staff_keep_their_own_rights_in_the_back_office_meanwhile(
    officer: User, sign_in: SignIn, tenant: Tenant
) -> None:
    office = sign_in(officer)
    impersonate(office, tenant)
    office.get(reverse("admin:tenants_partner_change", args=[tenant.partner_id]))
    assert office.post(reverse("admin:tenants_partner_add"), {}).status_code == 200
    assert Partner.objects.count() == 1


def test_the_account_menu_names_no_role_of_who_only_looks(
    looking: Client, partner: Partner
) -> None:
    page = looking.get(HOME).text
    menu = page[page.index('class="account-person"') : page.index('class="account-links"')]
    assert "Viewing as" in menu
    assert partner.name in menu
    assert "Account member" not in menu
