"""Who is in the directory, and who holds which role (U1, A1; a partner keeps a Global admin)."""

from typing import Any

from benefits_portal.tenants.exceptions import (
    AccountClosed,
    AlreadyDisabled,
    AlreadyEnabled,
    AlreadyInDirectory,
    EmailOutsideTenant,
    GuestFromInside,
    LastGlobalAdmin,
    NameOfGuest,
    PersonDisabled,
    RoleAlreadyHeld,
    RoleGone,
    RoleOfOneself,
    RolesOfStaff,
)
from benefits_portal.tenants.models import Actor, DirectoryUser, Role, RoleAssignment, User
from benefits_portal.tenants.staff_permissions import PROGRAM
from tests import factories
from tests.back_office.conftest import new_row, page
from tests.partner_fixture import PartnerFixture

from .enrolling import import_command, import_page
from .operations import Arguments, Driver, Operation, by_verb

ADD, DISABLE, ENABLE = (
    Operation("add to the directory"),
    Operation("disable a user entry"),
    Operation("enable a user entry"),
)
GIVE, CHANGE, LEAVE = (
    Operation("give a role"),
    Operation("change or take a role"),
    Operation("close an account"),
)
IMPORTS = {"office tenants_directoryuser_import", "command import_csv, people"}


@ADD.entry_point("page tenants:add-user")
def add_on_the_page(driver: Driver, **sent: Any) -> str:
    return driver.portal(
        "tenants:add-user", tenant=driver.world.sample.tenant.pk, **{"name": "Lou"} | sent
    )


@ADD.entry_point("form tenants.directoryuser")
def add_on_the_form(driver: Driver, address: str, kind: str, name: str = "Lou") -> str:
    facts = {"display_name": name, "user_principal_name": address, "kind": kind}
    return driver.office(DirectoryUser, "add", tenant=driver.world.sample.tenant.pk, **facts)


def line(driver: Driver, address: str, kind: str, name: str = "Lou") -> str:
    domain = driver.world.sample.tenant.domain
    return f'tenant,user_principal_name,name,kind\n{domain},{address},"{name}",{kind}\n'


@ADD.entry_point("office tenants_directoryuser_import")
def add_by_import(driver: Driver, **facts: Any) -> str:
    return import_page(driver, DirectoryUser, line(driver, **facts))


@ADD.entry_point("command import_csv, people")
def add_by_command(driver: Driver, **facts: Any) -> str:
    return import_command(driver, "people", line(driver, **facts))


@ADD.entry_point("verb DirectoryUserQuerySet.add_to")
def add_by_verb(driver: Driver, address: str, kind: str, name: str = "Lou") -> str:
    return by_verb(
        lambda: DirectoryUser.objects.add_to(
            driver.world.sample.tenant, name, address, kind=kind, by=driver.by
        )
    )


@DISABLE.entry_point("page tenants:disable-user")
def disable_on_the_page(driver: Driver, person: DirectoryUser) -> str:
    return driver.portal("tenants:disable-user", person.pk)


@DISABLE.entry_point("action tenants.directoryuser disable")
def disable_from_the_list(driver: Driver, person: DirectoryUser) -> str:
    return driver.action("disable", person)


@DISABLE.entry_point("office tenants_directoryuser_disable, opened")
def open_disable_of_person(driver: Driver, person: DirectoryUser) -> str:
    return driver.look("programme", page(DirectoryUser, "disable", person.pk))


@DISABLE.entry_point("office tenants_directoryuser_disable")
def disable_on_page_of_person(driver: Driver, person: DirectoryUser) -> str:
    return driver.office(DirectoryUser, "disable", person.pk)


@DISABLE.entry_point("verb DirectoryUser.disable")
def disable(driver: Driver, person: DirectoryUser) -> str:
    return by_verb(lambda: person.disable(by=driver.by))


@ENABLE.entry_point("page tenants:enable-user")
def enable_on_the_page(driver: Driver, person: DirectoryUser) -> str:
    return driver.portal("tenants:enable-user", person.pk)


@ENABLE.entry_point("action tenants.directoryuser enable")
def enable_from_the_list(driver: Driver, person: DirectoryUser) -> str:
    return driver.action("enable", person)


@ENABLE.entry_point("office tenants_directoryuser_enable, opened")
def open_enable_of_person(driver: Driver, person: DirectoryUser) -> str:
    return driver.look("programme", page(DirectoryUser, "enable", person.pk))


