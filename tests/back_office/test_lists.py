"""Lists that cost the same however long they grow, and say what holds on any day."""

import re
from datetime import UTC, date, datetime, timedelta

import html5lib
import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import Settings

from benefits_portal.backoffice.changelist import CappedPaginator, SearchThroughMixin
from benefits_portal.backoffice.columns import NOTHING
from benefits_portal.benefits.models import Benefit, Membership, PackageLine, Product, ProductKey
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.tenants.models import Mail, Partner, Record, Tenant, User
from benefits_portal.tenants.outbox import kind_names, writers
from tests import factories

from .conftest import page, registered


def listed(office: Client, model: type[Model], **asked: str | int) -> set[Model]:
    answer = office.get(page(model, "changelist"), asked)
    assert answer.status_code == 200, answer
    return set(answer.context["cl"].result_list)


def test_a_list_counts_to_a_thousand_and_no_further(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "MAX", 60)
    factories.PartnerFactory.create_batch(61)
    with CaptureQueriesContext(connection) as asked:
        answer = office.get(page(Partner, "changelist"), {"p": "2"})
    assert (len(answer.context["cl"].result_list), answer.context["cl"].result_count) == (10, 60)
    assert "The first 60 partners." in answer.content.decode()
    assert [
        query["sql"]
        for query in asked
        if "COUNT(" in query["sql"] and "LIMIT 61" not in query["sql"]
    ] == []


def test_a_page_beyond_what_is_counted_leads_back_to_the_list(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CappedPaginator, "MAX", 60)
    factories.PartnerFactory.create_batch(61)
    assert office.get(page(Partner, "changelist"), {"p": "3"}).status_code == 302


