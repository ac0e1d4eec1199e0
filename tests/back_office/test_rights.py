"""Whose account the program team may change, and which rights they may give.

Never any beyond their own.
"""

from html import unescape

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from benefits_portal.tenants.models import (
    DirectoryUser,
    Partner,
    Record,
    Role,
    RoleAssignment,
    User,
)
from benefits_portal.tenants.staff_permissions import SUPPORT
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.properties import BEFORE_A_RELEASE

from .conftest import BECAUSE, filled, new_row, page

pytestmark = pytest.mark.django_db
STRONG = "a staple that no horse ever saw"
OTHERS = ["colleague", "superuser", "former staff", "in a group", "with a permission", "oneself"]


def account(kind: str, officer: User) -> User:
    """An account that is not for `officer`, no superuser, to change."""
    user = factories.UserFactory.create(
        is_staff=kind in ("colleague", "superuser"),
        is_superuser=kind in ("superuser", "former staff"),
    )
    if kind == "in a group":
        user.groups.add(Group.objects.get(name=SUPPORT))
    if kind == "with a permission":
        user.user_permissions.add(Permission.objects.get(codename="view_partner"))
    return officer if kind == "oneself" else user


def posts(client: Client, user: User) -> list[int]:
    """Every door to an account that changes something.

    Each with what would work for somebody without rights.
    """
    form = {
        "email": "taken@over.example",
        "name": "Renamed",
        "is_active": "on",
        "reason": "Why not",
        "language": "",
    }
    roles = {"role_assignments-TOTAL_FORMS": "0", "role_assignments-INITIAL_FORMS": "0"}
    password = {
        "password1": STRONG,
        "password2": STRONG,
        "usable_password": "true",
        "reason": "Why not",
    }
    change = page(User, "change", user.pk)
    doors = [
        (change, form | roles),
        (change.replace("change/", "password/"), password),
        (page(User, "delete", user.pk), {"post": "yes"}),
    ]
    return [client.post(address, sent).status_code for address, sent in doors]


@pytest.mark.parametrize("kind", OTHERS)
def test_program_staff_change_no_account_with_rights(
    officer: User, sign_in: SignIn, kind: str
) -> None:
    user, office = account(kind, officer), sign_in(officer)
    before = User.objects.filter(pk=user.pk).values().get()
    assert posts(office, user) == [403, 403, 403]
    assert User.objects.filter(pk=user.pk).values().get() == before
    assert not Record.objects.about(user).exists()


def test_program_staff_change_accounts_without_rights(officer: User, sign_in: SignIn) -> None:
    user = factories.UserFactory.create()
    assert posts(sign_in(officer), user) == [302, 302, 403]
    user.refresh_from_db()
    assert user.email == "taken@over.example"
    assert user.check_password(STRONG)


@pytest.mark.parametrize("kind", OTHERS)
def test_a_superuser_changes_accounts_with_rights(
    programme: User, officer: User, sign_in: SignIn, kind: str
) -> None:
    user = account(kind, officer)
    assert posts(sign_in(programme), user) == [302, 302, 403]
    user.refresh_from_db()
    assert user.email == "taken@over.example"
    assert user.check_password(STRONG)


def test_a_role_is_not_given_through_the_page_of_an_account_with_rights(
    officer: User, sign_in: SignIn
) -> None:
    user, partner = account("colleague", officer), factories.PartnerFactory.create()
    row = {"user": user.pk, "partner": partner.pk, "role": Role.GLOBAL_ADMIN.value}
    form = {
        "role_assignments-TOTAL_FORMS": "1",
        "role_assignments-INITIAL_FORMS": "0",
        "reason": "Why not",
    }
    form |= {f"role_assignments-0-{name}": str(value) for name, value in row.items()}
    assert sign_in(officer).post(page(User, "change", user.pk), form).status_code == 403
    assert not RoleAssignment.objects.exists()


ROWS = "role_assignments"
ONESELF = "You can't give yourself a role."
STAFF = "This person has rights in the back office, so only a superuser can change this."


def role_posts(client: Client, user: User) -> list[str]:
    """Give, change and take a role of `user`, each on both pages that can; what each said."""
    held = factories.RoleAssignmentFactory.create(
        user=user, partner=factories.PartnerFactory.create(), role=Role.MEMBER
    )
    factories.RoleAssignmentFactory.create(partner=held.partner, role=Role.GLOBAL_ADMIN)
    role = Role.GLOBAL_ADMIN.value
    new = {"user": user.pk, "partner": factories.PartnerFactory.create().pk, "role": role}
    another = {**new, "partner": factories.PartnerFactory.create().pk}
    taken = {"post": "yes"} | BECAUSE
    changed = {"user": user.pk, "partner": held.partner_id, "role": Role.PARTNER_ADMIN.value}
    change = page(RoleAssignment, "change", held.pk)
    partner = page(Partner, "change", held.partner_id)
    given_at = page(Partner, "change", another["partner"])
    rows = filled(client.get(partner))
    ids = {f"{ROWS}-0-id", f"{ROWS}-1-id"}
    name = next(name for name in ids if rows[name] == held.pk).removesuffix("id")
    answers = [
        client.post(page(RoleAssignment, "add"), new | BECAUSE),
        client.post(given_at, filled(client.get(given_at), **new_row(ROWS, 0, **another))),
        client.post(change, changed | BECAUSE),
        client.post(partner, rows | {f"{name}role": Role.GLOBAL_ADMIN.value}),
        client.post(page(RoleAssignment, "delete", held.pk), taken, follow=True),
        client.post(partner, rows | {f"{name}DELETE": "on"}),
    ]
    return [sentence_of(answer) or str(answer.status_code) for answer in answers]


