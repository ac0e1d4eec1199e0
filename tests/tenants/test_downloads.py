"""Whoever takes a list along is on record (rules A1, K3).

With what it was filtered by and how many rows; no name, no key.
"""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db.models import QuerySet
from django.test import Client
from django.urls import reverse

from benefits_portal import clock
from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.downloads import masked
from benefits_portal.tenants.models import (
    Actor,
    How,
    Partner,
    Record,
    Tenant,
    TenantsAction,
    User,
)
from tests import factories
from tests.clients import SignIn

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today"), pytest.mark.rule("A1", "K3")]


def downloads() -> QuerySet[Record]:
    return Record.objects.filter(action=TenantsAction.LIST_DOWNLOADED).order_by("pk")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def credit(tenant: Tenant) -> Benefit:
    """Credit that one of three people holds."""
    people = factories.DirectoryUserFactory.create_batch(3, tenant=tenant)
    benefit = factories.BenefitFactory.create(partner=tenant.partner, monthly=True)
    factories.AssignmentFactory.create(
        benefit=benefit, directory_user=people[0], partner=tenant.partner
    )
    return benefit


LISTS = [
    (
        "benefits:azure-cloud-csv",
        "?kind=usage&sort=-expires&q=Azure",
        {"list": "benefits", "rows": 0, "filters": "q=A…, kind=usage, sort=-expires"},
    ),
    ("benefits:azure-cloud-csv", "", {"list": "benefits", "rows": 1}),
    ("licensing:products-csv", "?show=all", {"list": "products", "rows": 0, "filters": "show=all"}),
    ("tenants:roles-csv", "?role=member", {"list": "roles", "rows": 0, "filters": "role=member"}),
    ("tenants:users-csv", "?q=Mia Jansen", {"list": "users", "rows": 0, "filters": "q=M… J…"}),
    (
        "tenants:activity-csv",
        "?person=Mia&refused=on&since=2021-05-01",
        {"list": "activity", "rows": 0, "filters": "person=M…, since=2021-05-01, refused=True"},
    ),
]


@pytest.mark.parametrize(("name", "query", "after"), LISTS)
def test_a_list_of_the_portal_is_on_record_before_its_first_row_is_sent(
    client: Client,
    admin: User,
    tenant: Tenant,
    credit: Benefit,
    name: str,
    query: str,
    after: dict[str, Any],
) -> None:
    answer = client.get(reverse(name) + query)
    record = downloads().get()
    assert (record.actor, record.how, record.partner, record.after) == (
        admin,
        "portal",
        tenant.partner,
        after,
    )
    assert b"".join(answer)
    assert downloads().count() == 1


def test_holders_are_on_record_with_the_benefit_that_they_hold(
    client: Client, credit: Benefit
) -> None:
    client.get(reverse("benefits:holders-csv", args=[credit.pk]))
    assert [(record.subject, record.after) for record in downloads()] == [
        (credit, {"list": "holders", "rows": 1})
    ]


def test_a_head_request_takes_nothing_along(client: Client, credit: Benefit) -> None:
    assert client.head(reverse("benefits:azure-cloud-csv")).status_code == 200
    assert downloads().count() == 0


def test_the_back_office_s_choices_are_on_record_and_what_is_typed_is_not(sign_in: SignIn) -> None:
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    factories.PartnerFactory.create(name="Contoso", country="NL")
    key = key_encryption.grouped(key_encryption.draw())
    answer = sign_in(staff).get(
        reverse("admin:tenants_partner_export"),
        {"q": "Contoso Holding", "country__exact": "NL", "is_practice__exact": "0"},
    )
    assert b"".join(answer)
    record = downloads().get()
    assert (record.actor, record.how, record.partner) == (staff, "back-office", None)
    assert record.after == {
        "list": "tenants.partner",
        "rows": 0,
        "filters": "q=C… H…, country__exact=N…, is_practice__exact=0",
    }
    sign_in(staff).get(
        reverse("admin:tenants_record_export"),
        {"action": "benefits.assigned", "about": "tenants.tenant:5"},
    )
    assert downloads().last().after["filters"] == "action=b…, about=tenants.tenant:5"
    assert key not in str([record.after for record in downloads()])