@ENABLE.entry_point("office tenants_directoryuser_enable")
def enable_on_page_of_person(driver: Driver, person: DirectoryUser) -> str:
    return driver.office(DirectoryUser, "enable", person.pk)


@ENABLE.entry_point("verb DirectoryUser.enable")
def enable(driver: Driver, person: DirectoryUser) -> str:
    return by_verb(lambda: person.enable(by=driver.by))


GIVE_IMPORT, GIVE_COMMAND = "office tenants_roleassignment_import", "command import_csv, roles"
GIVE_FORM = "form tenants.roleassignment"
GIVE_AT_PARTNER, GIVE_TO_PERSON = (
    "row tenants.partner RoleAssignment",
    "row tenants.user RoleAssignment",
)


@GIVE.entry_point("page tenants:give-role")
def give_on_the_page(driver: Driver, user: User) -> str:
    return driver.portal("tenants:give-role", person=user.directory_user_id, role=Role.MEMBER.value)


@GIVE.entry_point(GIVE_FORM)
def give_on_the_form(driver: Driver, user: User) -> str:
    return driver.office(
        RoleAssignment,
        "add",
        user=user.pk,
        partner=driver.world.sample.partner.pk,
        role=Role.MEMBER.value,
    )


@GIVE.entry_point(GIVE_AT_PARTNER)
def give_on_the_partner_s_form(driver: Driver, user: User) -> str:
    partner = driver.world.sample.partner
    return driver.form(
        partner,
        **new_row(
            "role_assignments",
            partner.role_assignments.count(),
            user=user.pk,
            role=Role.MEMBER.value,
        ),
    )


@GIVE.entry_point(GIVE_TO_PERSON)
def give_on_the_person_s_form(driver: Driver, user: User) -> str:
    row = new_row(
        "role_assignments",
        user.role_assignments.count(),
        partner=driver.world.sample.partner.pk,
        role=Role.MEMBER.value,
    )
    return driver.form(user, **row)


def line_of_role(driver: Driver, user: User) -> str:
    partner, person = driver.world.sample.partner, user.directory_user
    is_at_home = person is not None and person.tenant.partner_id == partner.pk
    email = person.user_principal_name if person and is_at_home else user.email
    return f"mpn_id,user_principal_name,name,role\n{partner.mpn_id},{email},,member\n"


@GIVE.entry_point(GIVE_IMPORT)
def give_by_import(driver: Driver, user: User) -> str:
    return import_page(driver, RoleAssignment, line_of_role(driver, user))


@GIVE.entry_point(GIVE_COMMAND)
def give_by_import_command(driver: Driver, user: User) -> str:
    return import_command(driver, "roles", line_of_role(driver, user))


@GIVE.entry_point("verb RoleAssignmentQuerySet.give")
def give(driver: Driver, user: User) -> str:
    return by_verb(
        lambda: RoleAssignment.objects.give(factories.person_of(user), Role.MEMBER, by=driver.by)
    )


@GIVE.entry_point("verb RoleAssignmentQuerySet.give_account")
def give_account(driver: Driver, user: User) -> str:
    return by_verb(
        lambda: RoleAssignment.objects.give_account(
            user, driver.world.sample.partner, Role.MEMBER, by=driver.by
        )
    )


@CHANGE.entry_point("page tenants:change-role")
def change_on_the_page(driver: Driver, held: RoleAssignment) -> str:
    return driver.portal("tenants:change-role", held.pk, role=Role.PARTNER_ADMIN.value)


@CHANGE.entry_point("page tenants:take-role")
def take_on_the_page(driver: Driver, held: RoleAssignment) -> str:
    return driver.portal("tenants:take-role", held.pk)


@CHANGE.entry_point("form tenants.roleassignment, changed")
def change_on_the_form(driver: Driver, held: RoleAssignment) -> str:
    return driver.form(held, role=Role.PARTNER_ADMIN.value)


@CHANGE.entry_point("form tenants.roleassignment, deleted")
def take_on_the_form(driver: Driver, held: RoleAssignment) -> str:
    return driver.office(RoleAssignment, "delete", held.pk, post="yes")


@CHANGE.entry_point("row tenants.partner RoleAssignment, changed")
def change_on_the_partner_s_form(driver: Driver, held: RoleAssignment) -> str:
    number = list(held.partner.role_assignments.values_list("pk", flat=True)).index(held.pk)
    return driver.form(
        held.partner, **{f"role_assignments-{number}-role": Role.PARTNER_ADMIN.value}
    )


@CHANGE.entry_point("row tenants.user RoleAssignment, deleted")
def take_on_the_person_s_form(driver: Driver, held: RoleAssignment) -> str:
    return driver.form(held.user, **{"role_assignments-0-DELETE": "on"})


