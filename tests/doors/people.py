"""Who is in the directory, and who holds which role (U1, A1; a partner keeps a Global admin)."""

from typing import Any

from benefits_portal.tenants.exceptions import (
    AccountClosed,
    AddressOutsideTenant,
    AlreadyDisabled,
    AlreadyEnabled,
    AlreadyInDirectory,
    GuestFromInside,
    LastGlobalAdmin,
    NameOfGuest,
    PersonDisabled,
    RoleAlreadyHeld,
    RoleGone,
)
from benefits_portal.tenants.models import Actor, DirectoryUser, Role, RoleAssignment, User
from tests import factories
from tests.back_office.conftest import new_row
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb
from .enrolling import import_command, import_page

ADD, DISABLE, ENABLE = (
    Deed("add to the directory"),
    Deed("disable a user entry"),
    Deed("enable a user entry"),
)
GIVE, CHANGE, LEAVE = Deed("give a role"), Deed("change or take a role"), Deed("close an account")
IMPORTS = {"office tenants_directoryuser_import", "command import_csv, people"}


@ADD.door("page tenants:add-user")
def add_on_the_page(hand: Hand, **sent: Any):
    return hand.portal(
        "tenants:add-user", tenant=hand.world.place.tenant.pk, **{"name": "Lou"} | sent
    )


@ADD.door("form tenants.directoryuser")
def add_on_the_form(hand: Hand, address: str, kind: str, name: str = "Lou"):
    facts = {"display_name": name, "user_principal_name": address, "kind": kind}
    return hand.office(DirectoryUser, "add", tenant=hand.world.place.tenant.pk, **facts)


def line(hand: Hand, address: str, kind: str, name: str = "Lou") -> str:
    domain = hand.world.place.tenant.domain
    return f'tenant,user_principal_name,name,kind\n{domain},{address},"{name}",{kind}\n'


@ADD.door("office tenants_directoryuser_import")
def add_by_import(hand: Hand, **facts: Any):
    return import_page(hand, DirectoryUser, line(hand, **facts))


@ADD.door("command import_csv, people")
def add_by_command(hand: Hand, **facts: Any):
    return import_command(hand, "people", line(hand, **facts))


@ADD.door("verb DirectoryUserQuerySet.add_to")
def add_by_verb(hand: Hand, address: str, kind: str, name: str = "Lou"):
    return by_verb(
        lambda: DirectoryUser.objects.add_to(
            hand.world.place.tenant, name, address, kind=kind, by=hand.by
        )
    )


@DISABLE.door("page tenants:disable-user")
def disable_on_the_page(hand: Hand, person: DirectoryUser):
    return hand.portal("tenants:disable-user", person.pk)


@DISABLE.door("action tenants.directoryuser disable")
def disable_from_the_list(hand: Hand, person: DirectoryUser):
    return hand.action("disable", person)


@DISABLE.door("verb DirectoryUser.disable")
def disable(hand: Hand, person: DirectoryUser):
    return by_verb(lambda: person.disable(by=hand.by))


@ENABLE.door("page tenants:enable-user")
def enable_on_the_page(hand: Hand, person: DirectoryUser):
    return hand.portal("tenants:enable-user", person.pk)


@ENABLE.door("action tenants.directoryuser enable")
def enable_from_the_list(hand: Hand, person: DirectoryUser):
    return hand.action("enable", person)


@ENABLE.door("verb DirectoryUser.enable")
def enable(hand: Hand, person: DirectoryUser):
    return by_verb(lambda: person.enable(by=hand.by))


GIVE_FORM = "form tenants.roleassignment"
GIVE_AT_PARTNER, GIVE_TO_PERSON = (
    "row tenants.partner RoleAssignment",
    "row tenants.user RoleAssignment",
)


@GIVE.door("page tenants:give-role")
def give_on_the_page(hand: Hand, user: User):
    return hand.portal("tenants:give-role", person=user.directory_user_id, role=Role.MEMBER.value)


@GIVE.door(GIVE_FORM)
def give_on_the_form(hand: Hand, user: User):
    return hand.office(
        RoleAssignment,
        "add",
        user=user.pk,
        partner=hand.world.place.partner.pk,
        role=Role.MEMBER.value,
    )


@GIVE.door(GIVE_AT_PARTNER)
def give_on_the_partner_s_form(hand: Hand, user: User):
    partner = hand.world.place.partner
    return hand.form(
        partner,
        **new_row(
            "role_assignments",
            partner.role_assignments.count(),
            user=user.pk,
            role=Role.MEMBER.value,
        ),
    )


