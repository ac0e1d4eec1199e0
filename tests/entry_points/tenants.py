"""Where and as whom one acts, and why staff act (P1, P3, P4, A1).

The role, the place of the form, tenants.
"""

from functools import partial

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model

from benefits_portal.tenants.admin.base import AuditedAdmin
from benefits_portal.tenants.exceptions import (
    ActivityForAdmins,
    AlreadyAskedFor,
    AlreadyDecided,
    AlreadyPrimary,
    BelongsElsewhere,
    DomainInUse,
    FormOfAnotherTenant,
    NoColorLeft,
    NotPermitted,
    OnlyGlobalAdmins,
)
from benefits_portal.tenants.models import Partner, Role, Tenant, TenantRequest, User
from tests import factories
from tests.back_office.conftest import page
from tests.partner_fixture import PartnerFixture

from .operations import Arguments, Driver, Operation, by_verb

ACT, MANAGE = Operation("act at a partner"), Operation("change people, roles and tenants")
REACH = Operation("reach what belongs to a place")
ASK, ACCEPT, DECLINE = (
    Operation("ask for a tenant"),
    Operation("accept a tenant"),
    Operation("decline a tenant"),
)
READ_RECORD = Operation("read the record")
CHOOSE, WITHOUT = Operation("make a tenant primary"), Operation("change something by hand")

SWITCHED = "You switched to another tenant. Nothing was changed."
FOR_ADMINS = [
    "benefits:assign",
    "benefits:assign-list",
    "benefits:remove",
    "benefits:transfer",
    "licensing:key",
    "licensing:extend",
    "licensing:order",
    "licensing:order-replacement",
]
FOR_ADMINS += ["licensing:add-licenses", "licensing:product-key-start", "licensing:replacement"]
FOR_ADMINS += ["reminders:reminders", "reminders:switch-benefit", "reminders:switch-subscription"]
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
    "reminders:reminders",
    "tenants:add-user",
    "tenants:ask-for-tenant",
    "tenants:give-role",
}


def send(name: str, driver: Driver, person: str, acting_in: str = "") -> str:
    """The form of a page about something of the place, as `person` would send it.

    It is rendered while acting somewhere.
    """
    sample = driver.world.sample
    return driver.send(
        person,
        sample.url(name),
        sample.form(name) | {"acting_in": acting_in or driver.world.tenant_token(person)},
    )


for operation, names in ((ACT, FOR_ADMINS), (MANAGE, FOR_GLOBAL_ADMINS)):
    for name in names:
        operation.entry_point(f"page {name}")(partial(send, name))
for name in sorted({*FOR_ADMINS, *FOR_GLOBAL_ADMINS} - ABOUT_NOTHING):
    REACH.entry_point(f"page {name}")(partial(send, name))


@ASK.entry_point("page tenants:ask-for-tenant")
def ask_on_the_page(driver: Driver, domain: str) -> str:
    return driver.portal("tenants:ask-for-tenant", name="Labs", domain=domain)


@ASK.entry_point("verb TenantRequestQuerySet.ask")
def ask_by_verb(driver: Driver, domain: str) -> str:
    return by_verb(
        lambda: TenantRequest.objects.ask(driver.world.sample.partner, "Labs", domain, by=driver.by)
    )


@ACCEPT.entry_point("action tenants.tenantrequest accept")
def accept(driver: Driver, asked: TenantRequest) -> str:
    return driver.action("accept", asked)


@ACCEPT.entry_point("office tenants_tenantrequest_accept, opened")
def open_accept_of_asked(driver: Driver, asked: TenantRequest) -> str:
    return driver.look("programme", page(TenantRequest, "accept", asked.pk))


@ACCEPT.entry_point("office tenants_tenantrequest_accept")
def accept_on_page_of_asked(driver: Driver, asked: TenantRequest) -> str:
    return driver.office(TenantRequest, "accept", asked.pk)


@ACCEPT.entry_point("verb TenantRequest.accept")
def accept_by_verb(driver: Driver, asked: TenantRequest) -> str:
    return by_verb(lambda: asked.accept(by=driver.by))


@DECLINE.entry_point("action tenants.tenantrequest decline")
def decline(driver: Driver, asked: TenantRequest) -> str:
    return driver.action("decline", asked)


@DECLINE.entry_point("office tenants_tenantrequest_decline, opened")
def open_decline_of_asked(driver: Driver, asked: TenantRequest) -> str:
    return driver.look("programme", page(TenantRequest, "decline", asked.pk))


@DECLINE.entry_point("office tenants_tenantrequest_decline")
def decline_on_page_of_asked(driver: Driver, asked: TenantRequest) -> str:
    return driver.office(TenantRequest, "decline", asked.pk)


@DECLINE.entry_point("verb TenantRequest.decline")
def decline_by_verb(driver: Driver, asked: TenantRequest) -> str:
    return by_verb(lambda: asked.decline(by=driver.by))


@CHOOSE.entry_point("page tenants:make-primary")
def choose(driver: Driver, tenant: Tenant) -> str:
    return driver.portal("tenants:make-primary", tenant.pk)