@CHANGE.entry_point("verb RoleAssignment.change_to")
def change(driver: Driver, held: RoleAssignment) -> str:
    return by_verb(lambda: held.change_to(Role.PARTNER_ADMIN, by=driver.by))


@CHANGE.entry_point("verb RoleAssignment.take")
def take(driver: Driver, held: RoleAssignment) -> str:
    return by_verb(lambda: held.take(by=driver.by))


@LEAVE.entry_point("form tenants.user")
def close_on_the_form(driver: Driver, user: User) -> str:
    return driver.form(user, is_active=None)


@LEAVE.entry_point("verb User.check_can_leave")
def close(driver: Driver, user: User) -> str:
    return by_verb(user.check_can_leave)


@ADD.refused("U1", EmailOutsideTenant)
def a_member_from_elsewhere(sample: PartnerFixture) -> Arguments:
    return {"address": "lou@outside.example", "kind": "member"}


@ADD.refused("U1", GuestFromInside)
def a_guest_from_inside(sample: PartnerFixture) -> Arguments:
    return {"address": f"lou@{sample.tenant.domain}", "kind": "guest"}


@ADD.refused("U1", NameOfGuest)
def a_directorys_own_name_for_a_guest_as_a_member(sample: PartnerFixture) -> Arguments:
    return {"address": f"lou_outside.example#EXT#@{sample.tenant.domain}", "kind": "member"}


NOT_BY_IMPORT = dict.fromkeys(IMPORTS, "changes the name of who is there")
ON_THE_FORM = {"form tenants.directoryuser": "This tenant already has a user with this address."}


@ADD.refused("U1", AlreadyInDirectory, not_at=NOT_BY_IMPORT, other_messages=ON_THE_FORM)
def somebody_who_is_there(sample: PartnerFixture) -> Arguments:
    return {"address": sample.person.user_principal_name, "kind": "member"}


@ADD.refused("W2", AlreadyInDirectory, not_at=NOT_BY_IMPORT, other_messages=ON_THE_FORM)
def somebody_who_is_there_in_another_spelling(sample: PartnerFixture) -> Arguments:
    name, _at, domain = sample.person.user_principal_name.partition("@")
    return {"address": f"<{name.upper()}\u200b\uff20{domain}>", "kind": "member"}


@ADD.refused("W3", AlreadyInDirectory, not_at=NOT_BY_IMPORT, other_messages=ON_THE_FORM)
def a_guest_who_is_there_by_the_directory_s_own_name(sample: PartnerFixture) -> Arguments:
    factories.DirectoryUserFactory.create(
        tenant=sample.tenant, user_principal_name="lou@outside.example", kind="guest"
    )
    return {"address": f"lou_outside.example#EXT#@{sample.tenant.domain}", "kind": "guest"}


PAST_FORMS = {"verb DirectoryUserQuerySet.add_to": "tidies what comes past a form"}


@ADD.refused("W1", "Write this on one line.", not_at=PAST_FORMS)
def a_name_of_two_lines(sample: PartnerFixture) -> Arguments:
    return {"address": f"lou@{sample.tenant.domain}", "kind": "member", "name": "Lou\nGlobal admin"}


@ADD.refused("W1", "Enter the person's name.", not_at=PAST_FORMS)
def a_name_that_nobody_sees(sample: PartnerFixture) -> Arguments:
    return {"address": f"lou@{sample.tenant.domain}", "kind": "member", "name": "\u3164"}


@ADD.refused(
    "W8",
    "Line 2 has 5 cells, not 4.",
    not_at=dict.fromkeys(ADD.entry_points.keys() - IMPORTS, "reads no file"),
)
def a_line_with_a_cell_too_many(sample: PartnerFixture) -> Arguments:
    return {"address": f"lou@{sample.tenant.domain},lou@elsewhere.example", "kind": "member"}


def colleague(sample: PartnerFixture) -> Actor:
    """Somebody else of the same partner, who may do what the one may who tries it again."""
    user = factories.UserFactory.create(directory_user__tenant=sample.tenant)
    factories.RoleAssignmentFactory.create(
        user=user, partner=sample.partner, role=Role.GLOBAL_ADMIN
    )
    return Actor(user)


@DISABLE.refused("A1", LastGlobalAdmin)
def the_last_global_admin(sample: PartnerFixture) -> Arguments:
    return {"person": sample.boss.directory_user}


