"""What people are called at a partner, and whose account, session and mail it is (rule P1).

Ann is a member at Contoso, where her account was opened; Fabrikam invited her as a guest under a
name of its own.
"""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed
from benefits_portal.benefits.models import ProductKey
from benefits_portal.tenants.exceptions import AccountClosed, PersonDisabled
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    How,
    Partner,
    Record,
    Role,
    RoleAssignment,
    Tenant,
    TenantsAction,
    User,
)
from tests import factories
from tests.back_office.conftest import filled, new_row

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.slow,
    pytest.mark.usefixtures("today"),
    pytest.mark.rule("P1"),
]
AT_CONTOSO, AT_FABRIKAM = "Ann Aardvark", "Guest Zebra"
NOT_IN_DIRECTORY = "a person who is not in your directory"


@dataclass
class Shared:
    """One person with a role at two partners, and the Global admin of the second."""

    ann: User
    contoso: Tenant
    fabrikam: Tenant
    guest: DirectoryUser
    held: RoleAssignment
    boss: User

    def as_guest(self) -> Client:
        client = Client()
        client.force_login(self.ann)
        client.post(reverse("tenants:switch"), {"place": self.fabrikam.pk})
        return client

    def as_boss(self) -> Client:
        client = Client()
        client.force_login(self.boss)
        return client

    @property
    def by(self) -> Actor:
        return Actor(self.ann, How.PORTAL)


@pytest.fixture
def shared() -> Shared:
    contoso, fabrikam = (
        factories.TenantFactory.create(
            name=name, is_primary=True, domain=f"{name.lower()}.example", partner__name=name
        )
        for name in ("Contoso", "Fabrikam")
    )
    email = "ann@contoso.example"
    entry = factories.DirectoryUserFactory.create(
        tenant=contoso, display_name=AT_CONTOSO, user_principal_name=email
    )
    guest = factories.DirectoryUserFactory.create(
        tenant=fabrikam, display_name=AT_FABRIKAM, user_principal_name=email, guest=True
    )
    ann = factories.UserFactory.create(name=AT_CONTOSO, email=email, directory_user=entry)
    factories.RoleAssignmentFactory.create(
        user=ann, partner=contoso.partner, role=Role.GLOBAL_ADMIN
    )
    held = factories.RoleAssignmentFactory.create(
        user=ann, partner=fabrikam.partner, role=Role.PARTNER_ADMIN
    )
    boss = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=fabrikam,
        user__directory_user__display_name="Boss",
        user__name="Boss",
        role=Role.GLOBAL_ADMIN,
    ).user
    return Shared(ann, contoso, fabrikam, guest, held, boss)


def pages_of(shared: Shared) -> dict[str, str]:
    """Every page of Fabrikam's that names who did something."""
    bulk = factories.BenefitFactory.create(partner=shared.fabrikam.partner, bulk=True)
    bulk.assign(factories.person_of(shared.boss), by=shared.by, on=factories.TODAY)
    redemption = factories.redeem(tenant=shared.fabrikam, by=shared.by)
    factories.TenantRequestFactory.create(partner=shared.fabrikam.partner, asked_by=shared.ann)
    Record.objects.log(
        TenantsAction.SIGNED_IN, by=shared.by, partner=shared.fabrikam.partner, subject=shared.ann
    )
    return {
        "roles": reverse("tenants:roles"),
        "roles as CSV": reverse("tenants:roles-csv"),
        "activity": reverse("tenants:activity"),
        "activity as CSV": reverse("tenants:activity-csv"),
        "person": reverse("tenants:user", args=[shared.guest.pk]),
        "change a role": reverse("tenants:change-role", args=[shared.held.pk]),
        "take a role": reverse("tenants:take-role", args=[shared.held.pk]),
        "tenants asked for": reverse("tenants:tenants"),
        "bulk credit": reverse("licensing:benefit-detail", args=[bulk.pk]),
        "redeemed benefit": reverse("licensing:benefit-detail", args=[redemption.key.benefit_id]),
        "benefit's history": reverse("licensing:benefit-history", args=[bulk.pk]),
        "subscription": reverse("licensing:subscription", args=[redemption.subscription_id]),
        "receipt": reverse("licensing:receipt", args=[redemption.pk]),
    }


def read(response: object) -> str:
    parts = response.streaming_content if response.streaming else [response.content]  # type: ignore[attr-defined]
    return b"".join(parts).decode()