@GIVE.door(GIVE_TO_PERSON)
def give_on_the_person_s_form(hand: Hand, user: User):
    row = new_row(
        "role_assignments",
        user.role_assignments.count(),
        partner=hand.world.place.partner.pk,
        role=Role.MEMBER.value,
    )
    return hand.form(user, **row)


@GIVE.door("verb RoleAssignmentQuerySet.give")
def give(hand: Hand, user: User):
    return by_verb(
        lambda: RoleAssignment.objects.give(user.directory_user, Role.MEMBER, by=hand.by)
    )


@GIVE.door("verb RoleAssignmentQuerySet.give_account")
def give_account(hand: Hand, user: User):
    return by_verb(
        lambda: RoleAssignment.objects.give_account(
            user, hand.world.place.partner, Role.MEMBER, by=hand.by
        )
    )


@CHANGE.door("page tenants:change-role")
def change_on_the_page(hand: Hand, held: RoleAssignment):
    return hand.portal("tenants:change-role", held.pk, role=Role.PARTNER_ADMIN.value)


@CHANGE.door("page tenants:take-role")
def take_on_the_page(hand: Hand, held: RoleAssignment):
    return hand.portal("tenants:take-role", held.pk)


@CHANGE.door("form tenants.roleassignment, changed")
def change_on_the_form(hand: Hand, held: RoleAssignment):
    return hand.form(held, role=Role.PARTNER_ADMIN.value)


@CHANGE.door("form tenants.roleassignment, deleted")
def take_on_the_form(hand: Hand, held: RoleAssignment):
    return hand.office(RoleAssignment, "delete", held.pk, post="yes")


@CHANGE.door("row tenants.partner RoleAssignment, changed")
def change_on_the_partner_s_form(hand: Hand, held: RoleAssignment):
    place = list(held.partner.role_assignments.values_list("pk", flat=True)).index(held.pk)
    return hand.form(held.partner, **{f"role_assignments-{place}-role": Role.PARTNER_ADMIN.value})


@CHANGE.door("row tenants.user RoleAssignment, deleted")
def take_on_the_person_s_form(hand: Hand, held: RoleAssignment):
    return hand.form(held.user, **{"role_assignments-0-DELETE": "on"})


@CHANGE.door("verb RoleAssignment.change_to")
def change(hand: Hand, held: RoleAssignment):
    return by_verb(lambda: held.change_to(Role.PARTNER_ADMIN, by=hand.by))


@CHANGE.door("verb RoleAssignment.take")
def take(hand: Hand, held: RoleAssignment):
    return by_verb(lambda: held.take(by=hand.by))


@LEAVE.door("form tenants.user")
def close_on_the_form(hand: Hand, user: User):
    return hand.form(user, is_active=None)


@LEAVE.door("verb User.check_can_leave")
def close(hand: Hand, user: User):
    return by_verb(user.check_can_leave)


@ADD.refused("U1", AddressOutsideTenant)
def a_member_from_elsewhere(place: Place) -> Things:
    return {"address": "lou@outside.example", "kind": "member"}


@ADD.refused("U1", GuestFromInside)
def a_guest_from_inside(place: Place) -> Things:
    return {"address": f"lou@{place.tenant.domain}", "kind": "guest"}


@ADD.refused("U1", NameOfGuest)
def a_directorys_own_name_for_a_guest_as_a_member(place: Place) -> Things:
    return {"address": f"lou_outside.example#EXT#@{place.tenant.domain}", "kind": "member"}


NOT_BY_IMPORT = dict.fromkeys(IMPORTS, "changes the name of who is there")
ON_THE_FORM = {"form tenants.directoryuser": "This tenant already has a user with this address."}


@ADD.refused("U1", AlreadyInDirectory, not_at=NOT_BY_IMPORT, in_other_words=ON_THE_FORM)
def somebody_who_is_there(place: Place) -> Things:
    return {"address": place.person.user_principal_name, "kind": "member"}


@ADD.refused("W2", AlreadyInDirectory, not_at=NOT_BY_IMPORT, in_other_words=ON_THE_FORM)
def somebody_who_is_there_in_another_spelling(place: Place) -> Things:
    name, _at, domain = place.person.user_principal_name.partition("@")
    return {"address": f"<{name.upper()}\u200b\uff20{domain}>", "kind": "member"}


