"""Accounts with roles from a file: partner, address, name, role (P1, P3, W2, W3)."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.test import Client

from benefits_portal.tenants import importing
from benefits_portal.tenants.exceptions import RoleOfOneself
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    How,
    Record,
    Role,
    RoleAssignment,
    TenantsAction,
    User,
)
from benefits_portal.tenants.role_imports import RoleImport
from tests import factories
from tests.clients import SignIn

from .conftest import page
from .test_csv import bring, confirm, export, outcomes, run, upload

ROLES = "mpn_id,user_principal_name,name,role\n"


@pytest.fixture
def kim(db: None) -> DirectoryUser:
    """Somebody in a directory who cannot sign in yet."""
    person: DirectoryUser = factories.DirectoryUserFactory.create(
        tenant__partner__mpn_id="1234",
        tenant__partner__name="Contoso",
        tenant__domain="contoso.example",
        user_principal_name="kim@contoso.example",
        display_name="Kim Vos",
    )
    return person


def reasons(text: str, by: Actor | None = None) -> list[str]:
    return [line.reason for line in RoleImport.of(ROLES + text, by=by).lines]


@pytest.mark.rule("P1", "A1")
def test_a_role_comes_with_an_account_without_a_password(
    office: Client, kim: DirectoryUser, programme: User
) -> None:
    shown = upload(
        office, RoleAssignment, ROLES + "1234,KIM@contoso.example,Kim Vos,Global admin\n"
    )
    [line] = shown.context["asked"].lines
    assert (line.outcome, line.text, line.changes) == (
        "new",
        "1234 · kim@contoso.example · Kim Vos, with a new account",
        [("role", "", "Global admin")],
    )
    assert User.objects.filter(directory_user=kim).count() == 0
    assert confirm(office, RoleAssignment, shown).status_code == 302
    held = RoleAssignment.objects.get()
    assert (held.user.directory_user, held.user.name, held.role, held.partner) == (
        kim,
        "Kim Vos",
        Role.GLOBAL_ADMIN,
        kim.tenant.partner,
    )
    assert not held.user.has_usable_password()
    record = Record.objects.get(action=TenantsAction.ROLE_GIVEN)
    assert (record.actor, record.how, record.reason, record.subject, record.after) == (
        programme,
        How.BACK_OFFICE,
        "From the yearly list",
        kim,
        {"role": "global-admin"},
    )


@pytest.mark.rule("A1")
def test_no_name_and_no_address_of_a_line_goes_on_record(
    office: Client, kim: DirectoryUser
) -> None:
    bring(office, RoleAssignment, ROLES + "1234,kim@contoso.example,Kim Vos,member\n")
    kept = str(list(Record.objects.values_list("before", "after", "params", "reason")))
    assert "member" in kept
    assert [word for word in ("kim", "vos") if word in kept.lower()] == []


@pytest.mark.rule("W11")
def test_roles_confirmed_twice_are_given_once(office: Client, kim: DirectoryUser) -> None:
    shown = upload(office, RoleAssignment, ROLES + "1234,kim@contoso.example,,member\n")
    confirm(office, RoleAssignment, shown)
    again = confirm(office, RoleAssignment, shown)
    assert (outcomes(again), RoleAssignment.objects.count()) == ([(2, "same")], 1)
    assert Record.objects.filter(action=TenantsAction.ROLE_GIVEN).count() == 1


def test_who_has_an_account_keeps_it(office: Client, kim: DirectoryUser) -> None:
    account = factories.UserFactory.create(directory_user=kim, email="kim@contoso.example")
    shown = upload(office, RoleAssignment, ROLES + "1234,kim@contoso.example,kim vos,member\n")
    assert shown.context["asked"].lines[0].text == "1234 · kim@contoso.example · Kim Vos"
    confirm(office, RoleAssignment, shown)
    assert RoleAssignment.objects.get().user == account


@pytest.mark.rule("W3")
def test_a_guest_is_found_by_the_directory_s_own_name(office: Client, kim: DirectoryUser) -> None:
    guest = factories.DirectoryUserFactory.create(
        tenant=kim.tenant, user_principal_name="lou@fabrikam.example", kind="guest"
    )
    name = "lou_fabrikam.example#EXT#@contoso.example"
    assert bring(office, RoleAssignment, ROLES + f"1234,{name},,member\n") == [(2, "new")]
    assert RoleAssignment.objects.get().user.directory_user == guest


@pytest.mark.rule("W3")
@pytest.mark.parametrize(
    "tenant",
    ["fabrikam.example", "other.example", "second.example"],
    ids=["no tenant", "another partner", "a member"],
)
def test_a_guest_s_own_name_means_that_tenant_s_guest_alone(
    office: Client, kim: DirectoryUser, tenant: str
) -> None:
    other = factories.TenantFactory.create(domain="other.example")
    second = factories.TenantFactory.create(
        partner=kim.tenant.partner, domain="second.example", color="purple"
    )
    for there, kind in ((kim.tenant, "guest"), (other, "guest"), (second, "member")):
        factories.DirectoryUserFactory.create(
            tenant=there, user_principal_name="lou@second.example", kind=kind
        )
    line = "1234,lou_second.example#EXT#@{},,member\n"
    shown = upload(office, RoleAssignment, ROLES + line.format(tenant))
    assert outcomes(shown) == [(2, "refused")]
    right = line.format("CONTOSO.example").replace("#EXT#", "#ext#")
    assert bring(office, RoleAssignment, ROLES + right) == [(2, "new")]
    assert RoleAssignment.objects.get().user.directory_user.tenant == kim.tenant


NOBODY = (
    "user_principal_name: This partner's directory has no one with this address. Import "
    "directory users first."
)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("9999,kim@contoso.example,,member", "mpn_id: There is no partner with this MPN ID."),
        ("1234,lou@contoso.example,Lou,member", NOBODY),
        ("1234,elsewhere@fabrikam.example,,member", NOBODY),
        ("1234,no address,,member", NOBODY),
        (
            "1234,kim@contoso.example,Lou,member",
            "name: In the directory this person is called Kim Vos. Check the address.",
        ),
        (
            "1234,kim@contoso.example,,owner",
            "role: Write one of global-admin, partner-admin, member.",
        ),
        (
            "1234,disabled@contoso.example,,member",
            "user_principal_name: Disabled in the directory. Enable the user entry first, or "
            "choose someone else.",
        ),
        (
            "1234,closed@contoso.example,,member",
            "user_principal_name: The account of this person at the portal is closed. The "
            "program team can open it again.",
        ),
        (
            "1234,held@contoso.example,,global-admin",
            "role: Holds the role Account member already. A person has one role at a partner. "
            "Change it in the list of roles.",
        ),
        ("1234,held@contoso.example,,member", ""),
        (
            "1234,nobody@contoso.example,,owner",
            f"{NOBODY} role: Write one of global-admin, partner-admin, member.",
        ),
    ],
)
def test_a_role_that_cannot_be_given_is_refused_in_words(
    kim: DirectoryUser, line: str, reason: str
) -> None:
    def person(name: str, **facts: object) -> DirectoryUser:
        made: DirectoryUser = factories.DirectoryUserFactory.create(
            tenant=kim.tenant, user_principal_name=f"{name}@contoso.example", **facts
        )
        return made

    factories.DirectoryUserFactory.create(user_principal_name="elsewhere@fabrikam.example")
    person("disabled", disabled=True)
    factories.UserFactory.create(directory_user=person("closed"), is_active=False)
    RoleAssignment.objects.give(person("held"), Role.MEMBER, by=Actor())
    assert reasons(line + "\n") == [reason]


@pytest.mark.rule("P3")
def test_staff_give_no_role_to_themselves_or_to_staff_by_a_file(
    kim: DirectoryUser, officer: User, sign_in: SignIn
) -> None:
    staff = factories.UserFactory.create(staff=True)
    for user in (officer, staff):
        factories.DirectoryUserFactory.create(
            tenant=kim.tenant, user_principal_name=user.email, kind="guest"
        )
    text = f"1234,{officer.email},,member\n1234,{staff.email},,member\n"
    shown = upload(sign_in(officer), RoleAssignment, ROLES + text)
    assert [line.reason.split(". ")[0] for line in shown.context["asked"].lines] == [
        "user_principal_name: You can't give yourself a role",
        "user_principal_name: This person has rights in the back office, so only a superuser can "
        "change this",
    ]


@pytest.mark.rule("P3")
def test_the_verb_for_a_directory_entry_refuses_staff_themselves(
    kim: DirectoryUser, officer: User
) -> None:
    entry = factories.DirectoryUserFactory.create(
        tenant=kim.tenant, user_principal_name=officer.email, kind="guest"
    )
    with pytest.raises(RoleOfOneself):
        RoleAssignment.objects.give(
            entry, Role.GLOBAL_ADMIN, by=Actor(officer, How.BACK_OFFICE, "Why not")
        )
    assert RoleAssignment.objects.count() == 0


def test_two_addresses_of_one_account_are_one_role(kim: DirectoryUser) -> None:
    account = factories.UserFactory.create(directory_user=kim, email="kim@elsewhere.example")
    factories.DirectoryUserFactory.create(
        tenant=kim.tenant, user_principal_name=account.email, kind="guest"
    )
    text = "1234,kim@contoso.example,,member\n1234,kim@elsewhere.example,,partner-admin\n"
    assert [reason.partition(" already")[0] for reason in reasons(text)] == [
        "",
        "role: Holds the role Account member",
    ]


@pytest.mark.parametrize("language", ["en", "nl"])
def test_roles_that_were_taken_along_are_unchanged(
    office: Client, kim: DirectoryUser, language: str
) -> None:
    RoleAssignment.objects.give(kim, Role.MEMBER, by=Actor())
    account = factories.UserFactory.create(name="=1+1")  # at home elsewhere, in no directory here
    factories.RoleAssignmentFactory.create(user=account, partner=kim.tenant.partner)
    text = export(office, RoleAssignment, **{"accept-language": language})
    before = list(RoleAssignment.objects.values())
    assert bring(office, RoleAssignment, text) == [(2, "same"), (3, "same")]
    assert list(RoleAssignment.objects.values()) == before


def test_refusals_of_roles_are_told_in_dutch(
    kim: DirectoryUser, programme: User, sign_in: SignIn
) -> None:
    office = sign_in(programme)
    office.cookies["django_language"] = "nl"
    shown = upload(office, RoleAssignment, ROLES + "1234,kim@contoso.example,Lou,member\n")
    assert shown.context["asked"].lines[0].reason == (
        "name: In de directory heet deze persoon Kim Vos. Controleer het adres."
    )


def test_the_command_gives_roles_in_batches_all_or_none(
    kim: DirectoryUser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    text = ROLES + "1234,kim@contoso.example,,member\n1234,lou@contoso.example,,member\n"
    with pytest.raises(CommandError, match=r"2 lines: New 1, Refused 1\. Nothing was changed"):
        run(tmp_path, "roles", text)
    assert (RoleAssignment.objects.count(), User.objects.filter(directory_user=kim).count()) == (
        0,
        0,
    )
    factories.DirectoryUserFactory.create(
        tenant=kim.tenant, user_principal_name="lou@contoso.example"
    )
    assert "2 lines: New 2. Done." in run(tmp_path, "roles", text, "--reason", "Yearly")
    assert RoleAssignment.objects.count() == 2


def test_roles_have_a_file_with_their_columns(office: Client) -> None:
    answer = office.get(page(RoleAssignment, "import"), {"template": "csv"})
    text = answer.getvalue().decode().removeprefix("\ufeff").strip()
    assert text.replace('"', "").splitlines() == [
        ROLES.strip(),
        "1234567,kim@wingtiptoys.onmicrosoft.com,Kim Vos,partner-admin",
    ]