def test_every_page_names_people_as_the_partners_own_directory_does(shared: Shared) -> None:
    boss = shared.as_boss()
    shown = {name: read(boss.get(address)) for name, address in pages_of(shared).items()}
    assert {
        name: (AT_FABRIKAM in text, AT_CONTOSO in text) for name, text in shown.items()
    } == dict.fromkeys(shown, (True, False))


def test_at_home_the_same_person_has_the_name_of_home(shared: Shared) -> None:
    Record.objects.log(
        TenantsAction.SIGNED_IN, by=shared.by, partner=shared.contoso.partner, subject=shared.ann
    )
    home = Client()
    home.force_login(shared.ann)
    page = home.get(reverse("tenants:activity")).text
    assert AT_CONTOSO in page
    assert AT_FABRIKAM not in page


def test_the_account_flyout_shows_the_name_of_where_one_acts(shared: Shared) -> None:
    page = shared.as_guest().get(reverse("home")).text
    assert AT_FABRIKAM in page
    assert AT_CONTOSO not in page


@pytest.mark.parametrize("page", ["tenants:activity", "tenants:add-user"])
def test_whom_to_ask_is_named_as_in_ones_own_directory(shared: Shared, page: str) -> None:
    shared.held.change_to(Role.GLOBAL_ADMIN, by=Actor())
    member = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=shared.fabrikam, role=Role.MEMBER
    ).user
    client = Client()
    client.force_login(member)
    text = client.get(reverse(page)).text
    assert AT_FABRIKAM in text
    assert AT_CONTOSO not in text


def test_a_key_is_said_to_be_redeemed_by_the_name_at_its_partner(shared: Shared) -> None:
    redemption = factories.redeem(tenant=shared.fabrikam, by=shared.by)
    refusal = KeyAlreadyRedeemed(ProductKey.objects.get(pk=redemption.key_id))
    assert str(refusal.message).endswith(f" by {AT_FABRIKAM}.")
    assert refusal.params["user"] == shared.ann.pk


@pytest.mark.parametrize(
    ("words", "found"), [("zebra", True), ("guest zebra", True), ("aardvark", False)]
)
def test_searches_look_at_the_names_that_are_shown(shared: Shared, words: str, found: bool) -> None:
    Record.objects.log(TenantsAction.PERSON_ADDED, by=shared.by, partner=shared.fabrikam.partner)
    boss = shared.as_boss()
    roles = [
        held for held, _ in boss.get(reverse("tenants:roles"), {"q": words}).context["holders"]
    ]
    lines = boss.get(reverse("tenants:activity"), {"person": words}).context["history"].lines
    assert ([held == shared.held for held in roles], len(lines)) == (
        ([True], 1) if found else ([], 0)
    )
    assert User.objects.filter(search_text__contains="aardvark").exists()


def test_roles_are_sorted_by_the_names_that_are_shown(shared: Shared) -> None:
    page = shared.as_boss().get(reverse("tenants:roles"), {"sort": "name"})
    shown = [person.display_name for _held, person in page.context["holders"]]
    assert shown == ["Boss", AT_FABRIKAM]


def test_staff_and_people_of_elsewhere_have_a_neutral_name(shared: Shared) -> None:
    staff = factories.UserFactory.create(staff=True, name="Stella Staff")
    stranger = factories.UserFactory.create(name="Walt Elsewhere")
    for user, how in ((staff, How.BACK_OFFICE), (stranger, How.PORTAL)):
        Record.objects.log(
            TenantsAction.PERSON_ADDED, by=Actor(user, how), partner=shared.fabrikam.partner
        )
    page = shared.as_boss().get(reverse("tenants:activity"))
    assert [line.who for line in page.context["history"].lines] == [
        NOT_IN_DIRECTORY.capitalize(),
        "The program team",
    ]
    assert "Stella" not in page.text
    assert "Walt" not in page.text


def test_a_holder_without_an_entry_is_no_name_of_another_partner(shared: Shared) -> None:
    factories.RoleAssignmentFactory.create(
        user__name="Walt Elsewhere", partner=shared.fabrikam.partner, role=Role.MEMBER
    )
    page = shared.as_boss().get(reverse("tenants:roles")).text
    assert NOT_IN_DIRECTORY in page
    assert "Walt" not in page


# Whose sign-in it is


def signed_in_at(shared: Shared) -> list[str]:
    shared.ann.set_password(factories.PASSWORD)
    shared.ann.save()
    answer = Client().post(
        reverse("tenants:sign-in"), {"username": shared.ann.email, "password": factories.PASSWORD}
    )
    assert answer.status_code == 302
    records = Record.objects.filter(action=TenantsAction.SIGNED_IN).select_related("partner")
    return sorted(record.partner.name if record.partner else "" for record in records)


