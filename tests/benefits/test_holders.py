"""What a benefit's page says about its holders (rules U3, A2).

The chain of them, and what to write to them.
"""

import csv
from datetime import timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from benefits_portal.licensing.views.benefit_detail import MAX_HOLDERS
from benefits_portal.tenants.models import Actor, Tenant, User
from tests.clients import SignIn
from tests.factories import TODAY, BenefitFactory, DirectoryUserFactory

rule = pytest.mark.rule
pytestmark = pytest.mark.usefixtures("today")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@rule("U3")
def test_bulk_credit_shows_its_holders_from_the_first_to_the_present_one(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    bulk = BenefitFactory.create(partner=tenant.partner, bulk=True)
    one, two = (
        DirectoryUserFactory.create(tenant=tenant, display_name=name) for name in ("Ann", "Bob")
    )
    first = bulk.assign(one, by=by, on=TODAY - timedelta(days=30))
    first.transfer(two, by=by, on=TODAY).transfer(one, by=by, on=TODAY)
    chain = client.get(reverse("licensing:benefit-detail", args=[bulk.pk])).context["chain"]
    assert [(event["when"], event["title"], event["detail"], event["kind"]) for event in chain] == [
        ("Apr 1, 2021", "Ann", "Assigned", "past"),
        ("May 1, 2021", "Bob", "Transferred from Ann", "past"),
        ("May 1, 2021", "Ann", "Transferred from Bob", "now"),
    ]


def test_the_user_s_message_is_in_each_language_the_reader_s_own_first(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    credit = BenefitFactory.create(
        partner=tenant.partner, monthly=True, credit_amount=100, currency="USD"
    )
    credit.assign(DirectoryUserFactory.create(tenant=tenant), by=by, on=TODAY)
    client.cookies["django_language"] = "nl"
    page = client.get(reverse("licensing:benefit-detail", args=[credit.pk]))
    dutch, english = page.context["letters"]
    assert (dutch["code"], english["code"]) == ("nl", "en")
    assert english["text"].endswith("You can use it through Jan 31, 2022.")
    assert "31 januari 2022" in dutch["text"]
    assert '<div lang="en">' in page.text


@rule("U1")
def test_the_disabled_keep_what_they_hold_and_stand_out_until_its_removal(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    leaver, colleague = DirectoryUserFactory.create_batch(2, tenant=tenant)
    assignment, _other = (credit.assign(person, by=by, on=TODAY) for person in (leaver, colleague))
    pages = [reverse("tenants:users"), reverse("tenants:user", args=[leaver.pk])]
    marks = ["Still holds credit", "is disabled and still has credit"]

    def stands_out() -> list[bool]:
        return [mark in client.get(page).text for page, mark in zip(pages, marks, strict=True)]

    assert stands_out() == [False, False]
    leaver.disable(by=by)
    assert stands_out() == [True, True]
    details = client.get(reverse("licensing:benefit-detail", args=[credit.pk]))
    assert {
        row.directory_user: row.directory_user.is_enabled for row in details.context["running"]
    } == {leaver: False, colleague: True}
    assert [held.title for held in client.get(pages[1]).context["holdings"]] == [credit.title]
    assignment.remove(by=by, on=TODAY)
    assert stands_out() == [False, False]


@pytest.mark.parametrize("count", [1, 20])
def test_the_page_of_a_benefit_takes_eight_queries_however_many_hold_it(
    client: Client,
    tenant: Tenant,
    by: Actor,
    django_assert_max_num_queries: DjangoAssertNumQueries,
    count: int,
) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    for person in DirectoryUserFactory.create_batch(count, tenant=tenant):
        credit.assign(person, by=by, on=TODAY)
    address = reverse("licensing:benefit-detail", args=[credit.pk])
    client.get(address)
    with django_assert_max_num_queries(8):
        client.get(address)


def test_a_benefit_s_page_shows_the_first_holders_and_leads_to_them_all(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    people = [
        DirectoryUserFactory.create(tenant=tenant, display_name=f"Person {number:02d}")
        for number in range(MAX_HOLDERS + 3)
    ]
    first, *others = [credit.assign(person, by=by, on=TODAY) for person in people]
    first.remove(by=by, on=TODAY)
    details = client.get(reverse("licensing:benefit-detail", args=[credit.pk]))
    address = reverse("benefits:holders", args=[credit.pk])
    assert details.context["running"] == others[:MAX_HOLDERS]
    assert details.text.count(f'href="{address}"') == 1
    pages = {
        query: client.get(f"{address}?{query}").context["page"].rows
        for query in ("sort=-name", "show=past", "q=person+07")
    }
    assert pages == {"sort=-name": others[::-1], "show=past": [first], "q=person+07": [others[6]]}


@pytest.mark.parametrize(
    ("query", "heads", "found"),
    [("sort=name", [], [1, 2]), ("show=past", ["Ended on"], [0]), ("q=person+2", [], [2])],
)
def test_the_download_has_what_the_list_of_holders_is_narrowed_to(
    client: Client, tenant: Tenant, by: Actor, query: str, heads: list[str], found: list[int]
) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    people = [
        DirectoryUserFactory.create(tenant=tenant, display_name=f"Person {number}")
        for number in range(3)
    ]
    first, *_others = [credit.assign(person, by=by, on=TODAY) for person in people]
    first.remove(by=by, on=TODAY)
    download = (
        client.get(f"{reverse('benefits:holders-csv', args=[credit.pk])}?{query}")
        .getvalue()
        .decode("utf-8-sig")
    )
    written = [["Name", "Email", "Assigned on", *heads]]
    written += [
        [
            people[n].display_name,
            people[n].user_principal_name,
            "2021-05-01",
            *(["2021-05-01"] if heads else []),
        ]
        for n in found
    ]
    assert list(csv.reader(StringIO(download))) == written


@rule("U2")
def test_few_holders_are_on_the_benefit_s_page_with_those_before_them(
    client: Client, tenant: Tenant, by: Actor
) -> None:
    credit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    one, two = (
        credit.assign(person, by=by, on=TODAY)
        for person in DirectoryUserFactory.create_batch(2, tenant=tenant)
    )
    one.remove(by=by, on=TODAY)
    details = client.get(reverse("licensing:benefit-detail", args=[credit.pk]))
    assert [details.context["running"], details.context["past"]] == [[two], [one]]
    assert reverse("benefits:holders", args=[credit.pk]) not in details.text