def sentence_of(answer: ClientResponse) -> str:
    return next(
        (sentence for sentence in (ONESELF, STAFF) if sentence in unescape(answer.text)), ""
    )


@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in ("colleague", "oneself") else pytest.param(kind, marks=BEFORE_A_RELEASE)
        for kind in OTHERS
    ],
)
def test_program_staff_touch_no_role_of_an_account_with_rights(
    officer: User, sign_in: SignIn, kind: str
) -> None:
    user = account(kind, officer)
    gives, takes = (ONESELF, STAFF) if kind == "oneself" else (STAFF, STAFF)
    said = role_posts(sign_in(officer), user)
    assert said == [gives, gives, gives, gives, takes, takes]
    assert [held.role for held in RoleAssignment.objects.filter(user=user)] == [Role.MEMBER]


def test_program_staff_give_change_and_take_roles_of_others(officer: User, sign_in: SignIn) -> None:
    user = factories.UserFactory.create()
    assert role_posts(sign_in(officer), user)[:4] == ["302"] * 4
    assert RoleAssignment.objects.filter(user=user).count() == 2


def test_a_superuser_gives_roles_to_colleagues_and_none_to_oneself(
    programme: User, officer: User, sign_in: SignIn
) -> None:
    assert role_posts(sign_in(programme), officer)[:4] == ["302"] * 4
    assert role_posts(sign_in(programme), programme)[:4] == [ONESELF] * 4


def test_no_partner_reads_who_has_rights_in_the_back_office(officer: User, sign_in: SignIn) -> None:
    role_posts(sign_in(officer), account("colleague", officer))
    refused = Record.objects.filter(refused__in=["role-of-oneself", "roles-of-staff"])
    assert {record.partner for record in refused} == {None}


def test_program_staff_shut_out_no_colleague_by_the_directory(
    officer: User, sign_in: SignIn
) -> None:
    entry = factories.DirectoryUserFactory.create()
    colleague = factories.UserFactory.create(is_staff=True, directory_user=entry)
    action = {"action": "disable", "_selected_action": entry.pk}
    answer = sign_in(officer).post(page(DirectoryUser, "changelist"), action | BECAUSE, follow=True)
    entry.refresh_from_db()
    assert STAFF in answer.text
    assert entry.is_enabled
    assert colleague.is_active


def test_rights_sent_for_an_account_without_any_are_not_given(
    officer: User, sign_in: SignIn
) -> None:
    user, office = factories.UserFactory.create(), sign_in(officer)
    change = page(User, "change", user.pk)
    rights = {
        "is_staff": "on",
        "is_superuser": "on",
        "groups": [Group.objects.get(name=SUPPORT).pk],
        "name": "Renamed",
    }
    assert office.post(change, filled(office.get(change), **rights)).status_code == 302
    user.refresh_from_db()
    assert user.name == "Renamed"
    assert not user.has_office_rights


@pytest.mark.parametrize("verb", ["add", "change", "delete"])
def test_nobody_but_a_superuser_changes_a_group(officer: User, sign_in: SignIn, verb: str) -> None:
    """Whoever may change groups by a permission could give themselves every other one."""
    officer.user_permissions.add(
        *Permission.objects.filter(content_type__app_label="auth", content_type__model="group")
    )
    group = Group.objects.get(name=SUPPORT)
    permissions = set(group.permissions.all())
    office = sign_in(officer)
    assert office.get(page(Group, "change", group.pk)).status_code == 200, "it may be looked at"
    address = page(Group, verb, *([] if verb == "add" else [group.pk]))
    every = list(Permission.objects.values_list("pk", flat=True))
    assert (
        office.post(
            address, {"name": "Mine", "permissions": every, "post": "yes", "reason": "Why not"}
        ).status_code
        == 403
    )
    office.post(
        page(Group, "changelist"),
        {"action": "delete_selected", "_selected_action": group.pk, "post": "yes", "reason": "Why"},
    )
    assert set(Group.objects.get(name=SUPPORT).permissions.all()) == permissions
    assert not Group.objects.filter(name="Mine").exists()