@ADD.refused("W3", AlreadyInDirectory, not_at=NOT_BY_IMPORT, in_other_words=ON_THE_FORM)
def a_guest_who_is_there_by_the_directory_s_own_name(place: Place) -> Things:
    factories.DirectoryUserFactory.create(
        tenant=place.tenant, user_principal_name="lou@outside.example", kind="guest"
    )
    return {"address": f"lou_outside.example#EXT#@{place.tenant.domain}", "kind": "guest"}


PAST_FORMS = {"verb DirectoryUserQuerySet.add_to": "tidies what comes past a form"}


@ADD.refused("W1", "Write this on one line.", not_at=PAST_FORMS)
def a_name_of_two_lines(place: Place) -> Things:
    return {"address": f"lou@{place.tenant.domain}", "kind": "member", "name": "Lou\nGlobal admin"}


@ADD.refused("W1", "Enter the person's name.", not_at=PAST_FORMS)
def a_name_that_nobody_sees(place: Place) -> Things:
    return {"address": f"lou@{place.tenant.domain}", "kind": "member", "name": "\u3164"}


@ADD.refused(
    "W8",
    "Line 2 has 5 cells, not 4.",
    not_at=dict.fromkeys(ADD.doors.keys() - IMPORTS, "reads no file"),
)
def a_line_with_a_cell_too_many(place: Place) -> Things:
    return {"address": f"lou@{place.tenant.domain},lou@elsewhere.example", "kind": "member"}


def colleague(place: Place) -> Actor:
    """Somebody else of the same partner, who may do what the one may who tries it again."""
    user = factories.UserFactory.create(directory_user__tenant=place.tenant)
    factories.RoleAssignmentFactory.create(user=user, partner=place.partner, role=Role.GLOBAL_ADMIN)
    return Actor(user)


@DISABLE.refused("A1", LastGlobalAdmin)
def the_last_global_admin(place: Place) -> Things:
    return {"person": place.boss.directory_user}


@DISABLE.refused("A1", AlreadyDisabled)
def who_is_disabled(place: Place) -> Things:
    return {"person": place.disabled}


@DISABLE.refused("W11", AlreadyDisabled)
def whom_a_colleague_disabled_a_moment_ago(place: Place) -> Things:
    place.person.disable(by=colleague(place))
    return {"person": place.person}


@ENABLE.refused("W11", AlreadyEnabled)
def whom_a_colleague_enabled_a_moment_ago(place: Place) -> Things:
    place.disabled.enable(by=colleague(place))
    return {"person": place.disabled}


@ENABLE.refused("A1", AlreadyEnabled)
def who_is_enabled(place: Place) -> Things:
    return {"person": place.person}


BY_UNIQUENESS = "This person already holds a role at this partner."


@GIVE.refused(
    "P3",
    RoleAlreadyHeld,
    in_other_words=dict.fromkeys([GIVE_FORM, GIVE_AT_PARTNER, GIVE_TO_PERSON], BY_UNIQUENESS),
)
def to_whoever_holds_one(place: Place) -> Things:
    return {"user": place.member}


@GIVE.refused("P3", PersonDisabled)
def to_somebody_who_is_disabled(place: Place) -> Things:
    return {"user": factories.UserFactory.create(directory_user=place.disabled)}


@GIVE.refused("P3", AccountClosed)
def to_a_closed_account(place: Place) -> Things:
    return {"user": factories.UserFactory.create(directory_user=place.person, is_active=False)}


@CHANGE.refused("A1", LastGlobalAdmin)
def the_last_global_admin_s(place: Place) -> Things:
    return {"held": place.boss.role_assignments.select_related("partner", "user").get()}


CHOSEN_ANEW = dict.fromkeys(
    [door for door in CHANGE.doors if not door.startswith("verb ")], "reads the role anew"
)


@CHANGE.refused("P3", RoleGone, not_at=CHOSEN_ANEW)
def one_changed_meanwhile(place: Place) -> Things:
    held = place.member.role_assignments.select_related("partner", "user").get()
    RoleAssignment.objects.filter(pk=held.pk).update(role=Role.PARTNER_ADMIN)
    return {"held": held}


@LEAVE.refused("A1", LastGlobalAdmin)
def of_the_last_global_admin(place: Place) -> Things:
    return {"user": place.boss}