@CHOOSE.entry_point("verb Tenant.make_primary")
def choose_by_verb(driver: Driver, tenant: Tenant) -> str:
    return by_verb(lambda: tenant.make_primary(by=driver.by))


def read_record(driver: Driver, page: str, person: str) -> str:
    return driver.look(person, driver.world.sample.url(page))


for name in ("tenants:activity", "tenants:activity-csv"):
    READ_RECORD.entry_point(f"page {name}")(partial(read_record, page=name))


@READ_RECORD.refused("A2", ActivityForAdmins)
@ACT.refused("P3", NotPermitted)
def as_an_account_member(sample: PartnerFixture) -> Arguments:
    return {"person": "member"}


@MANAGE.refused("P3", OnlyGlobalAdmins)
def as_an_mpn_partner_admin(sample: PartnerFixture) -> Arguments:
    return {"person": "admin"}


@ACT.refused(
    "P4",
    FormOfAnotherTenant,
    other_messages=dict.fromkeys(ACT.entry_points, SWITCHED),
)
@MANAGE.refused(
    "P4",
    FormOfAnotherTenant,
    other_messages=dict.fromkeys(MANAGE.entry_points, SWITCHED),
)
def with_a_form_opened_in_another_tenant(sample: PartnerFixture) -> Arguments:
    return {"person": "global", "acting_in": f"{sample.partner.pk}-{sample.second.pk}"}


@REACH.refused("P1", "not found")
def another_partner_s(sample: PartnerFixture) -> Arguments:
    return {"person": "other"}


@REACH.refused(
    "P4",
    BelongsElsewhere,
    other_messages=dict.fromkeys(REACH.entry_points, "This item is in another tenant"),
)
def another_partner_s_of_one_s_own(sample: PartnerFixture) -> Arguments:
    other = User.objects.get(name__endswith="Elsewhere Global admin")
    factories.RoleAssignmentFactory.create(
        user=other, partner=sample.partner, role=Role.GLOBAL_ADMIN
    )
    return {"person": "other"}


@ASK.refused("P1", AlreadyAskedFor)
def one_that_the_partner_has(sample: PartnerFixture) -> Arguments:
    return {"domain": sample.second.domain}


@ACCEPT.refused("P1", DomainInUse)
def one_whose_domain_is_in_use(sample: PartnerFixture) -> Arguments:
    return {
        "asked": factories.TenantRequestFactory.create(
            partner=sample.partner, domain=factories.TenantFactory.create().domain
        )
    }


@ACCEPT.refused("P4", NoColorLeft)
def one_too_many_to_tell_apart(sample: PartnerFixture) -> Arguments:
    factories.TenantFactory.create_batch(len(Tenant.Color) - 2, partner=sample.partner)
    return {"asked": factories.TenantRequestFactory.create(partner=sample.partner)}


@ACCEPT.refused("P1", AlreadyDecided)
@DECLINE.refused("P1", AlreadyDecided)
def what_was_decided(sample: PartnerFixture) -> Arguments:
    asked = factories.TenantRequestFactory.create(partner=sample.partner)
    TenantRequest.objects.get(pk=asked.pk).decline(by=sample.by)
    return {"asked": asked}


@CHOOSE.refused("A1", AlreadyPrimary)
def the_primary_one(sample: PartnerFixture) -> Arguments:
    return {"tenant": sample.tenant}


# Without a reason, whatever staff change by hand

REQUIRED, MISSING = (
    "Enter a reason.",
    "Enter a reason, which is recorded. Nothing was changed.",
)


def on_the_form(model: type[Model], driver: Driver) -> str:
    return driver.form(model._default_manager.latest("pk"), reason=" ")


def from_the_list(model: type[Model], name: str, driver: Driver) -> str:
    return driver.action(name, model._default_manager.latest("pk"), reason=" ")


for model, its_admin in admin.site._registry.items():
    label = model._meta.label_lower
    if isinstance(its_admin, AuditedAdmin) and label not in ("benefits.membership", "auth.group"):
        WITHOUT.entry_point(f"form {label}")(partial(on_the_form, model))
    for action in map(str, its_admin.actions or ()):
        WITHOUT.entry_point(f"action {label} {action}")(partial(from_the_list, model, action))


@WITHOUT.entry_point("form auth.group")
def of_a_group(driver: Driver) -> str:
    return driver.office(Group, "add", name="More rights")


@WITHOUT.entry_point("office tenants_partner_view_as")
def impersonate(driver: Driver) -> str:
    return driver.office(
        Partner,
        "view_as",
        driver.world.sample.partner.pk,
        tenant=driver.world.sample.tenant.pk,
        reason=" ",
    )


SAID = {
    entry_point: REQUIRED
    for entry_point in WITHOUT.entry_points
    if not entry_point.startswith("action")
} | {"form auth.group": "You can't do this here"}


@WITHOUT.refused("A1", MISSING, other_messages=SAID)
def without_a_reason(sample: PartnerFixture) -> Arguments:
    return {}
