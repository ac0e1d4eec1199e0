"""Your products and a subscription as they were or will be on any day (H1 to H5)."""

import csv
import re
from datetime import date, timedelta
from io import StringIO

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Actor, Record, Role, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY, issue_key, key_for, redeem, replace

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
rule = pytest.mark.rule

DAY = timedelta(days=1)
BY = Actor()
# What can be sent or pressed on a page; the frame's own search and settings aside
ACTION = re.compile(r'<button|<form[^>]*method="post"|data-panel-link|aria-disabled')


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def subscription(tenant: Tenant) -> Subscription:
    """25 licenses since day -60; 50 since day -40, a reversal on day -20 made it 25 again."""
    first = redeem(issue_key(partner=tenant.partner), tenant=tenant, on=TODAY - 60 * DAY)
    added = first.subscription.add_licenses(key_for(first.subscription), by=BY, on=TODAY - 40 * DAY)
    replace(added, on=TODAY - 20 * DAY)
    return Subscription.objects.get(pk=first.subscription_id)


def ago(days: int) -> date:
    return TODAY - days * DAY


def url(name: str, *args: int, on: date | str | None = None, **query: str) -> str:
    given = ({"on": str(on)} if on else {}) | query
    return reverse(name, args=args, query=given)


def text_of(client: Client, where: str) -> str:
    """What somebody reads in the middle of the page, without marks."""
    return " ".join(strip_tags(main_of(client, where)).split())


def main_of(client: Client, where: str) -> str:
    return client.get(where).text.partition("<main")[2].partition("</main>")[0]


def without_day_menu(html: str) -> str:
    return re.sub(r'<details class="flyout day-menu".*?</details>', "", html, flags=re.DOTALL)


@rule("H1")
@pytest.mark.parametrize(
    ("days_ago", "licenses"), [(60, "25"), (41, "25"), (40, "50"), (21, "50"), (20, "25")]
)
def test_a_subscription_has_the_licenses_of_the_day(
    client: Client, subscription: Subscription, days_ago: int, licenses: str
) -> None:
    page = text_of(client, url("licensing:subscription", subscription.pk, on=ago(days_ago)))
    assert f"{licenses} licenses" in page


@rule("H1")
def test_the_list_names_the_offer_of_the_latest_key_that_counted_then(
    client: Client, subscription: Subscription
) -> None:
    keys = ProductKey.objects.filter(redemption__subscription=subscription).order_by("redeemed_on")
    first, added = (key.benefit.membership.offer.name for key in keys)
    pages = [main_of(client, url("licensing:products", on=ago(days))) for days in (50, 30, 10)]
    assert first != added
    assert [(first in page, added in page) for page in pages] == [
        (True, False),
        (False, True),
        (True, False),
    ]


@rule("H1")
def test_a_subscription_s_page_says_that_a_reversal_came_later(
    client: Client, subscription: Subscription
) -> None:
    page = text_of(client, url("licensing:subscription", subscription.pk, on=ago(30)))
    assert (
        "What was redeemed on Mar 22, 2021 was reversed later, on Apr 11, 2021. It counts here, "
        "because it had not been reversed yet."
    ) in page


@rule("H1")
def test_on_the_day_of_a_reversal_nothing_came_later(
    client: Client, subscription: Subscription
) -> None:
    page = text_of(client, url("licensing:subscription", subscription.pk, on=ago(20)))
    assert "reversed later" not in page
    assert "Reversed" in page


@rule("H1")
def test_a_subscription_s_page_counts_the_keys_redeemed_later(
    client: Client, subscription: Subscription
) -> None:
    page = text_of(client, url("licensing:subscription", subscription.pk, on=ago(50)))
    assert "1 key was redeemed for it later. It isn't on this page." in page.replace("&#x27;", "'")


@rule("H1")
def test_the_strip_names_the_day_and_leads_back_to_today(
    client: Client, subscription: Subscription
) -> None:
    page = main_of(
        client, url("licensing:subscription", subscription.pk, on=ago(30), all="timeline")
    )
    assert "<strong>As it was on Apr 1, 2021</strong>" in page
    back = url("licensing:subscription", subscription.pk, all="timeline")
    assert f'<a href="{back}">Back to today</a>' in page


@rule("H2")
def test_before_it_began_a_subscription_was_not_there(
    client: Client, subscription: Subscription
) -> None:
    page = text_of(client, url("licensing:subscription", subscription.pk, on=ago(61)))
    assert "there yet on Mar 1, 2021. It began on Mar 2, 2021." in page


