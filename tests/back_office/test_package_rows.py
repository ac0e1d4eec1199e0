"""Amounts of credit are set in the rows of an offer's page, each on record (B3, A1, W4, W12)."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from benefits_portal.benefits.models import CreditAmount, Offer, PackageLine, Product
from benefits_portal.tenants.models import EditAction, Record, User
from tests import factories
from tests.clients import ClientResponse, SignIn

from .conftest import BECAUSE, filled, page

pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def line(db: None) -> PackageLine:
    """Azure in the package of Gold, for $100 and €85 a month."""
    made: PackageLine = factories.PackageLineFactory.create(
        offer__name="Gold", product__name="Azure", product__monthly=True, amount=False
    )
    for currency, amount in (("USD", 100), ("EUR", 85)):
        factories.CreditAmountFactory.create(line=made, currency=currency, amount=amount)
    return made


def send(client: Client, line: PackageLine, **changes: Any) -> ClientResponse:
    url = page(Offer, "change", line.offer_id)
    return client.post(url, filled(client.get(url), **BECAUSE, **changes))


def amounts() -> dict[str, Decimal]:
    return dict(CreditAmount.objects.order_by("currency").values_list("currency", "amount"))


@pytest.mark.rule("B3", "A1")
def test_amounts_are_set_in_the_offer_s_row_and_on_record(
    office: Client, line: PackageLine
) -> None:
    shown = office.get(page(Offer, "change", line.offer_id))
    assert 'value="EUR 85; USD 100"' in shown.text
    answer = send(office, line, **{"lines-0-amounts": "usd 120 ; JPY 10 000;"})
    assert answer.status_code == 302
    assert amounts() == {"JPY": 10_000, "USD": 120}
    about = Record.objects.filter(reason=BECAUSE["reason"]).order_by("pk")
    assert [(each.action, each.before, each.after) for each in about] == [
        (EditAction.EDITED, {"amount": "100.000"}, {"amount": "120"}),
        (EditAction.CREATED, {}, {"line": line.pk, "currency": "JPY", "amount": "10000"}),
        (
            EditAction.DELETED,
            {"line": line.pk, "currency": "EUR", "amount": "85.000"},
            {},
        ),
    ]
    send(office, line)
    assert amounts() == {"JPY": 10_000, "USD": 120}, "nothing was changed in the row"


@pytest.mark.rule("B3", "W4", "W12")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("85", "Write amounts like EUR 85; USD 100."),
        ("EUR 85, USD 100", "Write amounts like EUR 85; USD 100."),
        ("EUR 85; EUR 90", "EUR is there twice."),
        ("EUX 85", "There is no such currency."),
        ("EUR 6.000", ""),
        ("JPY 10.5", ""),
        ("EUR 0", ""),
        ("EUR -5", ""),
        ("EUR many", "Write amounts like EUR 85; USD 100."),
    ],
)
def test_what_is_no_amount_is_refused_in_its_row(
    office: Client, line: PackageLine, typed: str, said: str
) -> None:
    answer = send(office, line, **{"lines-0-amounts": typed})
    [rows] = answer.context["inline_admin_formsets"]
    [error] = rows.formset.forms[0].errors["amounts"]
    assert error.startswith(said)
    assert amounts() == {"EUR": 85, "USD": 100}
    assert f'value="{typed}"' in answer.text


def test_licenses_have_no_amounts(office: Client, line: PackageLine) -> None:
    factories.PackageLineFactory.create(offer=line.offer, product__name="Power BI", quantity=5)
    send(office, line, **{"lines-1-amounts": "EUR 5"})
    assert amounts() == {"EUR": 85, "USD": 100}
    product = factories.ProductFactory.create(name="Visio")
    new = {
        "lines-TOTAL_FORMS": 3,
        "lines-2-product": product.pk,
        "lines-2-benefit_type": "core",
        "lines-2-quantity": "5",
        "lines-2-amounts": "EUR 5",
        "lines-2-offer": line.offer_id,
    }
    answer = send(office, line, **new)
    [rows] = answer.context["inline_admin_formsets"]
    assert rows.formset.forms[2].errors == {
        "amounts": ["Licenses have a quantity, and no amounts of credit."]
    }


def test_a_new_line_of_credit_comes_with_its_amounts(office: Client, line: PackageLine) -> None:
    bulk = factories.ProductFactory.create(name="Azure", kind=Product.Kind.BULK_CREDIT)
    new = {
        "lines-TOTAL_FORMS": 2,
        "lines-1-product": bulk.pk,
        "lines-1-benefit_type": "core",
        "lines-1-amounts": "EUR 5,000",
        "lines-1-offer": line.offer_id,
    }
    assert send(office, line, **new).status_code == 302
    made = PackageLine.objects.get(product=bulk)
    assert [(each.currency, each.amount) for each in made.credit_amounts.all()] == [("EUR", 5000)]


@pytest.mark.rule("P3")
def test_amounts_are_only_shown_to_whoever_may_not_set_them(
    sign_in: SignIn, line: PackageLine
) -> None:
    user = factories.UserFactory.create(staff=True)
    names = [f"{verb}_{name}" for verb in ("view", "change") for name in ("offer", "packageline")]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser = sign_in(user)
    assert "€85, $100" in browser.get(page(Offer, "change", line.offer_id)).text
    assert send(browser, line, **{"lines-0-amounts": "EUR 1"}).status_code == 302
    assert amounts() == {"EUR": 85, "USD": 100}


def test_support_sees_amounts_and_changes_none(
    support: User, sign_in: SignIn, line: PackageLine
) -> None:
    text = sign_in(support).get(page(Offer, "change", line.offer_id)).text
    assert ("€85, $100" in text, "lines-0-amounts" in text) == (True, False)
