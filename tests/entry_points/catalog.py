"""Packages, offers held elsewhere, and partners with their tenants (B2, B3, U4, P4)."""

from django.core.exceptions import ValidationError

from benefits_portal.benefits.models import ExternalOffer, HeldOffer, PackageLine
from benefits_portal.tenants.models import DirectoryUser, Partner, Tenant
from tests import factories
from tests.back_office.conftest import new_row
from tests.partner_fixture import PartnerFixture

from .enrolling import import_command, import_page
from .operations import Arguments, Driver, Operation

PACKAGE, AMOUNT, HOLD = (
    Operation("put into a package"),
    Operation("set an amount of credit"),
    Operation("record an offer that somebody holds"),
)
TENANT, PARTNER = Operation("add a tenant by hand"), Operation("import partners")


@PACKAGE.entry_point("row benefits.offer PackageLine")
def line_on_the_offer_s_form(driver: Driver, line: PackageLine) -> str:
    row = {"product": line.product_id, "benefit_type": line.benefit_type, "quantity": line.quantity}
    return driver.form(line.offer, **new_row("lines", line.offer.lines.count(), **row))


@PACKAGE.entry_point("form benefits.packageline")
def line_on_a_form_of_its_own(driver: Driver, line: PackageLine) -> str:
    facts = {
        "product": line.product_id,
        "benefit_type": line.benefit_type,
        "quantity": line.quantity,
    }
    return driver.form(PackageLine, offer=line.offer_id, **facts)


AMOUNT_IMPORT, AMOUNT_COMMAND = "office benefits_packageline_import", "command import_csv, amounts"


@AMOUNT.entry_point("row benefits.packageline CreditAmount")
def amount(driver: Driver, line: PackageLine, currency: str = "USD", amount: str = "5") -> str:
    return driver.form(
        line,
        **new_row("credit_amounts", line.credit_amounts.count(), currency=currency, amount=amount),
    )


def line_of_amount(line: PackageLine, currency: str, amount: str) -> str:
    text = f"{line.offer.name},{line.product},{currency},{amount}\n"
    return f"offer,product,currency,amount\n{text}"


@AMOUNT.entry_point(AMOUNT_IMPORT)
def amount_by_import(
    driver: Driver, line: PackageLine, currency: str = "USD", amount: str = "5"
) -> str:
    return import_page(driver, PackageLine, line_of_amount(line, currency, amount))


@AMOUNT.entry_point(AMOUNT_COMMAND)
def amount_by_command(
    driver: Driver, line: PackageLine, currency: str = "USD", amount: str = "5"
) -> str:
    return import_command(driver, "amounts", line_of_amount(line, currency, amount))


@HOLD.entry_point("form benefits.heldoffer")
def held_on_the_form(
    driver: Driver, offer: ExternalOffer, partner: Partner, person: DirectoryUser
) -> str:
    return driver.form(
        HeldOffer,
        external_offer=offer.pk,
        partner=partner.pk,
        directory_user=person.pk,
        since="2021-01-01",
    )


@HOLD.entry_point("verb HeldOffer.full_clean")
def held(driver: Driver, offer: ExternalOffer, partner: Partner, person: DirectoryUser) -> str:
    try:
        HeldOffer(
            external_offer=offer, partner=partner, directory_user=person, since="2021-01-01"
        ).full_clean()
    except ValidationError as error:
        return " ".join(error.messages)
    return "valid"


@TENANT.entry_point("row tenants.partner Tenant")
def tenant_on_the_partner_s_form(driver: Driver, **facts: str) -> str:
    partner = driver.world.sample.partner
    return driver.form(
        partner,
        **new_row(
            "tenants",
            partner.tenants.count(),
            name="More",
            domain="more.example",
            guid=GUID,
            **facts,
        ),
    )


@TENANT.entry_point("form tenants.tenant")
def tenant_on_a_form_of_its_own(driver: Driver, **facts: str) -> str:
    return driver.form(
        Tenant,
        partner=driver.world.sample.partner.pk,
        name="More",
        domain="more.example",
        guid=GUID,
        **facts,
    )


def line_of_tenant(driver: Driver, **facts: str) -> str:
    partner = driver.world.sample.partner
    return (
        "mpn_id,name,domain,tenant_id,color,primary\n"
        f"{partner.mpn_id},More,more.example,{GUID},{facts['color']},no\n"
    )


@TENANT.entry_point("office tenants_tenant_import")
def tenant_by_import(driver: Driver, **facts: str) -> str:
    return import_page(driver, Tenant, line_of_tenant(driver, **facts))


@TENANT.entry_point("command import_csv, tenants")
def tenant_by_command(driver: Driver, **facts: str) -> str:
    return import_command(driver, "tenants", line_of_tenant(driver, **facts))


@PARTNER.entry_point("office tenants_partner_import")
def partners_by_import(driver: Driver, text: str) -> str:
    return import_page(driver, Partner, text)


@PARTNER.entry_point("command import_csv, partners")
def partners_by_command(driver: Driver, text: str) -> str:
    return import_command(driver, "partners", text)


GUID = "5b4b1a7e-3c1d-4e0a-9a55-2f7d8c6e1b01"


@PACKAGE.refused("B2", "already")
def the_same_product_twice(sample: PartnerFixture) -> Arguments:
    return {"line": factories.PackageLineFactory.create()}


@AMOUNT.refused(
    "B3",
    "already",
    not_at=dict.fromkeys([AMOUNT_IMPORT, AMOUNT_COMMAND], "changes the amount that is there"),
)
def two_amounts_in_one_currency(sample: PartnerFixture) -> Arguments:
    return {"line": factories.PackageLineFactory.create(product__monthly=True)}


@AMOUNT.refused("W12", "Amounts in JPY have no decimal places. Enter a whole amount.")
def an_amount_with_decimals_that_its_currency_lacks(sample: PartnerFixture) -> Arguments:
    return {
        "line": factories.PackageLineFactory.create(product__monthly=True),
        "currency": "JPY",
        "amount": "5.50",
    }


@HOLD.refused("U4", "This person is in the directory of another partner.")
def for_another_partner_s_person(sample: PartnerFixture) -> Arguments:
    return {
        "offer": factories.ExternalOfferFactory.create(),
        "partner": sample.partner,
        "person": factories.DirectoryUserFactory.create(),
    }


@TENANT.refused("P4", "color")
def in_a_color_that_is_taken(sample: PartnerFixture) -> Arguments:
    return {"color": sample.tenant.color}


@PARTNER.refused("B3", "currency")
def with_a_currency_that_there_is_not(sample: PartnerFixture) -> Arguments:
    return {
        "text": (
            "mpn_id,name,country,currency,time_zone\n"
            f"{sample.partner.mpn_id},Renamed,US,dollars,UTC\n"
        )
    }
