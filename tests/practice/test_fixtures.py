"""The catalog's figures, and demo.json against the story."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Q
from pytest_django import Settings

from benefits_portal.benefits.models import CreditAmount, Offer, PackageLine, Product, ProductKey
from benefits_portal.practice.story_fixture import FIXTURE, REFERENCE_DAY, outcome, steady
from benefits_portal.tenants.models import Partner, PracticeWorld, User
from tests.factories import PartnerFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def practice_secret(settings: Settings) -> None:
    # What a demo has: the fixture's keys are encrypted with it.
    settings.PRODUCT_KEY_SECRETS = [settings.PRACTICE_SECRET]


def test_demo_json_equals_the_storys_outcome() -> None:
    """If not, the story or a model changed: `DEMO=on manage.py demo_fixture` writes it anew."""
    assert steady(outcome()) == steady(FIXTURE.read_text(encoding="utf-8"))
    assert not Partner.objects.exists()  # telling it left the database as it is


def test_demo_json_loads_into_an_empty_database() -> None:
    call_command("loaddata", "demo", verbosity=0)

    assert PracticeWorld.objects.get().as_of == REFERENCE_DAY
    assert not any(user.has_usable_password() for user in User.objects.all())
    assert ProductKey.objects.redeemable(REFERENCE_DAY).exists()


def test_the_fixture_is_written_with_the_demos_own_secret_only(settings: Settings) -> None:
    settings.PRODUCT_KEY_SECRETS = ["a real one"]
    before = FIXTURE.read_bytes()

    with pytest.raises(CommandError, match="PRODUCT_KEY_SECRETS"):
        call_command("demo_fixture")

    assert FIXTURE.read_bytes() == before


def test_the_fixture_is_not_written_from_a_database_with_anything_else() -> None:
    PartnerFactory.create()

    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("demo_fixture")

    assert Partner.objects.count() == 1


@pytest.fixture
def catalog() -> None:
    call_command("loaddata", "catalog", verbosity=0)


@pytest.mark.rule("B3")
@pytest.mark.usefixtures("catalog")
def test_a_hundred_dollars_is_ten_thousand_yen() -> None:
    amounts = set(CreditAmount.objects.values_list("line__product__kind", "currency", "amount"))

    assert amounts == {
        ("monthly-credit", "USD", Decimal(100)),
        ("monthly-credit", "EUR", Decimal(85)),
        ("monthly-credit", "JPY", Decimal(10_000)),
        ("bulk-credit", "USD", Decimal(6_000)),
        ("bulk-credit", "EUR", Decimal(5_100)),
        ("bulk-credit", "JPY", Decimal(600_000)),
        ("bulk-credit", "USD", Decimal(12_000)),
        ("bulk-credit", "EUR", Decimal(10_200)),
        ("bulk-credit", "JPY", Decimal(1_200_000)),
        ("bulk-credit", "USD", Decimal(13_000)),
        ("bulk-credit", "EUR", Decimal(11_050)),
        ("bulk-credit", "JPY", Decimal(1_300_000)),
    }


@pytest.mark.rule("B4")
@pytest.mark.usefixtures("catalog")
def test_discontinued_products_name_their_replacements() -> None:
    replacements = {"Microsoft 365 E3", "Microsoft 365 E5"}
    discontinued = Product.objects.exclude(discontinued_on=None)

    assert {
        frozenset(product.replaced_by.values_list("name", flat=True)) for product in discontinued
    } == {frozenset(replacements)}
    assert set(discontinued.values_list("name", flat=True)) == {
        "Enterprise Mobility + Security",
        "Enterprise Mobility + Security E5",
        "Enterprise Mobility Suite",
        "Microsoft Intune",
        "Microsoft Office 365 E3",
        "Office 365 E5",
        "Windows 10 Enterprise",
        "Windows 10 Enterprise E5",
    }


@pytest.mark.rule("B4")
@pytest.mark.usefixtures("catalog")
def test_competency_packages_leave_them_out_and_the_action_pack_does_not() -> None:
    provisioned = {
        offer.name: PackageLine.objects.of_package(offer, REFERENCE_DAY).count()
        for offer in Offer.objects.all()
    }
    left_out = PackageLine.objects.filter(
        ~Q(product__discontinued_on=None), offer__is_competency=True
    ).count()

    assert provisioned == {
        "Microsoft Action Pack": 7,
        "Silver competency": 12,
        "Gold competency": 13,
    }
    assert left_out == 3