def test_a_sign_in_is_on_record_at_each_partner_with_a_role(shared: Shared) -> None:
    assert signed_in_at(shared) == ["Contoso", "Fabrikam"]


def test_a_sign_in_is_not_on_record_at_a_home_without_a_role(shared: Shared) -> None:
    shared.ann.role_assignments.get(partner=shared.contoso.partner).delete()
    assert signed_in_at(shared) == ["Fabrikam"]


def test_a_sign_in_without_a_role_is_on_record_at_no_partner(shared: Shared) -> None:
    shared.ann.role_assignments.all().delete()
    assert signed_in_at(shared) == [""]


# Whose home it is


def test_a_partner_that_invites_a_guest_first_does_not_become_their_home(shared: Shared) -> None:
    guest = factories.DirectoryUserFactory.create(
        tenant=shared.fabrikam,
        guest=True,
        user_principal_name="max@contoso.example",
        display_name="Rude Name",
    )
    by = Actor(shared.boss, How.PORTAL)
    account = RoleAssignment.objects.give(guest, Role.MEMBER, by=by).user
    assert account.home_partner == shared.fabrikam.partner
    member = factories.DirectoryUserFactory.create(
        tenant=shared.contoso, user_principal_name="max@contoso.example", display_name="Max"
    )
    assert RoleAssignment.objects.give(member, Role.MEMBER, by=shared.by).user == account
    account.refresh_from_db()
    assert (account.home_partner, account.name) == (shared.contoso.partner, "Max")
    moved = Record.objects.get(action=TenantsAction.ACCOUNT_MOVED)
    assert (moved.partner, moved.before, moved.after) == (
        None,
        {"directory_user": guest.pk},
        {"directory_user": member.pk},
    )


def test_a_guest_entry_moves_no_members_account(shared: Shared) -> None:
    account = (
        RoleAssignment.objects.filter(user=shared.ann).get(partner=shared.contoso.partner).user
    )
    factories.DirectoryUserFactory.create(tenant=shared.fabrikam)
    shared.held.take(by=Actor())
    assert RoleAssignment.objects.give(shared.guest, Role.MEMBER, by=Actor()).user == account
    account.refresh_from_db()
    assert (account.home_partner, account.name) == (shared.contoso.partner, AT_CONTOSO)


# Whose session it is


@pytest.fixture
def visiting(shared: Shared) -> tuple[Client, User]:
    """Program staff who have a guest's entry at Fabrikam, signed in to the back office."""
    staff = factories.UserFactory.create(
        staff=True, is_superuser=True, email="staff@program.example"
    )
    factories.DirectoryUserFactory.create(
        tenant=shared.fabrikam, guest=True, user_principal_name=staff.email, display_name="Stella"
    )
    client = Client()
    client.force_login(staff)
    return client, staff


@pytest.mark.parametrize("end", ["take", "disable"])
def test_giving_and_taking_a_guest_role_ends_no_session_of_staff(
    shared: Shared, visiting: tuple[Client, User], end: str
) -> None:
    client, staff = visiting
    guest, by = (
        DirectoryUser.objects.get(user_principal_name=staff.email),
        Actor(shared.boss, How.PORTAL),
    )
    held = RoleAssignment.objects.give(guest, Role.MEMBER, by=by)
    assert held.user == staff
    held.take(by=by) if end == "take" else guest.disable(by=by)
    assert not staff.role_assignments.exists()
    assert client.get(reverse("admin:index")).status_code == 200


def test_staff_at_home_at_a_partner_keep_their_sessions_too(shared: Shared) -> None:
    held = factories.RoleAssignmentFactory.create(
        user__directory_user__tenant=shared.fabrikam, user__is_staff=True, role=Role.MEMBER
    )
    client = Client()
    client.force_login(held.user)
    held.take(by=Actor(shared.boss, How.PORTAL))
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_guests_last_role_ends_no_session_but_counts_at_once(shared: Shared) -> None:
    shared.ann.role_assignments.get(partner=shared.contoso.partner).delete()
    client = Client()
    client.force_login(shared.ann)
    assert client.get(reverse("tenants:roles")).status_code == 200
    shared.held.take(by=Actor(shared.boss, How.PORTAL))
    answer = client.get(reverse("tenants:roles"))
    assert answer.status_code == 403
    assert AT_FABRIKAM not in answer.text


