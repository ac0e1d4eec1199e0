"""The list of benefits as a file: its name, numbers as numbers, who used what."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Actor, Partner, Tenant, User
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    AssignmentFactory,
    BenefitFactory,
    DirectoryUserFactory,
    RoleAssignmentFactory,
    issue_key,
    redeem,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
CSV = reverse("benefits:azure-cloud-csv")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def lines(client: Client, query: str = "", language: str = "en") -> list[dict[str, str]]:
    answer = client.get(f"{CSV}{query}", headers={"Accept-Language": language})
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text), delimiter=";" if language == "nl" else ","))


@pytest.mark.parametrize(
    ("partner_name", "language", "name"),
    [
        ("Contoso", "en", "contoso-benefits-2021-05-01.csv"),
        ("Contoso", "nl", "contoso-voordelen-2021-05-01.csv"),
        ("Ångström & Zoë", "en", "angstrom-zoe-benefits-2021-05-01.csv"),
        ("東京", "en", "benefits-2021-05-01.csv"),
    ],
)
def test_the_file_is_called_after_the_partner_and_the_day(
    client: Client, partner: Partner, partner_name: str, language: str, name: str
) -> None:
    Partner.objects.filter(pk=partner.pk).update(name=partner_name)
    answer = client.get(CSV, headers={"Accept-Language": language})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'


@pytest.mark.parametrize(
    ("facts", "language", "expected"),
    [
        ({"quantity": 25}, "en", ("License-based", "25", "licenses")),
        ({"quantity": 1}, "en", ("License-based", "1", "license")),
        ({"quantity": 1_200}, "en", ("License-based", "1200", "licenses")),
        ({"monthly": True}, "en", ("Usage-based", "100", "USD per month")),
        ({"bulk": True, "credit_amount": "6000"}, "en", ("Usage-based", "6000", "USD per year")),
        (
            {"monthly": True, "credit_amount": "85.50"},
            "en",
            ("Usage-based", "85.50", "USD per month"),
        ),
    ],
)
def test_a_quantity_is_a_number_and_its_unit(
    client: Client,
    partner: Partner,
    facts: dict[str, object],
    language: str,
    expected: tuple[str, str, str],
) -> None:
    BenefitFactory.create(partner=partner, **facts)
    [line] = lines(client, language=language)
    assert (line["Kind"], line["Quantity"], line["Unit"]) == expected


def test_a_dutch_spreadsheet_reads_the_decimals(client: Client, partner: Partner) -> None:
    BenefitFactory.create(partner=partner, monthly=True, credit_amount="85.50")
    [line] = lines(client, language="nl")
    assert (line["Aantal"], line["Eenheid"]) == ("85,50", "USD per maand")


def test_a_row_says_who_redeemed_its_key_and_when(
    client: Client, partner: Partner, tenant: Tenant
) -> None:
    lynne = DirectoryUserFactory.create(tenant=tenant, display_name="Lynne Robbins")
    user = RoleAssignmentFactory.create(user__directory_user=lynne, partner=partner).user
    key = issue_key(partner=partner)
    redeem(key, tenant=tenant, by=Actor(user))
    waiting = issue_key(partner=partner)
    used = {
        line["Key ends in"]: (line["Redeemed by"], line["Redeemed on"]) for line in lines(client)
    }
    assert used == {
        key.last_five: ("Lynne Robbins", TODAY.isoformat()),
        waiting.last_five: ("", ""),
    }


def test_a_row_names_the_holders_of_credit(client: Client, partner: Partner) -> None:
    credit = BenefitFactory.create(partner=partner, monthly=True)
    for name in ("Nestor Wilke", "Ådel Vance"):
        AssignmentFactory.create(benefit=credit, directory_user__display_name=name)
    assert [line["Holder"] for line in lines(client)] == ["Ådel Vance; Nestor Wilke"]


def test_very_many_holders_are_counted(client: Client, tenant: Tenant) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    for person in DirectoryUserFactory.create_batch(21, tenant=tenant):
        AssignmentFactory.create(benefit=credit, directory_user=person)
    assert [line["Holder"] for line in lines(client)] == ["21 people"]


def test_a_competency_has_a_column_of_its_own(client: Client, partner: Partner) -> None:
    BenefitFactory.create(
        partner=partner,
        package_line__benefit_type="incremental",
        package_line__competency="Cloud Platform",
    )
    [line] = lines(client)
    assert (line["Benefit type"], line["Competency"]) == ("Incremental", "Cloud Platform")


def test_the_file_holds_the_tab_that_is_open(client: Client, partner: Partner) -> None:
    old = BenefitFactory.create(partner=partner, expires_on="2021-04-30")
    new = BenefitFactory.create(partner=partner)
    found = [[line["Benefit"] for line in lines(client, query)] for query in ("", "?tab=ended")]
    assert found == [[new.product_name], [old.product_name]]
    assert Benefit.objects.for_partner(partner).count() == 2
