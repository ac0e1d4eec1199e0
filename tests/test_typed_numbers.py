"""Numbers are read as people copy them; what could be read in two ways is asked back (W4)."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from benefits_portal.benefits.models import PackageLine
from benefits_portal.licensing.calculator_forms import form_for
from benefits_portal.number_fields import AmountFormField
from benefits_portal.tenants.models import User
from benefits_portal.typed_numbers import read_amount, read_number, read_numbers
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY

pytestmark = pytest.mark.rule("W4")

SPACES = (
    " \t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
BETWEEN_THOUSANDS = "\u00a0\u2007\u2008\u2009\u200a\u202f\u205f"
WHOLE = "Enter a whole number, such as 100."
NO_DECIMALS = "Enter whole numbers without decimals, separated by semicolons: 25; 10."
ONE_OR_TWO = "Write {} for one key, or {}; {} for two."


@pytest.mark.parametrize(
    "typed",
    [
        "1200",
        "1,200",
        "1.200",
        "1'200",
        "1’200",
        "１２００",
        "１，２００",
        "\u200b1200\u200e",
        " 1200 ",
        "١٢٠٠",
        "۱۲۰۰",
        "१,२००",
        "١٬٢٠٠",
        "๑ ๒๐๐",
        *(f"1{space}200" for space in SPACES),
    ],
)
def test_a_number_is_read_however_its_thousands_are_apart(typed: str) -> None:
    assert read_number(typed) == 1200


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1.5",
        "1,00,000",
        "12 00",
        "1 2000",
        "1.200,000",
        "-5",
        "+5",
        "1e3",
        "١2",
        "١۲",
        "²",
        "x",
        "25 licenses",
        "1_000",
        "9" * 13,
    ],
)
def test_what_is_no_whole_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_number(typed)
    assert refused.value.messages == [WHOLE]


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("25, 25 50", [25, 25, 50]),
        ("25; 10; 10", [25, 10, 10]),
        ("25+10", [25, 10]),
        ("２５；１０", [25, 10]),
        ("25、10", [25, 10]),
        ("٢٥؛ ١٠، ١٠", [25, 10, 10]),
        ("1 200", [1200]),
        *((f"1{space}200", [1200]) for space in BETWEEN_THOUSANDS),
        ("1\u202f200\u202f000", [1_200_000]),
        ("25\u00a0200", [25_200]),
        ("25 1\u00a0200", [25, 1200]),
        ("1,000", [1000]),
        ("٦،٠٠٠", [6000]),
        ("٢٥، ١٠", [25, 10]),
        ("10 000", [10_000]),
        ("1,000,000", [1_000_000]),
        ("1 000 500", [1_000_500]),
        ("25; 12,000,100", [25, 12_000_100]),
        ("250,000,000", [250_000_000]),
        ("25,10", [25, 10]),
        ("100.000; 5", [100_000, 5]),
        ("1.200; 25", [1200, 25]),
        ("1'200 25", [1200, 25]),
        ("1, 200", [1, 200]),
        ("1 200, 25", [1200, 25]),
        ("1200 25", [1200, 25]),
        ("25 1200", [25, 1200]),
        ("1\n200", [1, 200]),
        ("25\t10\r\n10", [25, 10, 10]),
        ("", []),
        (" ; ", []),
    ],
)
def test_several_numbers_are_told_apart(typed: str, numbers: list[int]) -> None:
    assert read_numbers(typed) == numbers


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("1,200", ONE_OR_TWO.format(1200, 1, 200)),
        ("１，２００", ONE_OR_TWO.format(1200, 1, 200)),
        ("١،٢٠٠", ONE_OR_TWO.format(1200, 1, 200)),
        ("25 100", ONE_OR_TWO.format(25100, 25, 100)),
        ("100\u3000200", ONE_OR_TWO.format(100200, 100, 200)),
        ("5; 25,100", ONE_OR_TWO.format(25100, 25, 100)),
        ("100 100 100", "Write 100100100 for one key, or 100; 100; 100 for several."),
        *(
            (typed, NO_DECIMALS)
            for typed in [
                "100.000,5",
                "12,00",
                "12,0",
                "1.000,00",
                "1,000.00",
                "1'200,25",
                "0,5",
                "5; 12,05",
            ]
        ),
        *((typed, NO_DECIMALS) for typed in ["１２，００", "1\u202f200,5"]),
        ("25; x", WHOLE),
        ("25; 1.5", WHOLE),
    ],
)
def test_what_could_be_one_number_or_several_is_asked_back(typed: str, error: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_numbers(typed)
    assert refused.value.messages == [error]


@given(st.lists(st.integers(1, 999_999), min_size=1, max_size=5))
def test_what_is_written_with_semicolons_is_read_back(numbers: list[int]) -> None:
    assert (
        read_numbers("; ".join(f"{number:,}".replace(",", "\u202f") for number in numbers))
        == numbers
    )


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    ("typed", "decimals", "amount"),
    [
        ("6000", 2, "6000"),
        ("6,000", 2, "6000"),
        ("6.000", 2, "6000"),
        ("6 000", 2, "6000"),
        ("6\u202f000", 2, "6000"),
        ("6'000", 2, "6000"),
        ("6,000.50", 2, "6000.50"),
        ("6.000,50", 2, "6000.50"),
        ("6 000,50", 2, "6000.50"),
        ("1,200,000", 2, "1200000"),
        ("1.200.000,5", 2, "1200000.5"),
        ("30.5", 2, "30.5"),
        ("30,5", 2, "30.5"),
        ("６０００．５０", 2, "6000.50"),
        ("٦٠٠٠.٥٠", 2, "6000.50"),
        ("30.500", 0, "30500"),
        ("1,234.500", 3, "1234.500"),
        ("1.234,500", 3, "1234.500"),
        ("1234.500", 3, "1234.500"),
    ],
)
def test_an_amount_is_read_however_it_is_written(
    typed: str, decimals: int, amount: str, language: str
) -> None:
    with translation.override(language):
        assert str(read_amount(typed, decimals)) == amount


@pytest.mark.parametrize(
    ("typed", "language", "amount"),
    [
        ("30.500", "en", "30.500"),
        ("30,500", "en", "30500"),
        ("30.500", "nl", "30500"),
        ("30,500", "nl", "30.500"),
    ],
)
def test_the_language_tells_what_stands_before_three_decimals(
    typed: str, language: str, amount: str
) -> None:
    with translation.override(language):
        assert str(read_amount(typed, 3)) == amount


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("30.505,5,5", "Enter an amount, such as 6000 or 6000.50."),
        ("1,00,000", "Enter an amount, such as 6000 or 6000.50."),
        ("x", "Enter an amount, such as 6000 or 6000.50."),
        ("-5", "Enter an amount, such as 6000 or 6000.50."),
        ("٣٫٥", "Enter an amount, such as 6000 or 6000.50."),
        ("NaN", "Enter an amount, such as 6000 or 6000.50."),
        ("1e9", "Enter an amount, such as 6000 or 6000.50."),
        ("5.", "Enter an amount, such as 6000 or 6000.50."),
        ("6000.505", "Enter an amount with at most 2 decimal places."),
        ("6,000.5055", "Enter an amount with at most 2 decimal places."),
    ],
)
def test_what_is_no_amount_is_refused(typed: str, error: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read_amount(typed)
    assert refused.value.messages == [error]


# The calculator


LINK = "licenses=100&ends_on=2027-06-30&keys=25&on=2027-01-31"


@pytest.mark.parametrize(
    "query",
    [
        LINK,
        LINK.replace("&", "&amp;"),
        LINK.replace("&", "&amp;amp;"),
        LINK.replace("&", "%26amp%3B").replace("=", "%3D"),
        *(
            f"{LINK}{behind}"
            for behind in [
                ".",
                ">",
                ")",
                "%3E",
                ").",
                "%22",
                "%E2%80%9D",
                ",",
                ";",
                "!",
                "%20",
                "%0A",
                "%5D",
            ]
        ),
        LINK.replace("&", "&%0D%0A"),
        LINK.replace("=", "=3D"),
        LINK.replace("&on", ".&on"),
        "licenses=１００&ends_on=２０２７-０６-３０&keys=２５&on=2027-01-31",
    ],
)
def test_a_link_to_a_result_works_however_it_was_sent(client: Client, query: str) -> None:
    page = client.get(f"{reverse('licensing:calculator')}?{query}")
    assert page.context["form"].errors == {}
    assert page.context["calculation"].summary == [
        "100 licenses until Jun 30, 2027",
        "key: 25 licenses",
        "redeemed on Jan 31, 2027",
    ]


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2009", " "])
def test_a_key_of_1_200_is_one_key(client: Client, space: str) -> None:
    sent = {
        "licenses": f"1{space}200",
        "ends_on": "2027-06-30",
        "keys": f"1{space}200",
        "on": "2027-01-31",
        "carried": f"1{space}100",
    }
    page = client.get(reverse("licensing:calculator"), sent)
    assert page.context["form"].cleaned_data == {
        **page.context["form"].cleaned_data,
        "licenses": 1200,
        "keys": [1200],
        "carried": 1100,
    }
    assert "1,200 licenses until Jun 30, 2027 · key: 1,200 licenses" in page.text


def test_what_was_typed_comes_back_as_it_was_typed() -> None:
    form = form_for(QueryDict("licenses=1,5&ends_on=2027-06-30&keys=1,200"), TODAY)
    assert (form["licenses"].value(), form["keys"].value()) == ("1,5", "1,200")


# The back office


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "quantity"),
    [("1\u202f200", 1200), ("１２００", 1200), ("1.200", 1200), ("1,200", 1200)],
)
def test_the_back_office_reads_a_quantity(
    admin: User, sign_in: SignIn, typed: str, quantity: int
) -> None:
    admin.is_staff = admin.is_superuser = True
    admin.save()
    line = factories.PackageLineFactory.create()
    page = reverse("admin:benefits_packageline_change", args=[line.pk])
    office = sign_in(admin)
    form = office.get(page).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields} | {
        "quantity": typed,
        "reason": "Agreed",
    }
    inline = {"credit_amounts-TOTAL_FORMS": 0, "credit_amounts-INITIAL_FORMS": 0}
    answer = office.post(page, sent | inline)
    assert (answer.status_code, PackageLine.objects.get(pk=line.pk).quantity) == (302, quantity)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "amount"),
    [("6.000,00", "6000"), ("6,000.00", "6000"), ("6\u202f000,5", "6000.5"), ("１００", "100")],
)
def test_the_back_office_reads_an_amount(
    admin: User, sign_in: SignIn, typed: str, amount: str
) -> None:
    admin.is_staff = admin.is_superuser = True
    admin.save()
    line = factories.PackageLineFactory.create(product__monthly=True)
    line.credit_amounts.all().delete()
    page = reverse("admin:benefits_packageline_change", args=[line.pk])
    office = sign_in(admin)
    form = office.get(page).context["adminform"].form
    sent = {name: form[name].value() or "" for name in form.fields} | {"reason": "Agreed"}
    inline = {
        "credit_amounts-TOTAL_FORMS": 1,
        "credit_amounts-INITIAL_FORMS": 0,
        "credit_amounts-0-currency": "EUR",
        "credit_amounts-0-amount": typed,
        "credit_amounts-0-line": line.pk,
    }
    answer = office.post(page, sent | inline)
    assert (answer.status_code, list(line.credit_amounts.values_list("amount", flat=True))) == (
        302,
        [Decimal(amount)],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("typed", "currency", "language", "message"),
    [
        ("6.000", "EUR", "en", "Write 6000 or 6: EUR does not have three decimals."),
        ("85.500", "EUR", "en", "Write 85500 or 85.5: EUR does not have three decimals."),
        ("6.000", "JPY", "en", "Write 6000 or 6: JPY does not have three decimals."),
        ("85,500", "USD", "nl", "Schrijf 85500 of 85,5: USD heeft geen drie decimalen."),
        ("6.000", "EUR", "nl", ""),
        ("6,000", "EUR", "en", ""),
        ("6.000", "KWD", "en", ""),
    ],
)
def test_an_amount_with_more_decimals_than_its_currency_is_asked_back(
    admin: User, sign_in: SignIn, typed: str, currency: str, language: str, message: str
) -> None:
    admin.is_staff = admin.is_superuser = True
    admin.save()
    line = factories.PackageLineFactory.create(product__monthly=True)
    line.credit_amounts.all().delete()
    office = sign_in(admin)
    office.cookies["django_language"] = language
    sent = {
        "offer": line.offer_id,
        "product": line.product_id,
        "benefit_type": "core",
        "competency": "",
        "reason": "Agreed",
    }
    sent |= {
        "credit_amounts-TOTAL_FORMS": 1,
        "credit_amounts-INITIAL_FORMS": 0,
        "credit_amounts-0-line": line.pk,
    }
    sent |= {"credit_amounts-0-currency": currency, "credit_amounts-0-amount": typed}
    with translation.override(language):
        answer = office.post(reverse("admin:benefits_packageline_change", args=[line.pk]), sent)
    kept = list(line.credit_amounts.values_list("amount", flat=True))
    if message:
        assert (kept, answer.context["inline_admin_formsets"][0].formset.errors) == (
            [],
            [{"amount": [message]}],
        )
    else:
        assert kept == [Decimal(6 if currency == "KWD" else 6000)]


@pytest.mark.parametrize("language", ["en", "nl"])
@pytest.mark.parametrize(
    "amount", ["85.000", "100.000", "30.500", "30.505", "0.500", "6000.000", "1234567.890"]
)
def test_an_amount_that_is_sent_back_as_it_was_shown_is_the_same(
    amount: str, language: str
) -> None:
    field = AmountFormField(decimal_places=3)
    with translation.override(language):
        assert field.clean(field.prepare_value(Decimal(amount))) == Decimal(amount)


@pytest.mark.parametrize("typed", ["10²", "①②", "⑩", "½", "25₂"])
def test_what_is_no_digit_of_a_number_is_not_read_as_one(typed: str) -> None:
    for read in (read_number, read_amount):
        with pytest.raises(ValidationError):
            read(typed)
