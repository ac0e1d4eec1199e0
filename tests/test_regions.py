"""Countries, currencies, time zones and decimals are those of their standards (rule W12).

At every entry point.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.translation import override

from benefits_portal.benefits.models import CreditAmount
from benefits_portal.benefits.money import money
from benefits_portal.regions import (
    countries,
    currencies,
    decimal_places,
    time_zone_name,
    validate_amount,
    validate_country,
    validate_currency,
    validate_time_zone,
)
from benefits_portal.tenants.admin.region_choices import currency_choices, time_zone_choices
from benefits_portal.tenants.directory_imports import PartnerImport
from benefits_portal.tenants.models import Partner
from tests.clients import SignIn
from tests.factories import CreditAmountFactory, PartnerFactory, UserFactory

pytestmark = pytest.mark.rule("W12")


def refusal(validate: Callable[..., None], *values: object) -> str:
    with pytest.raises(ValidationError) as refused:
        validate(*values)
    return refused.value.messages[0]


@pytest.mark.parametrize(
    ("validate", "written", "message"),
    [
        (validate_country, "UK", "Write GB for this country."),
        *[
            (validate_country, written, "Write NL for this country.")
            for written in ("nl", "ＮＬ", "ｎｌ", "Netherlands", "NEDERLAND", "NLD", "Ｎetherlands")
        ],
        (validate_country, "Zuid-Korea", "Write KR for this country."),
        (validate_country, "EL", "Write GR for this country."),
        (validate_country, "usa", "Write US for this country."),
        *[
            (
                validate_country,
                code,
                "There is no such country. Use its two-letter code, such as NL.",
            )
            for code in ("ZZ", "EU", "QQ", "")
        ],
        *[
            (validate_currency, written, "Write EUR for this currency.")
            for written in ("eur", "ＥＵＲ", "Euro", "€")
        ],
        (validate_currency, "US Dollar", "Write USD for this currency."),
        (validate_currency, "Amerikaanse dollar", "Write USD for this currency."),
        *[
            (
                validate_currency,
                code,
                "There is no such currency. Use its three-letter code, such as EUR.",
            )
            for code in ("QQQ", "XXX", "XTS", "XAU", "NLG", "")
        ],
        *[
            (validate_time_zone, written, f"Write {zone} for this time zone.")
            for written, zone in (
                ("europe/amsterdam", "Europe/Amsterdam"),
                ("Ｅurope/Ａmsterdam", "Europe/Amsterdam"),
                ("Amsterdam", "Europe/Amsterdam"),
                ("US/Eastern", "America/New_York"),
                ("us/pacific", "America/Los_Angeles"),
                ("America/New York", "America/New_York"),
                ("new york", "America/New_York"),
                ("Calcutta", "Asia/Kolkata"),
                ("Japan", "Asia/Tokyo"),
                ("Etc/UTC", "UTC"),
                ("utc", "UTC"),
            )
        ],
        *[
            (
                validate_time_zone,
                name,
                f"{name} is not a time zone. Use one such as Europe/Amsterdam.",
            )
            for name in (
                "Factory",
                "localtime",
                "posixrules",
                "right/Europe/Amsterdam",
                "posix/UTC",
                "Etc/GMT+5",
                "EST",
                "GMT",
                "",
                "Mars",
            )
        ],
    ],
)
def test_what_no_standard_lists_is_refused_with_what_to_write(
    validate: Callable[[str], None], written: str, message: str
) -> None:
    assert refusal(validate, written) == message


def test_what_the_standards_list_is_taken() -> None:
    assert (len(countries()), {"NL", "GB", "KR", "KW"} - countries()) == (249, set())
    assert {"EUR", "USD", "JPY", "KWD", "KRW", "GBP", "CHF", "INR"} - currencies() == set()
    for name in (
        "UTC",
        "Europe/Amsterdam",
        "America/Argentina/Buenos_Aires",
        "Pacific/Kiritimati",
        "Asia/Kolkata",
    ):
        validate_time_zone(name)


def test_time_zones_to_choose_have_no_former_names_but_the_one_that_is_stored() -> None:
    offered = dict(time_zone_choices())
    kept = dict(time_zone_choices("Asia/Calcutta"))

    assert {"UTC", "Asia/Kolkata", "Europe/Kyiv"} - offered.keys() == set()
    assert {"Asia/Calcutta", "Europe/Kiev", "Australia/ACT"} & offered.keys() == set()
    assert kept.keys() - offered.keys() == {"Asia/Calcutta"}
    assert {name for name in offered if "/" not in name} == {"UTC"}


def test_every_currency_to_choose_has_a_name() -> None:
    assert [name for code, name in currency_choices() if name == f"{code} ({code})"] == []


TAKEN = [("30.500", "KWD"), ("101.00", "KRW"), ("85.50", "EUR")]
REFUSED = [
    ("30.5005", "KWD", "Amounts in KWD have at most 3 decimal places."),
    ("101.50", "KRW", "Amounts in KRW have no decimal places. Enter a whole amount."),
    ("10000.5", "JPY", "Amounts in JPY have no decimal places. Enter a whole amount."),
    ("85.505", "EUR", "Amounts in EUR have at most 2 decimal places."),
]
AMOUNTS = [*((amount, currency, "") for amount, currency in TAKEN), *REFUSED]


@pytest.mark.parametrize(("amount", "currency"), TAKEN)
def test_an_amount_has_the_decimals_of_its_currency(amount: str, currency: str) -> None:
    validate_amount(Decimal(amount), currency)


@pytest.mark.parametrize(("amount", "currency", "message"), REFUSED)
def test_an_amount_with_more_decimals_than_its_currency_is_refused(
    amount: str, currency: str, message: str
) -> None:
    assert refusal(validate_amount, Decimal(amount), currency) == message


@pytest.mark.django_db
@pytest.mark.parametrize(("amount", "currency", "message"), AMOUNTS)
def test_the_back_office_takes_and_shows_the_decimals_of_the_currency(
    sign_in: SignIn, amount: str, currency: str, message: str
) -> None:
    line = CreditAmountFactory.create(currency="USD").line
    office = sign_in(UserFactory.create(staff=True, is_superuser=True))
    page = reverse("admin:benefits_packageline_change", args=[line.pk])
    rows: dict[str, Any] = {
        "credit_amounts-TOTAL_FORMS": 1,
        "credit_amounts-INITIAL_FORMS": 0,
        "credit_amounts-0-line": line.pk,
    }
    rows |= {"credit_amounts-0-currency": currency, "credit_amounts-0-amount": amount}
    sent = {
        "offer": line.offer_id,
        "product": line.product_id,
        "benefit_type": "core",
        "competency": "",
        "reason": "New",
    }
    answer = office.post(page, sent | rows)
    kept = CreditAmount.objects.filter(line=line, currency=currency)
    assert list(kept.values_list("amount", flat=True)) == ([] if message else [Decimal(amount)])
    if message and amount != "30.5005":  # of which the field itself says how many it takes
        assert message in answer.text
    if not message:
        assert (str(kept.get()), kept.get().amount) == (
            money(Decimal(amount), currency),
            Decimal(amount),
        )


@pytest.mark.django_db
def test_no_row_is_written_with_decimals_that_its_currency_lacks() -> None:
    for write in (
        CreditAmount.objects.create,
        lambda **values: CreditAmount.objects.bulk_create([CreditAmount(**values)]),
    ):
        with pytest.raises(ValidationError), transaction.atomic():
            write(line=CreditAmountFactory.create().line, currency="KRW", amount=Decimal("101.50"))
    assert not CreditAmount.objects.filter(currency="KRW").exists()


def test_the_catalog_has_amounts_that_can_be_paid() -> None:
    rows = json.loads(Path("fixtures/catalog.json").read_text(encoding="utf-8"))
    amounts = [row["fields"] for row in rows if row["model"] == "benefits.creditamount"]
    for fields in amounts:
        validate_amount(Decimal(fields["amount"]), fields["currency"])
    assert len(amounts) > 3


def test_money_is_shown_with_the_decimals_of_its_currency() -> None:
    with override("nl"):
        shown = [
            money(Decimal("30.500"), "KWD"),
            money(Decimal(101), "KRW"),
            money(Decimal("85.5"), "EUR"),
        ]
    assert [text.split("\xa0")[-1] for text in shown] == ["30,500", "101", "85,50"]
    assert [decimal_places(currency) for currency in ("KWD", "KRW", "EUR")] == [3, 0, 2]


@pytest.mark.parametrize(
    ("language", "amount", "currency", "shown"),
    [
        ("en", "13000.00", "USD", "$13,000"),
        ("en", "0.50", "USD", "$0.50"),
        ("en", "13000.000", "KWD", "KWD13,000"),
        ("nl", "13000.00", "EUR", "€\xa013.000"),
        ("nl", "0", "JPY", "JP¥\xa00"),
    ],
)
def test_money_is_shown_without_decimals_that_are_zero(
    language: str, amount: str, currency: str, shown: str
) -> None:
    with override(language):
        assert money(Decimal(amount), currency) == shown


@pytest.mark.django_db
@pytest.mark.parametrize(
    "written", ["NL,QQQ,UTC", "UK,EUR,UTC", "NL,EUR,Factory", "ZZ,EUR,UTC", "NL,EUR,localtime"]
)
def test_an_import_takes_what_the_standards_list_and_nothing_else(written: str) -> None:
    known = PartnerFactory.create(mpn_id="1234")
    head = "mpn_id,name,country,currency,time_zone\n"
    asked = PartnerImport.of(
        f"{head}1234,{known.name},{written}\n5678,New,{written}\n9999,Good,GB,GBP,Europe/London\n"
    )
    assert [line.outcome.value for line in asked.lines] == ["refused", "refused", "new"]
    assert asked.lines[0].reason.split(":")[0] in ("country", "currency", "time_zone")
    assert Partner.objects.count() == 1


@pytest.mark.django_db
def test_a_name_is_told_its_code_alone_however_long_it_is(sign_in: SignIn) -> None:
    messages = {"country": "Write NL for this country.", "currency": "Write EUR for this currency."}
    messages["time_zone"] = "Write America/New_York for this time zone."
    written = {"country": "Netherlands", "currency": "Euro", "time_zone": "US/Eastern"}
    office = sign_in(UserFactory.create(staff=True, is_superuser=True))
    answer = office.post(
        reverse("admin:tenants_partner_add"),
        written | {"name": "Contoso", "mpn_id": "1234", "reason": "New"},
    )
    errors = answer.context["adminform"].form.errors
    assert {name: errors[name] for name in messages} == {
        name: [error] for name, error in messages.items()
    }
    asked = PartnerImport.of(
        f"mpn_id,name,country,currency,time_zone\n1234,Contoso,{','.join(written.values())}\n"
    )
    assert asked.lines[0].reason == " ".join(f"{name}: {error}" for name, error in messages.items())
    assert not Partner.objects.exists()


@pytest.mark.parametrize(
    ("zone", "english", "dutch"),
    [
        ("UTC", "UTC", "UTC"),
        ("America/New_York", "Eastern Time (New York)", "Eastern-tijd (New York)"),
        (
            "Europe/Amsterdam",
            "Central European Time (Amsterdam)",
            "Midden-Europese tijd (Amsterdam)",
        ),
        ("Asia/Tokyo", "Japan Time (Tokyo)", "Japanse tijd (Tokio)"),
        ("America/Argentina/Buenos_Aires", *2 * ["Argentina/Buenos Aires"]),
        ("Antarctica/Troll", "Troll", "Troll"),
    ],
)
def test_a_time_zone_is_called_as_people_call_it(zone: str, english: str, dutch: str) -> None:
    assert (time_zone_name(zone, "en"), time_zone_name(zone, "nl")) == (english, dutch)