@rule("H2")
def test_a_future_day_is_called_a_forecast(client: Client, subscription: Subscription) -> None:
    page = text_of(client, url("licensing:subscription", subscription.pk, on="2022-03-03"))
    assert "Forecast for Mar 3, 2022" in page
    assert "Users keep access until Apr 1, 2022." in page


@rule("H2")
def test_before_the_first_key_the_list_says_so(client: Client, subscription: Subscription) -> None:
    page = text_of(client, url("licensing:products", on=ago(61)))
    assert "the first key was redeemed on Mar 2, 2021." in page


@rule("H1")
def test_your_products_are_those_of_the_day(client: Client, subscription: Subscription) -> None:
    page = text_of(client, url("licensing:products", on=ago(30)))
    assert f"{subscription.product} 50 Active" in page


@rule("H1")
def test_what_was_withdrawn_later_ran_on_the_day(client: Client, tenant: Tenant) -> None:
    brought = redeem(issue_key(partner=tenant.partner), tenant=tenant, on=ago(60))
    replace(brought, on=ago(40))
    then = text_of(client, url("licensing:products", on=ago(41)))
    after = text_of(client, url("licensing:products", on=ago(40), show="all"))
    assert f"{brought.subscription.product} 25 Active" in then
    assert "Withdrawn on Mar 22, 2021: its key was replaced" in after


@rule("H1")
@pytest.mark.parametrize("sort", ["product", "-licenses", "status", "-ends", "source"])
def test_the_list_of_a_day_sorts_by_what_it_shows(
    client: Client, tenant: Tenant, sort: str
) -> None:
    for licenses in (5, 7):
        key = issue_key(partner=tenant.partner, quantity=licenses)
        there = redeem(key, tenant=tenant, on=ago(60)).subscription
        there.add_licenses(key_for(there), by=BY, on=ago(10))
    rows = client.get(url("licensing:products", on=ago(30), sort=sort)).context["rows"]
    assert {row["licenses"] for row in rows} == {"5", "7"}


@rule("H1")
def test_the_links_of_a_list_keep_the_day(client: Client, subscription: Subscription) -> None:
    page = main_of(client, url("licensing:products", on=ago(30)))
    assert f'href="{url("licensing:subscription", subscription.pk, on=ago(30))}"' in page
    assert '<input type="hidden" name="on" value="2021-04-01">' in page
    assert 'href="?on=2021-04-01&amp;sort=licenses"' in page


@rule("H4")
@pytest.mark.parametrize("name", ["licensing:products", "licensing:subscription"])
def test_nothing_can_be_done_on_another_day(
    client: Client, subscription: Subscription, name: str
) -> None:
    args = [subscription.pk] if name == "licensing:subscription" else []
    today = without_day_menu(main_of(client, url(name, *args)))
    then = without_day_menu(main_of(client, url(name, *args, on=ago(30))))
    assert "Redeem a product key" in today or "Extend end date" in today
    search = '<button class="button" id="search">'
    assert not ACTION.search(then.replace(search, ""))
    assert "Redeem a product key" not in then
    assert "Plan with your keys" not in then


@rule("H3")
def test_the_rights_of_today_decide_who_may_look(
    subscription: Subscription, sign_in: SignIn
) -> None:
    stranger = factories.RoleAssignmentFactory.create(role=Role.GLOBAL_ADMIN).user
    where = url("licensing:subscription", subscription.pk, on=ago(30))
    assert sign_in(stranger).get(where).status_code == 404


@rule("H4")
def test_what_is_sent_to_a_page_of_another_day_is_refused_on_record(
    client: Client, subscription: Subscription, acting_in: dict[str, str]
) -> None:
    key = key_for(subscription)
    where = url("licensing:extend", subscription.pk, on=ago(30), key=str(key.pk))
    response = client.post(where, acting_in)
    assert response.status_code == 409
    assert "Nothing can be changed on a page that shows another day." in response.text
    assert Record.objects.filter(refused="nothing-on-another-day").count() == 1


@rule("H5")
def test_a_download_carries_its_day_in_its_name_and_in_a_column(
    client: Client, subscription: Subscription
) -> None:
    response = client.get(url("licensing:products-csv", on=ago(30)))
    assert "-products-2021-04-01.csv" in response["Content-Disposition"]
    header, row = csv.reader(StringIO(response.getvalue().decode("utf-8-sig")))
    assert (header[0], row[0], row[2]) == ("Day", "2021-04-01", "50")


