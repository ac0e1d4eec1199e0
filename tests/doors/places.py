"""Where and as whom one acts, and why staff act (P1, P3, P4, A1).

The role, the place of the form, tenants.
"""

from functools import partial

from django.contrib import admin
from django.contrib.auth.models import Group

from benefits_portal.tenants.admin.base import AuditedAdmin
from benefits_portal.tenants.exceptions import (
    AlreadyAskedFor,
    AlreadyDecided,
    AlreadyPrimary,
    BelongsElsewhere,
    DomainInUse,
    FormOfAnotherPlace,
    NoColourLeft,
    NotPermitted,
    OnlyGlobalAdmins,
)
from benefits_portal.tenants.models import Partner, Role, Tenant, TenantRequest, User
from tests import factories
from tests.place import Place

from .deeds import Deed, Hand, Things, by_verb

ACT, MANAGE = Deed("act at a partner"), Deed("change people, roles and tenants")
REACH = Deed("reach what belongs to a place")
ASK, ACCEPT, DECLINE = Deed("ask for a tenant"), Deed("accept a tenant"), Deed("decline a tenant")
CHOOSE, WITHOUT = Deed("make a tenant primary"), Deed("change something by hand")

FOR_ADMINS = [
    "benefits:assign",
    "benefits:assign-list",
    "benefits:remove",
    "benefits:transfer",
    "licensing:key",
    "licensing:extend",
]
FOR_ADMINS += ["licensing:add-licenses", "licensing:product-key-start", "licensing:replacement"]
FOR_GLOBAL_ADMINS = [
    "tenants:add-user",
    "tenants:ask-for-tenant",
    "tenants:change-role",
    "tenants:disable-user",
    "tenants:enable-user",
]
FOR_GLOBAL_ADMINS += ["tenants:give-role", "tenants:make-primary", "tenants:take-role"]

# These pages are about nothing that is there.
ABOUT_NOTHING = {
    "licensing:product-key-start",
    "tenants:add-user",
    "tenants:ask-for-tenant",
    "tenants:give-role",
}


def send(name: str, hand: Hand, person: str, acting_in: str = "") -> str:
    """The form of a page about something of the place, as `person` would send it.

    It is rendered while acting somewhere.
    """
    place = hand.world.place
    return hand.send(
        person,
        place.address(name),
        place.form(name) | {"acting_in": acting_in or hand.world.acting_in(person)},
    )


for deed, names in ((ACT, FOR_ADMINS), (MANAGE, FOR_GLOBAL_ADMINS)):
    for name in names:
        deed.door(f"page {name}")(partial(send, name))
for name in sorted({*FOR_ADMINS, *FOR_GLOBAL_ADMINS} - ABOUT_NOTHING):
    REACH.door(f"page {name}")(partial(send, name))


@ASK.door("page tenants:ask-for-tenant")
def ask(hand: Hand, domain: str):
    return hand.portal("tenants:ask-for-tenant", name="Labs", domain=domain)


@ASK.door("verb TenantRequestQuerySet.ask")
def ask_by_verb(hand: Hand, domain: str):
    return by_verb(
        lambda: TenantRequest.objects.ask(hand.world.place.partner, "Labs", domain, by=hand.by)
    )


@ACCEPT.door("action tenants.tenantrequest accept")
def accept(hand: Hand, asked: TenantRequest):
    return hand.action("accept", asked)


@ACCEPT.door("verb TenantRequest.accept")
def accept_by_verb(hand: Hand, asked: TenantRequest):
    return by_verb(lambda: asked.accept(by=hand.by))


@DECLINE.door("action tenants.tenantrequest decline")
def decline(hand: Hand, asked: TenantRequest):
    return hand.action("decline", asked)


@DECLINE.door("verb TenantRequest.decline")
def decline_by_verb(hand: Hand, asked: TenantRequest):
    return by_verb(lambda: asked.decline(by=hand.by))


@CHOOSE.door("page tenants:make-primary")
def choose(hand: Hand, tenant: Tenant):
    return hand.portal("tenants:make-primary", tenant.pk)


@CHOOSE.door("verb Tenant.make_primary")
def choose_by_verb(hand: Hand, tenant: Tenant):
    return by_verb(lambda: tenant.make_primary(by=hand.by))


