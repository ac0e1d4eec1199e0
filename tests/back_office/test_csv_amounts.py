"""Amounts of credit from a file: offer, product, currency, amount (B3, W4, W12)."""

from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError
from django.test import Client

from benefits_portal.benefits.amount_imports import AmountImport
from benefits_portal.benefits.models import CreditAmount, Offer, PackageLine
from benefits_portal.tenants import importing
from benefits_portal.tenants.models import EditAction, Record, User
from tests import factories
from tests.clients import SignIn

from .conftest import page
from .test_csv import bring, confirm, outcomes, run, upload

AMOUNTS = "offer,product,currency,amount\n"


@pytest.fixture
def credit(db: None) -> PackageLine:
    """Azure for $100 a month in the package of Gold."""
    line: PackageLine = factories.PackageLineFactory.create(
        offer__name="Gold", product__name="Azure", product__monthly=True, amount=False
    )
    factories.CreditAmountFactory.create(line=line, currency="USD", amount=100)
    return line


def reasons(text: str) -> list[str]:
    return [line.reason for line in AmountImport.of(AMOUNTS + text).lines]


def amounts() -> dict[str, Decimal]:
    return dict(CreditAmount.objects.values_list("currency", "amount"))


@pytest.mark.rule("B3", "A1")
def test_amounts_are_shown_before_and_after_and_then_set(
    office: Client, credit: PackageLine, programme: User
) -> None:
    text = 'Gold,Azure,USD,120\nGold,Azure,EUR,"1.234,50"\nGold,Azure,JPY,10 000\n'
    shown = upload(office, PackageLine, AMOUNTS + text)
    assert outcomes(shown) == [(2, "changed"), (3, "new"), (4, "new")]
    assert [line.changes for line in shown.context["asked"].lines] == [
        [("amount", "$100", "$120")],
        [("amount", "", "€1,234.50")],
        [("amount", "", "¥10,000")],
    ]
    assert amounts() == {"USD": 100}
    assert confirm(office, PackageLine, shown).status_code == 302
    assert amounts() == {"USD": 120, "EUR": Decimal("1234.5"), "JPY": 10_000}
    changed = Record.objects.get(action=EditAction.EDITED)
    assert (changed.actor, changed.reason, changed.subject) == (
        programme,
        "From the yearly list",
        CreditAmount.objects.get(currency="USD"),
    )
    assert {name: Decimal(value) for name, value in changed.before.items()} == {"amount": 100}
    assert Record.objects.filter(action=EditAction.CREATED).count() == 2


@pytest.mark.rule("W11")
def test_amounts_confirmed_twice_are_set_once(office: Client, credit: PackageLine) -> None:
    shown = upload(office, PackageLine, AMOUNTS + "Gold,Azure,EUR,90\n")
    confirm(office, PackageLine, shown)
    again = confirm(office, PackageLine, shown)
    assert (outcomes(again), Record.objects.count()) == ([(2, "same")], 1)
    assert bring(office, PackageLine, AMOUNTS + "Gold,Azure,USD,100.00\n") == [(2, "same")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Bronze,Azure,EUR,5", "offer: There is no offer of this name with a package."),
        ("Gold,Intune,EUR,5", "product: Write one of: Azure (Azure monthly credit)."),
        ("Gold,Microsoft 365 E3,EUR,5", "product: Write one of: Azure (Azure monthly credit)."),
        ("Plain,Microsoft 365 E3,EUR,5", "product: This offer's package has no credit."),
        ("Gold,Azure,€,5", "currency: Write EUR for this currency."),
        (
            "Gold,Azure,JPY,5.50",
            "amount: Amounts in JPY have no decimal places. Enter a whole amount.",
        ),
        (
            "Gold,Azure,EUR,6.000",
            "amount: Write 6000 or 6: EUR does not have three decimals.",
        ),
        ("Gold,Azure,EUR,much", "amount: Enter an amount, such as 6000 or 6000.50."),
        ("Gold,Azure,EUR,=1+1", "amount: Enter an amount, such as 6000 or 6000.50."),
        ("Gold,Azure,EUR,-5", "amount: Enter an amount, such as 6000 or 6000.50."),
        ("Gold,Azure,EUR,", "amount: Enter an amount, such as 6000 or 6000.50."),
        ("Gold,Azure,EUR,0", "amount: Enter at least 1."),
        (
            "Gold,Azure,euros,much",
            "currency: There is no such currency. Use its three-letter code, such as EUR. amount: "
            "Enter an amount, such as 6000 or 6000.50.",
        ),
        ("Gold,Azure (Azure monthly credit),EUR,5", ""),
    ],
)
def test_an_amount_that_cannot_be_is_refused_in_words(
    credit: PackageLine, line: str, reason: str
) -> None:
    product = factories.ProductFactory.create(name="Microsoft 365 E3")
    factories.PackageLineFactory.create(offer=credit.offer, product=product)
    factories.PackageLineFactory.create(offer__name="Plain", product=product)
    assert reasons(line + "\n") == [reason]


