"""Licenses of people as of any day, and the most at once between two days (H1 to H6)."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from benefits_portal.licensing.models import LicensePool
from benefits_portal.tenants.models import Actor, DirectoryUser, Tenant, User
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    DirectoryUserFactory,
    SubscriptionFactory,
    issue_key,
    key_for,
    redeem,
    replace,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule

DAY = timedelta(days=1)
BY = Actor()
LIST, PRODUCT = "licensing:licenses", "licensing:license-holders"


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def people(tenant: Tenant) -> list[DirectoryUser]:
    return [
        DirectoryUserFactory.create(tenant=tenant, display_name=name)
        for name in ("Ann Beebe", "Ben Walters")
    ]


@pytest.fixture
def pool(tenant: Tenant, people: list[DirectoryUser]) -> LicensePool:
    """1 license since day -45, 2 from day -40 to -20: Ann has one since -44, Ben from -39 to -30.

    Ann's was taken on day -10.
    """
    key = issue_key(partner=tenant.partner, quantity=1)
    first = redeem(key, tenant=tenant, on=ago(45))
    pool = LicensePool(tenant, first.subscription.product)
    anns = pool.give(people[0], by=BY, on=ago(44))
    added = first.subscription.add_licenses(key_for(first.subscription), by=BY, on=ago(40))
    pool.give(people[1], by=BY, on=ago(39)).take(by=BY, on=ago(30))
    replace(added, on=ago(20))
    anns.take(by=BY, on=ago(10))
    return pool


def ago(days: int) -> date:
    return TODAY - days * DAY


def url(name: str, *args: int, on: date | None = None, **query: str) -> str:
    given = ({"on": on.isoformat()} if on else {}) | query
    return reverse(name, args=args, query=given)


def text_of(client: Client, where: str) -> str:
    page = client.get(where).text.partition("<main")[2].partition("</main>")[0]
    return " ".join(strip_tags(page).replace("&#x27;", "'").split())


HELD = [
    (45, "0 of 1 assigned", []),
    (44, "1 of 1 assigned", ["Ann Beebe"]),
    (40, "1 of 2 assigned", ["Ann Beebe"]),
    (39, "2 of 2 assigned", ["Ann Beebe", "Ben Walters"]),
    (30, "1 of 2 assigned", ["Ann Beebe"]),
    (20, "1 of 1 assigned", ["Ann Beebe"]),
    (10, "0 of 1 assigned", []),
]


@rule("H1")
@pytest.mark.parametrize(("days_ago", "figure", "names"), HELD)
def test_a_product_s_page_says_who_had_a_license_on_the_day(
    client: Client, pool: LicensePool, days_ago: int, figure: str, names: list[str]
) -> None:
    response = client.get(url(PRODUCT, pool.product.pk, on=ago(days_ago)))
    shown = [row["name"] for row in response.context["rows"]]
    assert (response.context["standing"].figure, shown) == (figure, names)


@rule("H1")
@pytest.mark.parametrize(("days_ago", "figure", "names"), HELD)
def test_the_list_of_products_counts_the_licenses_of_the_day(
    client: Client, pool: LicensePool, days_ago: int, figure: str, names: list[str]
) -> None:
    [row] = client.get(url(LIST, on=ago(days_ago))).context["rows"]
    assert f"{row['given']} of {row['licenses']} assigned" == figure


@rule("H2")
def test_before_the_first_key_the_list_of_licenses_says_so(
    client: Client, pool: LicensePool
) -> None:
    page = text_of(client, url(LIST, on=ago(46)))
    assert "the first key was redeemed on Mar 17, 2021." in page


@rule("H1")
def test_a_product_s_page_says_what_came_later(client: Client, pool: LicensePool) -> None:
    page = text_of(client, url(PRODUCT, pool.product.pk, on=ago(40)))
    assert "1 license was assigned later." in page
    assert "1 license that someone had then was removed later." in page
    assert "1 redemption that counts here was reversed later." in page


@rule("H1")
def test_those_who_had_one_before_the_day_are_in_a_tab(client: Client, pool: LicensePool) -> None:
    where = url(PRODUCT, pool.product.pk, on=ago(30), show="past")
    rows = client.get(where).context["rows"]
    assert [row["name"] for row in rows] == ["Ben Walters"]


@rule("L8")
def test_too_few_licenses_are_named_with_the_day_since_when_on_a_day_to_come(
    client: Client, pool: LicensePool, people: list[DirectoryUser]
) -> None:
    pool.give(people[0], by=BY, on=TODAY)
    page = text_of(client, url(PRODUCT, pool.product.pk, on=date(2022, 5, 1)))
    assert "Forecast for May 1, 2022" in page
    assert "this 1 person has no access. Too few since Apr 17, 2022." in page


@rule("H4")
@pytest.mark.parametrize("name", [LIST, PRODUCT])
def test_nothing_can_be_done_on_another_day(client: Client, pool: LicensePool, name: str) -> None:
    args = [pool.product.pk] if name == PRODUCT else []
    page = client.get(url(name, *args, on=ago(39))).text.partition("<main")[2]
    page = re.sub(r'<details class="flyout day-menu".*?</details>', "", page, flags=re.DOTALL)
    page = re.sub(r'<form[^>]*role="search".*?</form>', "", page, flags=re.DOTALL)
    main = page.partition("</main>")[0]
    assert not re.search(r"<button|<form|aria-disabled|/take/|/move/", main)


@rule("H5")
def test_the_download_of_a_day_has_who_held_one_then(client: Client, pool: LicensePool) -> None:
    response = client.get(url("licensing:license-holders-csv", pool.product.pk, on=ago(39)))
    assert "-2021-03-23.csv" in response["Content-Disposition"]
    header, *rows = csv.reader(StringIO(response.getvalue().decode("utf-8-sig")))
    assert header == ["Day", "Name", "Email", "Assigned on"]
    assert [(row[0], row[1], row[3]) for row in rows] == [
        ("2021-03-23", "Ann Beebe", "2021-03-18"),
        ("2021-03-23", "Ben Walters", "2021-03-23"),
    ]


# The most at once


@rule("H6")
def test_the_most_at_once_is_told_with_its_first_day(client: Client, pool: LicensePool) -> None:
    where = url(PRODUCT, pool.product.pk, first="2021-01-01", last="2021-05-01")
    assert (
        "From Jan 1, 2021 to May 1, 2021 at most 2 people had a license at once, first on Mar 23, "
        "2021, of 2 licenses."
    ) in text_of(client, where)


@rule("H6")
def test_where_nobody_had_one_the_most_at_once_is_nobody(client: Client, pool: LicensePool) -> None:
    where = url(PRODUCT, pool.product.pk, first="2020-01-01", last="2020-12-31")
    page = text_of(client, where)
    assert "No one had a license at the end of a day from Jan 1, 2020" in page
    assert "Show that day" not in page


@rule("H6")
@pytest.mark.parametrize(
    ("first", "last", "message"),
    [
        ("nonsense", "2021-05-01", "Write the day like 2027-01-31."),
        ("2021-02-30", "2021-05-01", "February 2021 has 28 days."),
        ("0001-01-01", "2021-05-01", "Choose a day in 2000 or later."),
        ("2021-05-01", "9999-12-31", "Choose a day up to the year 2999."),
        ("2021-05-01", "2021-04-30", "The last day can't be before the first day."),
        ("2021-05-01", "", "This field is required."),
        ("2021-05-02", "2021-05-03", "Choose today or an earlier day."),
        ("2021-06-01", "2021-07-01", "Choose today or an earlier day."),
    ],
)
def test_two_days_that_are_no_period_are_told_why(
    client: Client, pool: LicensePool, first: str, last: str, message: str
) -> None:
    page = text_of(client, url(PRODUCT, pool.product.pk, first=first, last=last))
    assert message in page
    assert "had a license at once, first on" not in page


@rule("H6")
def test_a_period_in_the_future_stays_in_its_fields(client: Client, pool: LicensePool) -> None:
    where = url(PRODUCT, pool.product.pk, first="2021-06-01", last="2021-07-01")
    form = client.get(where).context["period"]
    assert (form["first"].value(), form["last"].value()) == ("2021-06-01", "2021-07-01")


@rule("H6")
def test_each_reader_finds_their_own_period_in_the_fields(
    client: Client, pool: LicensePool
) -> None:
    """The form is kept rendered, by its days."""
    periods = [
        ("2021-01-01", "2021-02-01"),
        ("2021-01-01", "2021-03-01"),
        ("2020-12-01", "2021-02-01"),
    ]
    for first, last in periods:
        page = client.get(url(PRODUCT, pool.product.pk, first=first, last=last)).text
        shown = dict(re.findall(r'name="(first|last)"[^>]*value="([^"]*)"', page))
        assert shown == {"first": first, "last": last}


@rule("H6")
def test_a_year_that_goes_on_is_counted_until_today(client: Client, pool: LicensePool) -> None:
    where = url(PRODUCT, pool.product.pk, first="2021-01-01", last="2021-12-31")
    told = client.get(where).context["peak_sentence"]
    assert told.startswith("From Jan 1, 2021 to May 1, 2021 at most")


@rule("H6")
def test_the_last_12_months_until_today_are_offered(client: Client, pool: LicensePool) -> None:
    form = client.get(url(PRODUCT, pool.product.pk)).context["period"]
    assert (form["first"].value(), form["last"].value()) == (date(2020, 5, 2), TODAY)


# An auditor's three questions


@rule("H1", "H2", "H6")
def test_an_auditor_s_three_questions_are_answered_by_the_pages(
    client: Client, pool: LicensePool, people: list[DirectoryUser]
) -> None:
    """Who held it on a day; the most at once last year; who will be without in spring."""
    pool.give(people[1], by=BY, on=TODAY)
    who = client.get(url(PRODUCT, pool.product.pk, on=ago(35))).context["rows"]
    most = client.get(url(PRODUCT, pool.product.pk, first="2021-01-01", last="2021-12-31"))
    spring = client.get(url(PRODUCT, pool.product.pk, on=date(2022, 5, 1))).context
    without = [row["name"] for row in spring["rows"]]
    assert [row["name"] for row in who] == ["Ann Beebe", "Ben Walters"]
    assert most.context["peak"].people == 2
    assert (spring["standing"].count.licenses, without) == (0, ["Ben Walters"])


@rule("L7", "H2")
def test_a_product_that_has_none_left_by_then_stays_in_the_forecast(
    client: Client, tenant: Tenant
) -> None:
    SubscriptionFactory.create(tenant=tenant, product__name="Gone", ends_on=TODAY)
    where = url(LIST, on=TODAY + timedelta(days=31))
    rows = {row["product"]: row["licenses"] for row in client.get(where).context["rows"]}
    assert rows["Gone"] == "0"


@rule("H1")
@pytest.mark.parametrize(("days_ago", "figure", "names"), HELD)
def test_your_products_and_a_subscription_say_how_many_had_one_on_the_day(
    client: Client, pool: LicensePool, days_ago: int, figure: str, names: list[str]
) -> None:
    [row] = client.get(url("licensing:products", on=ago(days_ago))).context["rows"]
    there = url("licensing:subscription", row["pk"], on=ago(days_ago))
    shown = client.get(there)
    assert (f"{row['assigned']} assigned", shown.context["pool"].figure) == (figure, figure)
    assert url(PRODUCT, pool.product.pk, on=ago(days_ago)) in shown.text


@rule("H5")
def test_your_products_of_another_day_download_how_many_had_one_then(
    client: Client, pool: LicensePool
) -> None:
    response = client.get(url("licensing:products-csv", on=ago(39)))
    header, row = csv.reader(StringIO(response.getvalue().decode("utf-8-sig")))
    assert list(zip(header, row, strict=True))[-2:] == [("Assigned", "2"), ("Available", "0")]
