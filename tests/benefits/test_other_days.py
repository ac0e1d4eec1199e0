"""The list of benefits, a benefit and a person as they were or will be on any day (H1 to H5)."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Actor, DirectoryUser, Tenant, User
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    AssignmentFactory,
    BenefitFactory,
    DirectoryUserFactory,
    issue_key,
    redeem,
    replace,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule

DAY = timedelta(days=1)
BY = Actor()
LIST, BENEFIT, PERSON = "benefits:azure-cloud", "licensing:benefit-detail", "tenants:user"
ACTION = re.compile(r'<button|<form[^>]*method="post"|data-panel-link|aria-disabled')

SEARCH = re.compile(r'<form[^>]*role="search".*?</form>', re.DOTALL)


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def ago(days: int) -> date:
    return TODAY - days * DAY


def url(name: str, *args: int, on: date | None = None, **query: str) -> str:
    given = ({"on": on.isoformat()} if on else {}) | query
    return reverse(name, args=args, query=given)


def main_of(client: Client, where: str) -> str:
    page = client.get(where).text.partition("<main")[2].partition("</main>")[0]
    return re.sub(r'<details class="flyout day-menu".*?</details>', "", page, flags=re.DOTALL)


def text_of(client: Client, where: str) -> str:
    return " ".join(strip_tags(main_of(client, where)).replace("&#x27;", "'").split())


@pytest.fixture
def person(tenant: Tenant) -> DirectoryUser:
    return DirectoryUserFactory.create(tenant=tenant, display_name="Morgan Lee")


@pytest.fixture
def credit(tenant: Tenant, person: DirectoryUser) -> Benefit:
    """Held by Morgan from day -45 until day -20."""
    benefit = BenefitFactory.create(partner=tenant.partner, monthly=True)
    given = AssignmentFactory.create(benefit=benefit, directory_user=person, assigned_on=ago(45))
    given.remove(by=BY, on=ago(20))
    return benefit


@pytest.fixture
def licenses(tenant: Tenant) -> Benefit:
    """Its key was redeemed on day -45 and replaced on day -20."""
    key = issue_key(partner=tenant.partner)
    replace(redeem(key, tenant=tenant, on=ago(45)), on=ago(20))
    return key.benefit


DAYS_OF_USE = [(46, False), (45, True), (21, True), (20, False)]


# The list


@rule("H1")
@pytest.mark.parametrize(("days_ago", "is_used"), DAYS_OF_USE)
def test_the_list_says_what_was_used_on_the_day(
    client: Client, credit: Benefit, licenses: Benefit, days_ago: int, is_used: bool
) -> None:
    sections = client.get(url(LIST, on=ago(days_ago))).context["sections"]
    statuses = [row["status"] for section in sections for row in section["rows"]]
    expected = ["assigned", "redeemed"] if is_used else ["not-assigned", "not-redeemed"]
    assert statuses == expected


@rule("H1")
@pytest.mark.parametrize(("days_ago", "is_used"), DAYS_OF_USE)
@pytest.mark.parametrize(
    ("query", "when_used"),
    [
        ({"show": "unused"}, False),
        ({"status": "assigned"}, True),
        ({"status": "not-assigned"}, False),
    ],
    ids=str,
)
def test_the_filters_of_a_day_ask_what_was_used_then(
    client: Client,
    credit: Benefit,
    days_ago: int,
    is_used: bool,
    query: dict[str, str],
    when_used: bool,
) -> None:
    page = client.get(url(LIST, on=ago(days_ago), **query)).context["page"]
    assert [row["pk"] for row in page.rows] == ([credit.pk] if is_used is when_used else [])


@rule("H1")
@pytest.mark.parametrize("sort", ["benefit", "-quantity", "offer", "-type", "expires", "status"])
def test_the_list_of_a_day_has_every_order_but_by_use(
    client: Client, credit: Benefit, licenses: Benefit, sort: str
) -> None:
    response = client.get(url(LIST, on=ago(30), sort=sort))
    assert {row["pk"] for row in response.context["page"].rows} == {credit.pk, licenses.pk}


@rule("H2")
def test_before_the_first_membership_the_list_says_so(client: Client, credit: Benefit) -> None:
    page = text_of(client, url(LIST, on=date(2020, 12, 31)))
    assert "There were no benefits yet: the first membership started on Jan 1, 2021." in page


@rule("H1")
def test_the_list_says_what_a_past_day_does_not_know(client: Client, credit: Benefit) -> None:
    assert "Memberships have the dates that are known today" in text_of(
        client, url(LIST, on=ago(1))
    )


@rule("H2")
def test_a_list_of_a_day_to_come_is_a_forecast(client: Client, credit: Benefit) -> None:
    page = text_of(client, url(LIST, on=date(2022, 2, 1), tab="ended"))
    assert "Forecast for Feb 1, 2022" in page
    assert "Memberships have the dates" not in page
    assert "Expired" in page


@rule("H1")
def test_the_rows_of_a_list_lead_to_the_same_day(client: Client, credit: Benefit) -> None:
    assert f'href="{url(BENEFIT, credit.pk, on=ago(30))}"' in main_of(client, url(LIST, on=ago(30)))


@rule("H5")
def test_the_download_of_a_day_names_who_held_and_redeemed_then(
    client: Client, credit: Benefit, licenses: Benefit
) -> None:
    response = client.get(url("benefits:azure-cloud-csv", on=ago(30)))
    assert "-benefits-2021-04-01.csv" in response["Content-Disposition"]
    rows = [*csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig")))]
    assert [(row["Day"], row["Status"], row["Redeemed on"], row["Holder"]) for row in rows] == [
        ("2021-04-01", "Assigned", "", "Morgan Lee"),
        ("2021-04-01", "Redeemed", "2021-03-17", ""),
    ]


@rule("H5")
def test_the_download_of_a_day_before_names_nobody(
    client: Client, credit: Benefit, licenses: Benefit
) -> None:
    response = client.get(url("benefits:azure-cloud-csv", on=ago(46)))
    rows = [*csv.DictReader(StringIO(response.getvalue().decode("utf-8-sig")))]
    assert [(row["Redeemed on"], row["Holder"]) for row in rows] == [("", ""), ("", "")]


# A benefit


@rule("H1")
@pytest.mark.parametrize(
    ("days_ago", "state"),
    [
        (46, "Not assigned to anyone yet."),
        (45, "Assigned to Morgan Lee until"),
        (21, "Assigned to Morgan Lee until"),
        (20, "Not assigned to anyone yet."),
    ],
)
def test_a_credit_says_who_held_it_on_the_day(
    client: Client, credit: Benefit, days_ago: int, state: str
) -> None:
    page = text_of(client, url(BENEFIT, credit.pk, on=ago(days_ago))).replace("⁨", "")
    assert state in page.replace("⁩", "")


@rule("H1")
@pytest.mark.parametrize(
    ("days_ago", "note"),
    [
        (46, "It was assigned 1 time later."),
        (30, "1 assignment of that day ended later."),
    ],
)
def test_a_credit_says_what_came_later(
    client: Client, credit: Benefit, days_ago: int, note: str
) -> None:
    assert note in text_of(client, url(BENEFIT, credit.pk, on=ago(days_ago)))


@rule("H1")
@pytest.mark.parametrize(
    ("days_ago", "state"),
    [
        (46, "Not redeemed yet. Use the key by Jan 31, 2022."),
        (45, "Redeemed on Mar 17, 2021."),
        (21, "Redeemed on Mar 17, 2021."),
        (20, "Not redeemed yet. Use the key by Jan 31, 2022."),
    ],
)
def test_a_license_benefit_says_whether_its_key_was_redeemed(
    client: Client, licenses: Benefit, days_ago: int, state: str
) -> None:
    assert state in text_of(client, url(BENEFIT, licenses.pk, on=ago(days_ago)))


@rule("H1")
@pytest.mark.parametrize(
    ("days_ago", "note"),
    [
        (46, "Its key was redeemed later, on Mar 17, 2021."),
        (30, "was reversed later, on Apr 11, 2021."),
    ],
)
def test_a_license_benefit_says_what_came_later(
    client: Client, licenses: Benefit, days_ago: int, note: str
) -> None:
    assert note in text_of(client, url(BENEFIT, licenses.pk, on=ago(days_ago)))


@rule("H1")
def test_a_license_benefit_shows_the_subscription_as_it_was(
    client: Client, licenses: Benefit
) -> None:
    page = text_of(client, url(BENEFIT, licenses.pk, on=ago(30)))
    assert "end date Mar 17, 2022." in page


# A person


@rule("H1")
@pytest.mark.parametrize(("days_ago", "held"), DAYS_OF_USE)
def test_a_person_s_page_says_what_they_held_on_the_day(
    client: Client, credit: Benefit, person: DirectoryUser, days_ago: int, held: bool
) -> None:
    holdings = client.get(url(PERSON, person.pk, on=ago(days_ago))).context["holdings"]
    assert [holding.title for holding in holdings] == ([credit.title] if held else [])


@rule("H2")
def test_a_person_s_page_says_that_they_were_added_later(client: Client, tenant: Tenant) -> None:
    added = DirectoryUser.objects.add_to(
        tenant, "Kim Akers", f"kim@{tenant.domain}", kind=DirectoryUser.Kind.MEMBER, by=BY
    )
    page = text_of(client, url(PERSON, added.pk, on=ago(1)))
    assert "was added to the directory later, on May 1, 2021." in page


# All of them


@rule("H4")
@pytest.mark.parametrize("name", [LIST, BENEFIT, f"{BENEFIT}?licenses", PERSON])
def test_nothing_can_be_done_on_another_day(
    client: Client, credit: Benefit, licenses: Benefit, person: DirectoryUser, name: str
) -> None:
    pks = {BENEFIT: [credit.pk], f"{BENEFIT}?licenses": [licenses.pk], PERSON: [person.pk]}
    page, theirs = name.partition("?")[0], pks.get(name, [])
    today, then = (
        SEARCH.sub("", main_of(client, url(page, *theirs, on=day))) for day in (None, ago(30))
    )
    assert name == LIST or ACTION.search(today)
    assert not ACTION.search(then)