def test_everything_is_chosen_only_where_it_is_counted(
    office: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.MembershipFactory.create_batch(52)
    assert (
        "Select all 52 memberships" in office.get(page(Membership, "changelist")).content.decode()
    )
    monkeypatch.setattr(CappedPaginator, "MAX", 51)
    assert "Select all 51" not in office.get(page(Membership, "changelist")).content.decode()


def test_a_search_finds_rows_by_what_they_point_to(office: Client, today: date) -> None:
    ours, theirs = factories.redeem(), factories.redeem()
    for model, row in (
        (Subscription, ours.subscription),
        (Redemption, ours),
        (ProductKey, ours.key),
        (Benefit, ours.key.benefit),
    ):
        assert listed(
            office, model, q=f"{ours.partner.mpn_id} {ours.key.product.name.upper()}"
        ) == {row}
        assert listed(office, model, q=f"{ours.partner.mpn_id} {theirs.partner.mpn_id}") == set()


def test_each_cell_names_its_column_for_a_list_of_cards(office: Client) -> None:
    key = factories.issue_key()
    page_of_keys = html5lib.parse(
        office.get(page(ProductKey, "changelist")).text, namespaceHTMLElements=False
    )
    [row] = page_of_keys.iterfind(".//table[@id='result_list']/tbody/tr")
    headers = page_of_keys.findall(".//table[@id='result_list']/thead/tr/th")
    names = ["".join(header.itertext()).strip() for header in headers]
    assert [cell.get("data-label", "") for cell in row] == names
    hidden = {cell.get("data-label") for cell in row if cell.get("data-empty")}
    empty = {cell.get("data-label") for cell in row if "".join(cell.itertext()).strip() == NOTHING}
    assert key.redeemed_at is None
    assert hidden == empty
    assert len(empty) > 1


@pytest.mark.parametrize(
    ("model", "group"),
    [(ProductKey, "Benefits"), (Partner, "Partners and people"), (Record, "Logs")],
)
def test_a_path_names_the_group_of_the_menu_that_a_list_is_in(
    office: Client, model: type[Model], group: str
) -> None:
    where = page(model, "changelist")
    path = office.get(where).text.partition('class="breadcrumbs"')[2].partition("</ol>")[0]
    [_home, (href, title)] = re.findall(r'href="([^"]*)">([^<]*)<', path)
    assert title == group
    whole = office.get(reverse("admin:index")).text
    assert f'id="{href.partition("#")[2]}"' in whole
    listed_there = whole.partition(f'id="{href.partition("#")[2]}"')[2].partition("</table>")[0]
    assert f'href="{where}"' in listed_there


@pytest.mark.parametrize(
    "model",
    [
        model
        for model in registered()
        if isinstance(admin.site._registry[model], SearchThroughMixin)
        # Few beside what is of them: their own names are read
        and model not in (User, Tenant, Partner)
    ],
)
def test_a_search_never_reads_the_text_of_every_row(office: Client, model: type[Model]) -> None:
    with CaptureQueriesContext(connection) as asked:
        office.get(page(model, "changelist"), {"q": "contoso"})
    table = model._meta.db_table
    assert [
        query["sql"]
        for query in asked
        if f'FROM "{table}"' in query["sql"] and "LIKE" in query["sql"]
    ] == []


def test_a_list_is_narrowed_down_by_year_month_and_day(office: Client) -> None:
    days = [date(2020, 12, 31), date(2021, 1, 1), date(2021, 2, 3)]
    first, second, third = (
        factories.SubscriptionFactory.create(ends_on=day, starts_on=date(2020, 1, 1))
        for day in days
    )
    assert listed(office, Subscription, ends_on__year=2021) == {second, third}
    assert listed(office, Subscription, ends_on__year=2021, ends_on__month=1) == {second}
    everything = office.get(page(Subscription, "changelist")).content.decode()
    assert [
        year for year in (2019, 2020, 2021, 2022) if f"?ends_on__year={year}" in everything
    ] == [2020, 2021]
    months = office.get(page(Subscription, "changelist"), {"ends_on__year": 2021}).content.decode()
    assert [
        month
        for month in range(1, 13)
        if f'?ends_on__month={month}&amp;ends_on__year=2021"' in months
    ] == [1, 2]
    one_day = office.get(
        page(Subscription, "changelist"),
        {"ends_on__year": 2021, "ends_on__month": 2, "ends_on__day": 3},
    )
    assert set(one_day.context["cl"].result_list) == {third}
    assert first not in set(one_day.context["cl"].result_list)


def test_periods_of_moments_are_those_of_the_office_s_own_calendar(
    office: Client, settings: Settings
) -> None:
    settings.TIME_ZONE = "Pacific/Kiritimati"  # there a new year has begun
    record = factories.RecordFactory.create(at=datetime(2020, 12, 31, 23, tzinfo=UTC))
    assert "?at__year=2021" in office.get(page(Record, "changelist")).content.decode()
    assert listed(office, Record, at__year=2021) == {record}


@pytest.mark.parametrize("year", ["x", "0", "-1", "9999", "99999999999"])
def test_a_year_that_no_calendar_has_is_no_error(office: Client, year: str) -> None:
    factories.RecordFactory.create()
    assert office.get(page(Record, "changelist"), {"at__year": year}).status_code == 302


def test_what_holds_can_be_asked_for_any_day(office: Client, today: date) -> None:
    subscription = factories.SubscriptionFactory.create(ends_on=today)
    later = (today + timedelta(days=1)).isoformat()
    assert listed(office, Subscription, status="active") == {subscription}
    assert listed(office, Subscription, status="active", on=later) == set()
    assert listed(office, Subscription, status="expired", on=later) == {subscription}
    answer = office.get(
        page(Subscription, "changelist"), {"status": "expired", "on": later}
    ).content.decode()
    assert f'value="{later}"' in answer
    assert f'?on={later}&amp;status=active"' in answer or f'?on={later}&status=active"' in answer


@pytest.mark.parametrize("day", ["", "x", "2021-02-30", "0001-01-01", "9999-12-31"])
def test_a_day_that_makes_no_sense_is_today(office: Client, today: date, day: str) -> None:
    subscription = factories.SubscriptionFactory.create(ends_on=today)
    for status in ("active", "ends-90"):
        assert listed(office, Subscription, status=status, on=day) == {subscription}


@pytest.mark.rule("W7")
@pytest.mark.parametrize("model", [Product, PackageLine, Benefit])
def test_a_search_finds_a_product_by_the_beginning_of_words(
    office: Client, model: type[Model]
) -> None:
    for name in ("Office 365 E3", "Office 365 E5"):
        factories.BenefitFactory.create(product__name=name)
    shown = office.get(page(model, "changelist"), {"q": "Office 365 E3"}).context["cl"].result_list
    assert {str(getattr(row, "product", row)) for row in shown} == {"Office 365 E3"}


@pytest.mark.parametrize(("query", "is_open"), [("", False), ("?outcome=refused", True)])
def test_a_list_has_its_filters_folded_until_one_is_chosen(
    office: Client, query: str, is_open: bool
) -> None:
    text = office.get(page(Record, "changelist") + query).text
    assert f'<details class="list-filters"{" open" if is_open else ""}>' in text


def test_products_are_found_by_their_kind(office: Client) -> None:
    monthly = factories.ProductFactory.create(name="Microsoft Azure", monthly=True)
    factories.ProductFactory.create(name="Visio Plan 2")
    kind = str(monthly.get_kind_display())
    found = office.get(page(Product, "changelist"), {"q": kind}).context["cl"].result_list
    assert list(found) == [monthly]


@pytest.mark.parametrize(
    ("language", "titles"),
    [
        ("en", {ProductKey: "Product keys", Membership: "Memberships", Record: "Records"}),
        ("nl", {ProductKey: "Productcodes", Membership: "Lidmaatschappen"}),
    ],
)
def test_a_list_is_called_after_what_it_lists(
    office: Client, language: str, titles: dict[type[Model], str]
) -> None:
    for model, title in titles.items():
        answer = office.get(page(model, "changelist"), headers={"accept-language": language})
        assert f"<title>{title} |" in answer.text
        assert f"{title}</h1>".lower() in answer.text.lower()


def test_the_menu_groups_lists_by_what_they_are_about(office: Client) -> None:
    groups = office.get("/back-office/").context["app_list"]
    assert [str(group["name"]) for group in groups] == [
        "Help a partner",
        "Partners and people",
        "Benefits",
        "Subscriptions",
        "Offers",
        "Logs",
    ]
    listed = [each["object_name"] for group in groups for each in group["models"]]
    models = {str(model._meta.object_name) for model in registered()}
    assert sorted(listed) == sorted({*models, "support-desk", "refusals"})


def test_the_days_of_a_list_are_named_plainly(office: Client) -> None:
    factories.RecordFactory.create()
    factories.MembershipFactory.create()
    for model, label in ((Record, "Date:"), (Membership, "Starts on:")):
        text = office.get(page(model, "changelist")).text
        assert f'<span id="date-hierarchy-label">{label}</span>' in text
        assert "Filter by" not in text


@pytest.mark.parametrize(
    ("query", "order"),
    [
        ({"status": "expired"}, ["-expires_on", "-pk"]),
        ({"unused": "30"}, ["expires_on", "-pk"]),
        ({"expires_on__year": "2022"}, ["-expires_on", "-pk"]),
        ({"status": "redeemed"}, ["-pk"]),
        ({"status": "expired", "o": "5"}, ["expires_on", "-pk"]),
    ],
    ids=str,
)
def test_what_is_narrowed_down_to_days_is_in_their_order(
    office: Client, query: dict[str, str], order: list[str]
) -> None:
    listed = office.get(page(Benefit, "changelist"), query).context["cl"]
    assert list(listed.queryset.query.order_by) == order


def test_a_list_finds_a_page_before_what_it_refers_to(office: Client) -> None:
    factories.BenefitFactory.create_batch(51, key=True)
    with CaptureQueriesContext(connection) as asked:
        assert len(office.get(page(Benefit, "changelist")).context["cl"].result_list) == 50
    [found] = [query["sql"] for query in asked if query["sql"].endswith("LIMIT 50")]
    assert "JOIN" not in found


def test_a_user_is_found_once_by_the_partners_of_their_roles(office: Client) -> None:
    user = factories.UserFactory.create()
    for name in ("Tailwind One", "Tailwind Two"):
        partner = factories.PartnerFactory.create(name=name)
        factories.RoleAssignmentFactory.create(user=user, partner=partner)
    found = office.get(page(User, "changelist"), {"q": "tailwind"}).context["cl"].result_list
    assert list(found) == [user]


@pytest.mark.parametrize("kind", writers)
def test_the_list_of_emails_says_in_words_what_each_is(office: Client, kind: str) -> None:
    factories.MailFactory.create(kind=kind)
    shown = office.get(page(Mail, "changelist")).text
    assert kind not in shown
    assert str(kind_names[kind]) in shown
