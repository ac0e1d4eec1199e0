"""Packages, offers held elsewhere, and partners with their tenants (B2, B3, U4, P4)."""

from django.core.exceptions import ValidationError

from benefits_portal.benefits.models import ExternalOffer, HeldOffer, PackageLine
from benefits_portal.tenants.models import DirectoryUser, Partner, Tenant
from tests import factories
from tests.back_office.conftest import new_row
from tests.place import Place

from .deeds import Deed, Hand, Things
from .enrolling import import_command, import_page

PACKAGE, AMOUNT, HOLD = (
    Deed("put into a package"),
    Deed("set an amount of credit"),
    Deed("record an offer that somebody holds"),
)
TENANT, PARTNER = Deed("add a tenant by hand"), Deed("import partners")


@PACKAGE.door("row benefits.offer PackageLine")
def line_on_the_offer_s_form(hand: Hand, line: PackageLine):
    row = {"product": line.product_id, "benefit_type": line.benefit_type, "quantity": line.quantity}
    return hand.form(line.offer, **new_row("lines", line.offer.lines.count(), **row))


@PACKAGE.door("form benefits.packageline")
def line_on_a_form_of_its_own(hand: Hand, line: PackageLine):
    facts = {
        "product": line.product_id,
        "benefit_type": line.benefit_type,
        "quantity": line.quantity,
    }
    return hand.form(PackageLine, offer=line.offer_id, **facts)


@AMOUNT.door("row benefits.packageline CreditAmount")
def amount(hand: Hand, line: PackageLine, currency: str = "USD", amount: str = "5"):
    return hand.form(
        line,
        **new_row("credit_amounts", line.credit_amounts.count(), currency=currency, amount=amount),
    )


@HOLD.door("form benefits.heldoffer")
def held_on_the_form(hand: Hand, offer: ExternalOffer, partner: Partner, person: DirectoryUser):
    return hand.form(
        HeldOffer,
        external_offer=offer.pk,
        partner=partner.pk,
        directory_user=person.pk,
        since="2021-01-01",
    )


@HOLD.door("verb HeldOffer.full_clean")
def held(hand: Hand, offer: ExternalOffer, partner: Partner, person: DirectoryUser):
    try:
        HeldOffer(
            external_offer=offer, partner=partner, directory_user=person, since="2021-01-01"
        ).full_clean()
    except ValidationError as error:
        return " ".join(error.messages)
    return "valid"


@TENANT.door("row tenants.partner Tenant")
def tenant_on_the_partner_s_form(hand: Hand, **facts: str):
    partner = hand.world.place.partner
    return hand.form(
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


@TENANT.door("form tenants.tenant")
def tenant_on_a_form_of_its_own(hand: Hand, **facts: str):
    return hand.form(
        Tenant,
        partner=hand.world.place.partner.pk,
        name="More",
        domain="more.example",
        guid=GUID,
        **facts,
    )


@PARTNER.door("office tenants_partner_import")
def partners_by_import(hand: Hand, text: str):
    return import_page(hand, Partner, text)


@PARTNER.door("command import_csv, partners")
def partners_by_command(hand: Hand, text: str):
    return import_command(hand, "partners", text)


GUID = "5b4b1a7e-3c1d-4e0a-9a55-2f7d8c6e1b01"


@PACKAGE.refused("B2", "already")
def the_same_product_twice(place: Place) -> Things:
    return {"line": factories.PackageLineFactory.create()}


@AMOUNT.refused("B3", "already")
def two_amounts_in_one_currency(place: Place) -> Things:
    return {"line": factories.PackageLineFactory.create(product__monthly=True)}


@AMOUNT.refused("W12", "JPY has no decimals: write a whole amount.")
def an_amount_with_decimals_that_its_currency_lacks(place: Place) -> Things:
    return {
        "line": factories.PackageLineFactory.create(product__monthly=True),
        "currency": "JPY",
        "amount": "5.50",
    }


@HOLD.refused("U4", "This person is in the directory of another partner.")
def for_another_partner_s_person(place: Place) -> Things:
    return {
        "offer": factories.ExternalOfferFactory.create(),
        "partner": place.partner,
        "person": factories.DirectoryUserFactory.create(),
    }


@TENANT.refused("P4", "color")
def in_a_colour_that_is_taken(place: Place) -> Things:
    return {"colour": place.tenant.colour}


@PARTNER.refused("B3", "currency")
def with_a_currency_that_there_is_not(place: Place) -> Things:
    return {
        "text": (
            "mpn_id,name,country,currency,time_zone\n"
            f"{place.partner.mpn_id},Renamed,US,dollars,UTC\n"
        )
    }
