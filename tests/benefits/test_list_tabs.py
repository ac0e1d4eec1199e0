"""The tabs of the list of benefits: what can be used now, what starts later, what has ended."""

from datetime import date, timedelta

import html5lib
import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.models import Benefit
from benefits_portal.tenants.models import Actor, Partner, Tenant, User
from tests.benefits.test_list import copies
from tests.clients import SignIn
from tests.factories import (
    TODAY,
    AssignmentFactory,
    BenefitFactory,
    DirectoryUserFactory,
    issue_key,
    redeem,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LIST = reverse("benefits:azure-cloud")
DAY = timedelta(days=1)


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


def key_of(partner: Partner, name: str, expires_on: date, starts_on: date | None = None) -> Benefit:
    days = {"expires_on": expires_on} | ({"starts_on": starts_on} if starts_on else {})
    return issue_key(partner=partner, product__name=name, **days).benefit


@pytest.fixture
def benefits(partner: Partner) -> dict[str, Benefit]:
    """Some in each tab, the first and last days of each among them."""
    used_late = key_of(partner, "used late", TODAY + 30 * DAY)
    used_soon = key_of(partner, "used soon", TODAY + 9 * DAY)
    lost_used = key_of(partner, "used before", TODAY - 9 * DAY)
    for benefit in (used_late, used_soon, lost_used):
        redeem(benefit.live_key(), on=min(TODAY, benefit.expires_on))
    year = TODAY + 365 * DAY
    return {
        "used late": used_late,
        "used soon": used_soon,
        "used before": lost_used,
        "unused late": key_of(partner, "unused late", year),
        "unused today": key_of(partner, "unused today", TODAY),
        "first day": key_of(partner, "first day", year - DAY, TODAY),
        "tomorrow": key_of(partner, "tomorrow", year, TODAY + DAY),
        "lost yesterday": key_of(partner, "lost yesterday", TODAY - DAY),
        "lost long ago": key_of(partner, "lost long ago", TODAY - 90 * DAY),
    }


def names(client: Client, query: str = "") -> list[str]:
    sections = client.get(f"{LIST}{query}").context["sections"]
    pks = [row["pk"] for section in sections for row in section["rows"]]
    called = dict(Benefit.objects.values_list("pk", "product_name"))
    return [called[pk] for pk in pks]


def tabs(client: Client, query: str = "") -> dict[str, tuple[str, str, bool]]:
    """Of each tab by its label: the number beside it, its address, whether it is open."""
    page = html5lib.parse(client.get(f"{LIST}{query}").text, namespaceHTMLElements=False)
    links = page.findall(".//nav[@class='tabs']/a")
    return {
        (link.text or "").strip(): (
            link.findtext("span") or "",
            link.get("href") or "",
            link.get("aria-current") == "page",
        )
        for link in links
    }


CURRENT = ["unused today", "first day", "unused late", "used soon", "used late"]
ENDED = ["lost yesterday", "used before", "lost long ago"]


@pytest.mark.rule("B1", "B5")
def test_the_list_opens_with_what_can_be_used_unused_first_then_by_date(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    assert [names(client), names(client, "?tab=current")] == [CURRENT, CURRENT]


def test_what_starts_later_and_what_has_ended_have_tabs(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    assert names(client, "?tab=not-started") == ["tomorrow"]
    assert names(client, "?tab=ended") == ENDED


def test_each_tab_says_how_many_there_are(client: Client, benefits: dict[str, Benefit]) -> None:
    assert tabs(client) == {
        "Current": ("5", "?", True),
        "Not started": ("1", "?tab=not-started", False),
        "Ended": ("3", "?tab=ended", False),
    }


def test_more_than_a_hundred_of_another_tab_are_not_counted(
    client: Client, partner: Partner
) -> None:
    ended = key_of(partner, "ended", TODAY - DAY)
    copies(ended, 100)
    BenefitFactory.create(partner=partner)
    assert [tabs(client)[tab][0] for tab in ("Current", "Ended")] == ["1", "100+"]


def test_the_search_and_filters_go_along_to_another_tab(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    query = "?q=used&kind=licenses&sort=benefit"
    assert tabs(client, query) == {
        "Current": ("2", query, True),
        "Not started": ("0", f"{query}&tab=not-started", False),
        "Ended": ("1", f"{query}&tab=ended", False),
    }
    assert names(client, tabs(client, query)["Ended"][1]) == ["used before"]


BOOKMARKS = {
    "status=not-redeemed": ["unused today", "first day", "unused late"],
    "status=redeemed": ["used soon", "used late"],
    "status=not-begun": ["tomorrow"],
    "status=expired": ["lost yesterday", "lost long ago"],
    "status=redeemed&tab=ended": ["used before"],
    "expires=past": ENDED,
    "expires=30": ["unused today", "used soon", "used late"],
    "show=unused": ["unused today", "first day", "unused late"],
    "show=expiring": ["unused today"],
    "show=unused&tab=ended": ["lost yesterday", "lost long ago"],
    "tab=current&status=expired": [],
    "tab=nonsense&status=nonsense": CURRENT,
}


@pytest.mark.parametrize(("query", "expected"), BOOKMARKS.items(), ids=BOOKMARKS)
def test_a_bookmark_with_a_filter_opens_the_tab_it_is_about(
    client: Client, benefits: dict[str, Benefit], query: str, expected: list[str]
) -> None:
    assert names(client, f"?{query}") == expected


def test_a_tab_leaves_behind_a_status_that_nothing_in_it_has_and_counts_nothing_else(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    assert tabs(client, "?status=expired") == {
        "Current": ("", "?", False),
        "Not started": ("", "?tab=not-started", False),
        "Ended": ("2", "?status=expired", True),
    }
    assert tabs(client, "?status=redeemed")["Ended"][:2] == ("1", "?status=redeemed&tab=ended")


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ("", ["Not redeemed", "Redeemed", "Not assigned", "Assigned"]),
        ("?tab=not-started", ["Not started"]),
        ("?tab=ended", ["Redeemed", "Expired (product key)", "Expired (credit)"]),
    ],
)
def test_a_tab_offers_the_statuses_that_are_in_it(
    client: Client, benefits: dict[str, Benefit], query: str, options: list[str]
) -> None:
    page = html5lib.parse(client.get(f"{LIST}{query}").text, namespaceHTMLElements=False)
    fields = page.findall(".//select[@id='filter-status']/option")
    assert [option.text for option in fields[1:]] == options
    inputs = page.findall(".//form[@role='search']//input[@name='tab']")
    [tab] = inputs
    assert tab.get("value") == (query.removeprefix("?tab=") or "current")


def test_what_is_unused_and_expires_soon_is_counted_in_its_own_tab_alone(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    counts = {tab: count for tab, (count, _, _) in tabs(client, "?show=expiring").items()}
    assert counts == {"Current": "1", "Not started": "", "Ended": ""}


EMPTY = {
    "?q=tomorrow": ("No results", "Not started (1)"),
    "?tab=not-started&q=lost": ("No results", "Ended (2)"),
    "?q=nothing": ("No results", ""),
}


@pytest.mark.parametrize(("query", "said"), EMPTY.items(), ids=EMPTY)
def test_an_empty_tab_leads_to_the_tab_that_is_not(
    client: Client, benefits: dict[str, Benefit], query: str, said: tuple[str, str]
) -> None:
    answer = client.get(f"{LIST}{query}")
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(answer.text)
    title = page.findtext(".//p[@class='empty-title']")
    assert (title, page.findtext(".//p[@class='elsewhere']/a") or "") == said


@pytest.mark.parametrize(
    ("tab", "title"),
    [
        ("current", "Nothing to use today"),
        ("not-started", "Nothing is about to start"),
        ("ended", "Nothing has ended"),
    ],
)
def test_a_tab_without_benefits_says_why(
    client: Client, partner: Partner, tab: str, title: str
) -> None:
    other = TODAY - DAY if tab == "current" else TODAY
    key_of(partner, "other", other)
    page = html5lib.parse(client.get(LIST, {"tab": tab}).text, namespaceHTMLElements=False)
    assert page.findtext(".//p[@class='empty-title']") == title


def test_a_partner_without_benefits_reads_why_and_who_is_signed_in(client: Client) -> None:
    text = client.get(LIST).text
    assert "No benefits" in text
    assert "You are signed in as" in text


def test_a_kind_without_hits_takes_one_line(client: Client, benefits: dict[str, Benefit]) -> None:
    text = client.get(f"{LIST}?q=unused").text
    assert "No usage-based benefit matches." in text
    assert "empty-state" not in text


def test_each_link_of_a_row_says_which_offer_and_day(client: Client, partner: Partner) -> None:
    benefit = key_of(partner, "Visio", TODAY + 60 * DAY)
    page = html5lib.parse(client.get(LIST).text, namespaceHTMLElements=False)
    row = page.find(f".//tr[@id='benefit-{benefit.pk}']")
    assert row is not None
    rest = f"{benefit.offer_name}, Jun 30, 2021"
    assert ["".join(link.itertext()).strip() for link in row.iter("a")] == [
        f"Visio, {rest}",
        f"View details: Visio, {rest}",
    ]
    assert row.findtext("td[@data-column='expires']/span[@class='subtitle']") == "in 60 days"


def test_a_row_tells_how_soon_only_what_can_still_be_lost(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    sections = (
        client.get(LIST).context["sections"]
        + client.get(f"{LIST}?tab=not-started").context["sections"]
    )
    called = dict(Benefit.objects.values_list("pk", "product_name"))
    soon = {called[row["pk"]]: row["soon"] for section in sections for row in section["rows"]}
    assert soon == dict.fromkeys(CURRENT, "") | {
        "unused today": "today",
        "tomorrow": "starts May 2, 2021",
    }


@pytest.mark.rule("U5")
def test_assigned_credit_tells_how_soon_it_ends(client: Client, tenant: Tenant, by: Actor) -> None:
    credit = BenefitFactory.create(
        partner=tenant.partner, monthly=True, expires_on=TODAY + 60 * DAY
    )
    credit.assign(DirectoryUserFactory.create(tenant=tenant), by=by, on=TODAY)
    usage, _licenses = client.get(LIST).context["sections"]
    assert [row["soon"] for row in usage["rows"]] == ["in 60 days"]


def test_the_orders_can_be_chosen_without_headers(
    client: Client, benefits: dict[str, Benefit]
) -> None:
    page = html5lib.parse(client.get(LIST).text, namespaceHTMLElements=False)
    options = page.findall(".//select[@id='sort']/option")
    chosen = [option.get("value") for option in options if option.get("selected") is not None]
    assert (len(options), chosen) == (12, ["status"])
    assert names(client, "?tab=current&sort=-benefit") == [
        "used soon",
        "used late",
        "unused today",
        "unused late",
        "first day",
    ]


def test_assigned_credit_comes_after_credit_for_nobody(client: Client, partner: Partner) -> None:
    given = AssignmentFactory.create(
        benefit=BenefitFactory.create(partner=partner, monthly=True, expires_on=TODAY)
    ).benefit
    free = BenefitFactory.create(partner=partner, bulk=True, expires_on=TODAY + 9 * DAY)
    assert names(client) == [free.product_name, given.product_name]


def test_an_opened_row_names_its_benefit_and_leads_to_its_page(
    client: Client, partner: Partner
) -> None:
    benefit = key_of(partner, "Visio", TODAY)
    url = benefit.get_absolute_url()
    opened, whole = client.get(url, headers={"HX-Request": "true"}).text, client.get(url).text
    link = f'<a href="{url}">Open page</a>'
    assert "<h2>Visio</h2>" in opened
    assert link in opened
    assert "<h2>Visio</h2>" not in whole
    assert link not in whole