@ACT.refused("P3", NotPermitted)
def as_an_account_member(place: Place) -> Things:
    return {"person": "member"}


@MANAGE.refused("P3", OnlyGlobalAdmins)
def as_an_mpn_partner_admin(place: Place) -> Things:
    return {"person": "admin"}


@ACT.refused(
    "P4",
    FormOfAnotherPlace,
    in_other_words=dict.fromkeys(ACT.doors, "You act elsewhere now, so nothing was done"),
)
@MANAGE.refused(
    "P4",
    FormOfAnotherPlace,
    in_other_words=dict.fromkeys(MANAGE.doors, "You act elsewhere now, so nothing was done"),
)
def with_a_form_opened_in_another_tenant(place: Place) -> Things:
    return {"person": "global", "acting_in": f"{place.partner.pk}-{place.second.pk}"}


@REACH.refused("P1", "not found")
def another_partner_s(place: Place) -> Things:
    return {"person": "other"}


@REACH.refused(
    "P4",
    BelongsElsewhere,
    in_other_words=dict.fromkeys(REACH.doors, "This belongs to another place of yours"),
)
def another_partner_s_of_one_s_own(place: Place) -> Things:
    other = User.objects.get(name__endswith="Elsewhere Global admin")
    factories.RoleAssignmentFactory.create(
        user=other, partner=place.partner, role=Role.GLOBAL_ADMIN
    )
    return {"person": "other"}


@ASK.refused("P1", AlreadyAskedFor)
def one_that_the_partner_has(place: Place) -> Things:
    return {"domain": place.second.domain}


@ACCEPT.refused("P1", DomainInUse)
def one_whose_domain_is_in_use(place: Place) -> Things:
    return {
        "asked": factories.TenantRequestFactory.create(
            partner=place.partner, domain=factories.TenantFactory.create().domain
        )
    }


@ACCEPT.refused("P4", NoColourLeft)
def one_too_many_to_tell_apart(place: Place) -> Things:
    factories.TenantFactory.create_batch(len(Tenant.Colour) - 2, partner=place.partner)
    return {"asked": factories.TenantRequestFactory.create(partner=place.partner)}


@ACCEPT.refused("P1", AlreadyDecided)
@DECLINE.refused("P1", AlreadyDecided)
def what_was_decided(place: Place) -> Things:
    asked = factories.TenantRequestFactory.create(partner=place.partner)
    TenantRequest.objects.get(pk=asked.pk).decline(by=place.by)
    return {"asked": asked}


@CHOOSE.refused("A1", AlreadyPrimary)
def the_primary_one(place: Place) -> Things:
    return {"tenant": place.tenant}


# Without a reason, whatever staff change by hand

REQUIRED, MISSING = (
    "This field is required.",
    "Say why: the reason goes on record. Nothing was changed.",
)


def on_the_form(model: type, hand: Hand) -> str:
    return hand.form(model._default_manager.latest("pk"), reason=" ")  # type: ignore[attr-defined]


def from_the_list(model: type, name: str, hand: Hand) -> str:
    return hand.action(name, model._default_manager.latest("pk"), reason=" ")  # type: ignore[attr-defined]


for model, its_admin in admin.site._registry.items():
    label = model._meta.label_lower
    if isinstance(its_admin, AuditedAdmin) and label not in ("benefits.membership", "auth.group"):
        WITHOUT.door(f"form {label}")(partial(on_the_form, model))
    for action in its_admin.actions or ():
        WITHOUT.door(f"action {label} {action}")(partial(from_the_list, model, action))


@WITHOUT.door("form auth.group")
def of_a_group(hand: Hand):
    return hand.office(Group, "add", name="More rights")


@WITHOUT.door("office tenants_partner_view_as")
def view_as(hand: Hand):
    return hand.office(
        Partner,
        "view_as",
        hand.world.place.partner.pk,
        tenant=hand.world.place.tenant.pk,
        reason=" ",
    )


SAID = {door: REQUIRED for door in WITHOUT.doors if not door.startswith("action")} | {
    "form auth.group": "You may not do this here"
}


@WITHOUT.refused("A1", MISSING, in_other_words=SAID)
def without_a_reason(place: Place) -> Things:
    return {}
