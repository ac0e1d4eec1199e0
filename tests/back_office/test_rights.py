"""Whose account the program's staff may change, and which rights they may give.

Never any beyond their own.
"""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from benefits_portal.tenants.models import Record, Role, RoleAssignment, User
from benefits_portal.tenants.staff import SUPPORT
from tests import factories
from tests.clients import SignIn

from .conftest import filled, page

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
    assert (user.email, user.check_password(STRONG)) == ("taken@over.example", True)


@pytest.mark.parametrize("kind", OTHERS)
def test_a_superuser_changes_accounts_with_rights(
    programme: User, officer: User, sign_in: SignIn, kind: str
) -> None:
    user = account(kind, officer)
    assert posts(sign_in(programme), user) == [302, 302, 403]
    user.refresh_from_db()
    assert (user.email, user.check_password(STRONG)) == ("taken@over.example", True)


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
    assert (user.name, user.has_office_rights) == ("Renamed", False)


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
    assert (
        set(Group.objects.get(name=SUPPORT).permissions.all()),
        Group.objects.filter(name="Mine").exists(),
    ) == (permissions, False)