@DISABLE.refused("A1", AlreadyDisabled)
def who_is_disabled(sample: PartnerFixture) -> Arguments:
    return {"person": sample.disabled}


@DISABLE.refused("W11", AlreadyDisabled)
def whom_a_colleague_disabled_a_moment_ago(sample: PartnerFixture) -> Arguments:
    sample.person.disable(by=colleague(sample))
    return {"person": sample.person}


@ENABLE.refused("W11", AlreadyEnabled)
def whom_a_colleague_enabled_a_moment_ago(sample: PartnerFixture) -> Arguments:
    sample.disabled.enable(by=colleague(sample))
    return {"person": sample.disabled}


@ENABLE.refused("A1", AlreadyEnabled)
def who_is_enabled(sample: PartnerFixture) -> Arguments:
    return {"person": sample.person}


BESIDE_IT = "This person already holds a role at this partner."  # whose row is on the same page


@GIVE.refused(
    "P3",
    RoleAlreadyHeld,
    not_at=dict.fromkeys([GIVE_IMPORT, GIVE_COMMAND], "leaves what is there as it is"),
    other_messages=dict.fromkeys([GIVE_AT_PARTNER, GIVE_TO_PERSON], BESIDE_IT),
)
def to_whoever_holds_one(sample: PartnerFixture) -> Arguments:
    return {"user": sample.member}


@GIVE.refused("P3", PersonDisabled)
def to_somebody_who_is_disabled(sample: PartnerFixture) -> Arguments:
    return {"user": factories.UserFactory.create(directory_user=sample.disabled)}


@GIVE.refused("P3", AccountClosed)
def to_a_closed_account(sample: PartnerFixture) -> Arguments:
    return {"user": factories.UserFactory.create(directory_user=sample.person, is_active=False)}


def not_in_the_office(operation: Operation) -> dict[str, str]:
    """Where a partner's own Global admin decides, or staff have no page to decide on."""
    return {
        name: "staff alone are asked, where they have a page of it"
        for name in operation.entry_points
        if name.partition(" ")[0] in {"command", "page", "verb"}
        or name.startswith("row tenants.user ")
    }


def staff_member(**fields: Any) -> User:
    return factories.UserFactory.create(is_staff=True, **fields)


@GIVE.refused("P3", RolesOfStaff, not_at=not_in_the_office(GIVE))
def to_a_staff_member(sample: PartnerFixture) -> Arguments:
    user = staff_member()
    as_a_guest(sample, user)
    return {"user": user}


def as_a_guest(sample: PartnerFixture, user: User) -> None:
    factories.DirectoryUserFactory.create(
        tenant=sample.tenant, user_principal_name=user.email, kind="guest"
    )


@GIVE.refused("P3", RoleOfOneself, not_at=not_in_the_office(GIVE))
def to_oneself(sample: PartnerFixture) -> Arguments:
    user = User.objects.get(groups__name=PROGRAM)
    as_a_guest(sample, user)
    return {"user": user}


@CHANGE.refused("P3", RolesOfStaff, not_at=not_in_the_office(CHANGE))
def a_staff_member_s(sample: PartnerFixture) -> Arguments:
    held = factories.RoleAssignmentFactory.create(
        user=staff_member(), partner=sample.partner, role=Role.MEMBER
    )
    return {"held": held}


@DISABLE.refused("P3", RolesOfStaff, not_at=not_in_the_office(DISABLE))
def a_staff_member_s_entry(sample: PartnerFixture) -> Arguments:
    person = factories.DirectoryUserFactory.create(tenant=sample.tenant)
    staff_member(directory_user=person)
    return {"person": person}


@CHANGE.refused("A1", LastGlobalAdmin)
def the_last_global_admin_s(sample: PartnerFixture) -> Arguments:
    return {"held": sample.boss.role_assignments.select_related("partner", "user").get()}


CHOSEN_ANEW = dict.fromkeys(
    [entry_point for entry_point in CHANGE.entry_points if not entry_point.startswith("verb ")],
    "reads the role anew",
)


@CHANGE.refused("P3", RoleGone, not_at=CHOSEN_ANEW)
def one_changed_meanwhile(sample: PartnerFixture) -> Arguments:
    held = sample.member.role_assignments.select_related("partner", "user").get()
    RoleAssignment.objects.filter(pk=held.pk).update(role=Role.PARTNER_ADMIN)
    return {"held": held}


@LEAVE.refused("A1", LastGlobalAdmin)
def of_the_last_global_admin(sample: PartnerFixture) -> Arguments:
    return {"user": sample.boss}