# Whose refusal it is: what is wrong at one partner is not on record at another


def shut_out(shared: Shared, how: str) -> str:
    """Ann, whose home is Contoso, can no longer sign in; the name of the refusal that says so."""
    if how == "disabled at home":
        DirectoryUser.objects.filter(pk=factories.person_of(shared.ann).pk).update(
            disabled_at=factories.NOW
        )
        return "person-disabled"
    User.objects.filter(pk=shared.ann.pk).update(is_active=False)
    return "account-closed"


def refusals() -> list[tuple[str, str]]:
    """Each on record, with the partner that can read it."""
    records = Record.objects.exclude(refused="").select_related("partner")
    return [(record.refused, record.partner.name if record.partner else "") for record in records]


def give_by_verb(shared: Shared, partner: Partner) -> None:
    shared.ann.refresh_from_db()
    with pytest.raises((PersonDisabled, AccountClosed)):
        RoleAssignment.objects.give_account(shared.ann, partner, Role.MEMBER, by=Actor())


def office(shared: Shared) -> Client:
    client = Client()
    client.force_login(factories.UserFactory.create(staff=True, is_superuser=True))
    return client


def give_on_the_form(shared: Shared, partner: Partner) -> None:
    form = {
        "user": shared.ann.pk,
        "partner": partner.pk,
        "role": Role.MEMBER.value,
        "reason": "Asked for",
    }
    assert office(shared).post(reverse("admin:tenants_roleassignment_add"), form).status_code == 200


def give_at_the_partner(shared: Shared, partner: Partner) -> None:
    client, url = office(shared), reverse("admin:tenants_partner_change", args=[partner.pk])
    row = new_row(
        "role_assignments",
        partner.role_assignments.count(),
        user=shared.ann.pk,
        role=Role.MEMBER.value,
    )
    assert client.post(url, filled(client.get(url)) | row).status_code == 200


def give_to_the_person(shared: Shared, partner: Partner) -> None:
    client, url = office(shared), reverse("admin:tenants_user_change", args=[shared.ann.pk])
    row = new_row(
        "role_assignments",
        shared.ann.role_assignments.count(),
        partner=partner.pk,
        role=Role.MEMBER.value,
    )
    assert client.post(url, filled(client.get(url)) | row).status_code == 200


GIVING = [give_by_verb, give_on_the_form, give_at_the_partner, give_to_the_person]


@pytest.mark.parametrize("how", ["disabled at home", "account closed"])
@pytest.mark.parametrize("give", GIVING)
def test_why_somebody_cannot_sign_in_is_on_record_at_no_other_partner(
    shared: Shared, give: Callable[[Shared, Partner], None], how: str
) -> None:
    shared.held.delete()
    refused = shut_out(shared, how)
    give(shared, shared.fabrikam.partner)
    assert refusals() == [(refused, "")]
    activity = shared.as_boss().get(reverse("tenants:activity"))
    assert [line.refused for line in activity.context["history"].lines if line.refused] == []


@pytest.mark.parametrize("how", ["disabled at home", "account closed"])
def test_at_home_it_is_on_record(shared: Shared, how: str) -> None:
    shared.ann.role_assignments.get(partner=shared.contoso.partner).delete()
    refused = shut_out(shared, how)
    give_by_verb(shared, shared.contoso.partner)
    assert refusals() == [(refused, "Contoso")]


def test_whom_a_partner_disabled_itself_gets_no_role_there(shared: Shared) -> None:
    shared.held.delete()
    DirectoryUser.objects.filter(pk=shared.guest.pk).update(disabled_at=factories.NOW)
    give_by_verb(shared, shared.fabrikam.partner)
    assert refusals() == [("person-disabled", "Fabrikam")]


def test_what_a_partner_does_with_its_guest_touches_no_account(shared: Shared) -> None:
    """Disable, enable, take and give: the account, its name, its home and its sessions stay."""
    client, by = shared.as_guest(), Actor(shared.boss, How.PORTAL)
    before = User.objects.filter(pk=shared.ann.pk).values().get()
    shared.guest.disable(by=by)
    shared.guest.enable(by=by)
    held = RoleAssignment.objects.give(shared.guest, Role.MEMBER, by=by)
    held.change_to(Role.PARTNER_ADMIN, by=by)
    held.take(by=by)
    assert User.objects.filter(pk=shared.ann.pk).values().get() == before
    assert client.get(reverse("tenants:roles")).status_code == 200
    contoso = Record.objects.filter(partner=shared.contoso.partner)
    assert not contoso.exists()
