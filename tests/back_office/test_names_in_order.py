"""The back office sorts names as people do: Åsa beside adam, on both databases (W7)."""

from typing import Any

import pytest
from django.contrib import admin
from django.db.models import Model
from django.test import Client

from benefits_portal.backoffice.filters import FewChoicesFilter
from benefits_portal.benefits.models import ExternalOffer, HeldOffer, Offer, PackageLine, Product
from benefits_portal.benefits.notes import combination
from benefits_portal.derived_fields import sort_field
from benefits_portal.tenants.models import DirectoryUser, Partner, Tenant, TenantRequest, User
from tests import factories

from .conftest import page, registered

pytestmark = [pytest.mark.django_db, pytest.mark.rule("W7")]

IN_ORDER = ["adam", "Åsa", "bert", "Łukasz", "Zoë", "Zorro"]
SHUFFLED = ["Zorro", "bert", "Łukasz", "Zoë", "adam", "Åsa"]
NAMED = [
    (Partner, "name", factories.PartnerFactory),
    (Tenant, "name", factories.TenantFactory),
    (TenantRequest, "name", factories.TenantRequestFactory),
    (DirectoryUser, "display_name", factories.DirectoryUserFactory),
    (User, "name", factories.UserFactory),
    (Product, "name", factories.ProductFactory),
    (Offer, "name", factories.OfferFactory),
    (ExternalOffer, "name", factories.ExternalOfferFactory),
]


def listed(office: Client, model: type[Model], column: str, sign: str = "") -> list[str]:
    changelist = office.get(page(model, "changelist")).context["cl"]
    number = changelist.list_display.index(column)
    shown = office.get(page(model, "changelist"), {"o": f"{sign}{number}"}).context["cl"]
    return [getattr(row, column) for row in shown.result_list if getattr(row, column) in IN_ORDER]


@pytest.mark.parametrize("sign", ["", "-"], ids=["up", "down"])
@pytest.mark.parametrize(
    ("model", "column", "factory"), NAMED, ids=[model.__name__ for model, *_ in NAMED]
)
def test_the_heading_of_a_name_sorts_by_its_letters(
    office: Client, model: type[Model], column: str, factory: Any, sign: str
) -> None:
    for name in SHUFFLED:
        factory.create(**{column: name})
    assert listed(office, model, column, sign) == (IN_ORDER[::-1] if sign else IN_ORDER)


def test_competencies_are_sorted_by_their_letters(office: Client) -> None:
    for name in SHUFFLED:
        factories.PackageLineFactory.create(benefit_type="incremental", competency=name)
    assert listed(office, PackageLine, "competency") == IN_ORDER


def test_every_name_that_a_list_shows_has_a_sort_key() -> None:
    named = {
        (model, column)
        for model in registered()
        for column in admin.site._registry[model].list_display
        if column in ("name", "display_name", "competency")
    }
    without = {model.__name__ for model, column in named if sort_field(model, column) == column}
    assert without == set()
    assert len(named) == len(NAMED) + 1


def test_offers_of_one_position_are_in_the_order_of_their_letters() -> None:
    for name in SHUFFLED:
        factories.OfferFactory.create(name=name, position=1)
        factories.ExternalOfferFactory.create(name=name)
    assert [offer.name for offer in Offer.objects.all()] == IN_ORDER
    assert [offer.name for offer in ExternalOffer.objects.all()] == IN_ORDER


def test_held_offers_are_in_the_order_of_their_partners_and_offers() -> None:
    for name in SHUFFLED:
        held = factories.HeldOfferFactory.create()
        Partner.objects.filter(pk=held.partner_id).update(name=name)
    assert [held.partner.name for held in HeldOffer.objects.all()] == IN_ORDER


def test_a_filter_offers_names_in_the_order_of_their_letters(office: Client) -> None:
    for name in SHUFFLED:
        factories.TenantFactory.create(partner=factories.PartnerFactory.create(name=name))
    filters = office.get(page(Tenant, "changelist")).context["cl"].filter_specs
    [by_partner] = [each for each in filters if isinstance(each, FewChoicesFilter)]
    choices = [label.rpartition(" (")[0] for _pk, label in by_partner.lookup_choices]
    assert [label for label in choices if label in IN_ORDER] == IN_ORDER


def test_what_credit_cannot_be_combined_with_is_in_the_order_of_letters() -> None:
    assert combination(Product.Kind.MONTHLY_CREDIT, ["Zorro\nÅsa", "adam\nÅsa"]) == (
        "It can't be combined with bulk (yearly) credit, nor with one of these offers: adam, Åsa "
        "or Zorro."
    )