def test_masked_words_hold_no_name_and_no_key() -> None:
    key = key_encryption.grouped(key_encryption.draw())
    assert masked("Mia  Jansen") == "M… J…"
    assert not any(part in masked(f"x {key}") for part in key.split("-"))
    assert masked("") == ""


def test_the_partner_reads_it_in_its_activity(client: Client, credit: Benefit) -> None:
    client.get(reverse("benefits:azure-cloud-csv") + "?kind=usage")
    page = client.get(reverse("tenants:activity"))
    assert "Downloaded a list" in page.text
    assert "List: Azure &amp; cloud products" in page.text
    assert "Rows: 1" in page.text
    assert "Filters: Kind: Usage-based" in page.text


def test_a_filter_that_makes_no_sense_downloads_nothing(sign_in: SignIn, admin: User) -> None:
    answer = sign_in(admin).get("/account/activity/csv/?since=11/29/2026")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/account/activity/?since=11%2F29%2F2026",
    )
    assert not Record.objects.exists()


def test_the_same_download_within_the_hour_is_one_line_with_a_count(
    client: Client, credit: Benefit
) -> None:
    url = reverse("benefits:azure-cloud-csv")
    with time_machine.travel(clock.now(), tick=False) as at:
        for _ in range(30):
            assert client.get(url).status_code == 200
        assert [(record.times, record.last_at) for record in downloads()] == [(30, clock.now())]
        client.get(url + "?kind=usage")
        client.get(reverse("benefits:holders-csv", args=[credit.pk]))
        assert [record.times for record in downloads()] == [30, 1, 1]
        at.shift(timedelta(minutes=61))
        client.get(url)
        assert [record.times for record in downloads()] == [30, 1, 1, 1]
    assert "Downloaded a list, 30 times until" in client.get(reverse("tenants:activity")).text


def test_a_search_for_what_no_database_keeps_is_counted_too(
    client: Client, credit: Benefit
) -> None:
    for _ in range(2):
        assert client.get(reverse("benefits:azure-cloud-csv") + "?q=%00").status_code == 200
    assert [record.times for record in downloads()] == [2]


def test_downloads_of_two_people_and_of_two_tenants_are_lines_of_their_own(
    admin: User, tenant: Tenant, credit: Benefit
) -> None:
    other = factories.TenantFactory.create(partner=tenant.partner)
    member = factories.RoleAssignmentFactory.create(partner=tenant.partner).user
    for by, where in [(admin, tenant), (admin, other), (member, tenant), (admin, tenant)]:
        Record.objects.log(
            TenantsAction.LIST_DOWNLOADED,
            by=Actor(by, How.PORTAL),
            partner=tenant.partner,
            tenant=where,
            after={"list": "products", "rows": 1},
        )
    assert [record.times for record in downloads()] == [2, 1, 1]


def test_the_back_office_says_how_often_a_list_was_downloaded(sign_in: SignIn) -> None:
    staff = factories.UserFactory.create(staff=True, is_superuser=True)
    office = sign_in(staff)
    for _ in range(3):
        office.get(reverse("admin:tenants_partner_export"))
    assert [record.times for record in downloads()] == [3]
    assert "Done 3 times until" in office.get(reverse("admin:tenants_record_changelist")).text


@pytest.mark.parametrize(
    ("page", "language", "name"),
    [
        ("tenants:users-csv", "en", "contoso-users-2021-05-01.csv"),
        ("tenants:roles-csv", "nl", "contoso-rollen-2021-05-01.csv"),
        ("tenants:activity-csv", "en", "contoso-activity-2021-05-01.csv"),
        ("tenants:activity-csv", "nl", "contoso-activiteitenlogboek-2021-05-01.csv"),
        ("licensing:products-csv", "en", "contoso-labs-products-2021-05-01.csv"),
    ],
)
def test_each_download_is_called_after_whose_it_is_and_the_day(
    admin: User, tenant: Tenant, sign_in: SignIn, page: str, language: str, name: str
) -> None:
    Partner.objects.filter(pk=tenant.partner_id).update(name="Contoso")
    Tenant.objects.filter(pk=tenant.pk).update(name="Contoso Labs")
    answer = sign_in(admin).get(reverse(page), headers={"accept-language": language})
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