def test_a_product_in_several_lines_is_named_by_competency(credit: PackageLine) -> None:
    for competency in ("Cloud", "Data"):
        factories.PackageLineFactory.create(
            offer=credit.offer,
            product=credit.product,
            benefit_type="incremental",
            competency=competency,
            amount=False,
        )
    asked = AmountImport.of(
        AMOUNTS + "Gold,Azure,EUR,5\nGold,Azure: Data,EUR,5\nGold,Azure: Sales,EUR,5\n"
    )
    several = (
        "product: Write one of: Azure (Azure monthly credit); Azure (Azure monthly credit): Cloud; "
        "Azure (Azure monthly credit): Data."
    )
    assert [line.reason for line in asked.lines] == [several, "", several]
    assert asked.lines[1].row.line.competency == "Data"


def test_two_names_of_one_line_are_the_same(credit: PackageLine) -> None:
    text = "Gold,Azure,EUR,5\nGold,Azure (Azure monthly credit),EUR,6\n"
    assert reasons(text) == ["", "Duplicate of line 2."]


def test_what_was_withdrawn_from_a_package_gets_no_amount(credit: PackageLine) -> None:
    PackageLine.objects.update(withdrawn_on="2020-01-01")
    assert reasons("Gold,Azure,EUR,5\n") == [
        "offer: There is no offer of this name with a package."
    ]


def test_refusals_of_amounts_are_told_in_dutch(
    credit: PackageLine, programme: User, sign_in: SignIn
) -> None:
    office = sign_in(programme)
    office.cookies["django_language"] = "nl"
    shown = upload(office, PackageLine, AMOUNTS + "Goud,Azure,EUR,5\nGold,Azure,EUR,6.000\n")
    assert [line.reason for line in shown.context["asked"].lines] == [
        "offer: Er is geen aanbieding met deze naam en een pakket.",
        "",
    ]
    assert shown.context["asked"].lines[1].changes == [("amount", "", "€\xa06.000")]


def test_the_command_sets_amounts_all_or_none(
    credit: PackageLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "BATCH", 1)
    text = AMOUNTS + "Gold,Azure,USD,120\nGold,Azure,EUR,none\n"
    with pytest.raises(CommandError, match=r"Changed 1, Refused 1\. Nothing was changed"):
        run(tmp_path, "amounts", text)
    assert amounts() == {"USD": 100}
    run(tmp_path, "amounts", text.replace("none", "90"), "--reason", "Yearly")
    assert amounts() == {"USD": 120, "EUR": 90}


def test_amounts_have_a_page_and_a_file_named_after_them(office: Client) -> None:
    assert "Import credit amounts" in office.get(page(PackageLine, "import")).text
    answer = office.get(page(PackageLine, "import"), {"template": "csv"})
    text = answer.getvalue().decode().removeprefix("\ufeff").strip()
    assert text.replace('"', "").splitlines() == [
        AMOUNTS.strip(),
        "Silver competency,Azure monthly credit,EUR,85.00",
    ]
    assert "creditamount-sample" in answer["Content-Disposition"]


@pytest.mark.rule("B3")
def test_an_offer_s_page_shows_amounts_and_names_missing_currencies(
    office: Client, credit: PackageLine
) -> None:
    for currency in ("USD", "NOK", "EUR", "EUR"):
        factories.PartnerFactory.create(currency=currency)
    text = unescape(office.get(page(Offer, "change", credit.offer_id)).text)
    assert 'value="USD 100"' in text
    assert "No amount in EUR, NOK: partners paid in it can't be enrolled." in text
    for currency in ("EUR", "NOK"):
        factories.CreditAmountFactory.create(line=credit, currency=currency, amount=90)
    assert "No amount in" not in office.get(page(Offer, "change", credit.offer_id)).text


def test_all_faults_of_a_line_are_told_together(credit: PackageLine) -> None:
    assert reasons("Silver,Azure,Euro,many\n") == [
        "offer: There is no offer of this name with a package. currency: Write EUR for "
        "this currency. amount: Enter an amount, such as 6000 or 6000.50."
    ]


@pytest.mark.rule("P3")
def test_the_way_to_an_import_is_there_for_whoever_may_import(
    office: Client, sign_in: SignIn
) -> None:
    """Amounts need rights of their own, beside those to their package lines."""
    url = page(PackageLine, "import")
    assert url in office.get(page(PackageLine, "changelist")).text
    assert office.get(url).status_code == 200
    user = factories.UserFactory.create(staff=True)
    names = ["view_packageline", "add_packageline", "change_packageline"]
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    browser = sign_in(user)
    listed = browser.get(page(PackageLine, "changelist"))
    assert "Add package line" in listed.text
    assert url not in listed.text
    assert browser.get(url).status_code == 403