@rule("H5")
def test_a_download_of_today_has_no_column_for_it(
    client: Client, subscription: Subscription
) -> None:
    response = client.get(url("licensing:products-csv"))
    header, *_rows = csv.reader(StringIO(response.getvalue().decode("utf-8-sig")))
    assert header[0] == "Product"


@rule("H4")
def test_what_is_sent_to_a_read_only_page_of_another_day_is_refused_too(
    client: Client, subscription: Subscription, acting_in: dict[str, str]
) -> None:
    where = url("licensing:subscription", subscription.pk, on=ago(30))
    assert client.post(where, acting_in).status_code == 409


BAD_DAYS = [
    ("nonsense", "Write the day like 2027-01-31."),
    ("0001-01-01", "Choose a day in 2000 or later."),
    ("9999-12-31", "Choose a day up to the year 2999."),
    ("2021-02-30", "February 2021 has 28 days."),
    ("٢٠٢١-٠٤-٠١", "Write the day like 2027-01-31."),
    ("2021-04-01&on=2021-04-02", "The address names more than one day."),
    ("2021-04-01&on=2021-04-01", "The address names more than one day."),
]


@rule("H1")
@pytest.mark.parametrize(("given", "message"), BAD_DAYS)
def test_a_day_that_is_none_shows_today_and_says_why(
    client: Client, subscription: Subscription, given: str, message: str
) -> None:
    page = text_of(client, f"{url('licensing:subscription', subscription.pk)}?on={given}")
    assert f"a day this page can show, so it shows today. {message}" in page
    assert "As it was on" not in page
    assert "Extend end date" in page


@pytest.mark.parametrize("given", ["", "2021-05-01"])
def test_no_day_and_today_are_the_page_of_today(
    client: Client, subscription: Subscription, given: str
) -> None:
    page = text_of(client, f"{url('licensing:subscription', subscription.pk)}?on={given}")
    assert "As it was on" not in page
    assert "so it shows today" not in page
    assert "Extend end date" in page


@rule("H1")
@pytest.mark.parametrize("tenant__time_zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_day_is_one_of_the_partner_s_own_calendar(
    client: Client, subscription: Subscription, tenant: Tenant, tenant__time_zone: str
) -> None:
    """It is noon of May 1 in UTC: May 2 in the east, May 1 in the west."""
    tenant.partner.time_zone = tenant__time_zone
    tenant.partner.save()
    page = text_of(client, url("licensing:subscription", subscription.pk, on="2021-05-02"))
    is_today = tenant__time_zone == "Pacific/Kiritimati"
    assert ("Forecast for May 2, 2021" in page) is not is_today


@rule("H2")
def test_a_forecast_of_what_is_active_says_what_has_ended_by_then(
    client: Client, tenant: Tenant
) -> None:
    for days in (10, 20, 400):
        factories.SubscriptionFactory.create(tenant=tenant, ends_on=TODAY + days * DAY)
    shown = {
        days: text_of(client, url("licensing:products", on=TODAY + days * DAY))
        for days in (20, 21, 0)
    }
    assert "1 that is active today will have ended by then." in shown[20]
    assert "2 that are active today will have ended by then." in shown[21]
    assert "will have ended" not in shown[0]
    listed = text_of(client, url("licensing:products", on=TODAY + 21 * DAY, show="all"))
    assert "will have ended" not in listed


def test_the_menu_stays_on_the_day_of_the_page(client: Client) -> None:
    page = client.get(url("licensing:products", on="2022-01-31")).text.partition("<main")[0]
    lists = ("licensing:products", "licensing:licenses", "benefits:azure-cloud")
    assert [f'"{url(name, on="2022-01-31")}"' in page for name in lists] == [True] * 3


@pytest.mark.parametrize("page", ["licensing:products", "benefits:azure-cloud"])
def test_the_menu_of_today_is_of_no_day_that_somebody_chose(client: Client, page: str) -> None:
    client.get(url(page, on="2022-01-31"))
    assert "on=2022-01-31" not in client.get(url(page)).text.partition("<main")[0]


@pytest.mark.parametrize("on", [None, "2021-04-01", "soon"])
def test_a_page_that_is_not_there_is_of_no_day(client: Client, on: str | None) -> None:
    """Neither which day it shows nor the way to another one."""
    page = client.get(url("licensing:subscription", 999, on=on))
    assert page.status_code == 404
    parts = ("As it was", "Show another day", "a day this page can show")
    assert [part for part in parts if part in page.text] == []
