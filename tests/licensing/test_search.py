"""The search box: what one may see by its name, nobody else's, and never a key (rules K3, P1)."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.benefits.key_encryption import ALPHABET
from benefits_portal.benefits.models import Benefit
from benefits_portal.formats import as_day
from benefits_portal.licensing.key_search import ending_in
from benefits_portal.licensing.search import READ, Found
from benefits_portal.tenants.models import Actor, Partner, Role, Tenant, User
from tests import factories
from tests.clients import ClientResponse, SignIn
from tests.factories import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
SEARCH = reverse("search")


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def named(tenant: Tenant) -> Tenant:
    """The same names at the partner and elsewhere."""
    for each in (tenant, factories.TenantFactory.create(is_primary=True)):
        product = factories.ProductFactory.create(name=f"Aurora {each.pk}")
        key = factories.issue_key(partner=each.partner, product=product)
        factories.redeem(key, tenant=each)
        factories.DirectoryUserFactory.create(tenant=each, display_name=f"Aurora Person {each.pk}")
    return tenant


def found(response: ClientResponse) -> dict[str, list[str]]:
    return {
        group["title"]: [row.title for row in group["rows"]] for group in response.context["groups"]
    }


@pytest.mark.rule("P1")
def test_words_find_benefits_subscriptions_people_and_pages_of_ones_place(
    client: Client, named: Tenant
) -> None:
    answer = client.get(SEARCH, {"q": "aurora"})
    own = f"Aurora {named.pk}"
    assert found(answer) == {
        "Benefits": [own],
        "Subscriptions": [own],
        "People": [f"Aurora Person {named.pk}"],
    }
    assert found(client.get(SEARCH, {"q": "your prod"})) == {"Pages": ["Your products"]}
    assert all(
        client.get(row.href).status_code == 200
        for group in answer.context["groups"]
        for row in group["rows"]
    )


def test_what_can_be_used_comes_first_however_much_else_there_is(
    client: Client, tenant: Tenant, partner: Partner
) -> None:
    def some(count: int, first: int, last: int, **facts: Any) -> list[Benefit]:
        year = {
            "starts_on": TODAY + timedelta(days=first),
            "expires_on": TODAY + timedelta(days=last),
        }
        return [
            factories.BenefitFactory.create(partner=partner, product=product, **year, **facts)
            for _ in range(count)
        ]

    product = factories.ProductFactory.create(name="Aurora")
    some(READ + 1, -400, -1)
    usable = [*some(1, -300, 10), *some(1, -100, 0)]
    some(3, 1, 500)
    shown = next(
        group
        for group in client.get(SEARCH, {"q": "aurora"}).context["groups"]
        if group["title"] == "Benefits"
    )
    assert [row.href for row in shown["rows"]][:2] == [
        reverse("licensing:benefit-detail", args=[benefit.pk]) for benefit in usable
    ]
    assert [row.subtitle.split(" · ")[1] for row in shown["rows"]][2:] == ["Not started"] * 3 + [
        "Expired"
    ]


def test_benefits_of_one_product_are_told_apart_by_size_and_day(
    client: Client, partner: Partner
) -> None:
    product = factories.ProductFactory.create(name="Aurora")
    for quantity, days in [(25, 10), (1, 20)]:
        factories.BenefitFactory.create(
            partner=partner,
            product=product,
            quantity=quantity,
            expires_on=TODAY + timedelta(days=days),
        )
    rows = next(
        group["rows"]
        for group in client.get(SEARCH, {"q": "aurora"}).context["groups"]
        if group["title"] == "Benefits"
    )
    assert [row.subtitle.split(" · ")[2] for row in rows] == [
        f"1 license, until {as_day(TODAY + timedelta(days=20))}",
        f"25 licenses, until {as_day(TODAY + timedelta(days=10))}",
    ]


def test_words_become_an_address_without_script_and_results_with_htmx(
    client: Client, named: Tenant
) -> None:
    assert client.post(SEARCH, {"q": "aurora"})["Location"] == f"{SEARCH}?q=aurora"
    typed = client.post(SEARCH, {"q": "aurora"}, headers={"hx-request": "true"})
    assert typed.status_code == 200
    assert "<html" not in typed.text
    assert "Aurora Person" in typed.text


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    "typed", ["whole", "small letters", "part", "another prefix", "full-width", "genuine"]
)
def test_what_looks_like_a_key_is_not_looked_up_shown_or_in_an_address(
    client: Client, partner: Partner, by: Actor, typed: str
) -> None:
    key = factories.issue_key(partner=partner).reveal(by=by, on=factories.TODAY)
    words = {
        "whole": key,
        "small letters": key.lower().replace("-", " "),
        "part": key[:11],
        "another prefix": f"PCBEM{key[5:]}",
        "full-width": key.translate(
            {ord(letter): ord(letter) + 0xFEE0 for letter in f"{ALPHABET}PCBEN-"}
        ),
        "genuine": "NQWRT-XYVPM-2C3GH-7JKDF-B9NQ8",
    }[typed]
    assert (
        client.post(SEARCH, {"q": words})["Location"],
        client.get(SEARCH, {"q": words})["Location"],
    ) == (
        SEARCH,
        SEARCH,
    )
    for answer in (
        client.post(SEARCH, {"q": words}, headers={"hx-request": "true"}),
        client.get(SEARCH, {"q": words}, follow=True),
    ):
        assert "looks like a product key" in answer.text
        assert words not in answer.text


@pytest.mark.rule("W5")
@pytest.mark.parametrize(
    "words", ["Maria Clara Sousa Lopes Pinto", "James Henry Scott Brown Young"]
)
def test_five_words_of_five_letters_are_searched_for(
    client: Client, tenant: Tenant, words: str
) -> None:
    factories.DirectoryUserFactory.create(tenant=tenant, display_name=words)
    answer = client.get(SEARCH, {"q": words})
    assert found(answer) == {"People": [words]}
    assert client.get(reverse("tenants:users"), {"q": words}).status_code == 200
    assert (
        "product key" not in client.post(SEARCH, {"q": words}, headers={"hx-request": "true"}).text
    )


@pytest.mark.rule("K3")
@pytest.mark.parametrize(
    "page",
    [
        "benefits:azure-cloud",
        "licensing:products",
        "tenants:users",
        "tenants:give-role",
        "admin:tenants_partner_changelist",
    ],
)
def test_a_list_searches_for_no_key_and_keeps_the_rest_of_its_address(
    admin_client: Client, client: Client, page: str
) -> None:
    searcher = admin_client if page.startswith("admin:") else client
    key = "PCBEN-BCDFG-HJKMP-QRTVW-XY234"
    address = reverse(page)
    answer = searcher.get(address, {"q": key, "sort": "-status"})
    shown = searcher.get(address).text
    assert answer["Location"] == f"{address}?sort=-status"
    assert "looks like a product key" in shown
    assert key not in shown


@pytest.mark.rule("K3")
def test_no_address_leads_to_another_host_and_a_whole_page_says_so_once(client: Client) -> None:
    typed = {"q": "PCBEN-BCDFG-HJKMP-QRTVW-XY234"}
    live = [
        client.get(reverse("tenants:users"), typed, headers={"hx-request": "true"})
        for _ in range(2)
    ][-1]
    assert len(client.get(reverse("tenants:users")).context["messages"]) == 1
    assert (
        client.get("/", typed, PATH_INFO="//example.org/")["Location"],
        live["HX-Redirect"],
    ) == (
        "/%2Fexample.org/",
        reverse("tenants:users"),
    )


@pytest.mark.rule("K3")
@pytest.mark.parametrize("shown_as", ["{}", "…{}", "•••••-{}", "•••••-•••••-•••••-•••••-{}"])
def test_who_redeemed_a_key_is_found_by_its_last_five_characters(
    client: Client, tenant: Tenant, admin: User, shown_as: str
) -> None:
    redemption = factories.redeem(tenant=tenant, by=Actor(admin))
    key = redemption.key
    answer = client.get(SEARCH, {"q": shown_as.format(key.last_five.lower())})
    [row] = answer.context["groups"][0]["rows"]
    who = admin.directory_user.display_name
    assert row.title == f"•••••-{key.last_five}: {key.product}, 25 licenses"
    assert row.subtitle == f"Redeemed on May 1, 2021 by {who} in {tenant}: New subscription"
    assert row.href == redemption.get_absolute_url()
    assert client.get(row.href).status_code == 200


@pytest.mark.parametrize(
    ("facts", "is_revoked", "state"),
    [
        ({"expires_on": TODAY}, False, "Not redeemed: use by May 1, 2021"),
        (
            {"expires_on": TODAY - timedelta(days=1)},
            False,
            "Not redeemed: expired after Apr 30, 2021",
        ),
        (
            {"starts_on": TODAY + timedelta(days=1)},
            False,
            "Not redeemed: can be used from May 2, 2021",
        ),
        ({}, True, "Revoked, never redeemed"),
    ],
)
def test_a_key_that_nobody_redeemed_is_found_with_what_became_of_it(
    client: Client, partner: Partner, facts: dict[str, Any], *, is_revoked: bool, state: str
) -> None:
    key = factories.issue_key(partner=partner, **facts)
    if is_revoked:
        key.revoke("lost", by=Actor())
    [row] = client.get(SEARCH, {"q": key.last_five}).context["groups"][0]["rows"]
    assert (row.subtitle, row.href) == (state, key.benefit.get_absolute_url())


@pytest.mark.rule("K3", "P1")
def test_nobody_else_s_key_is_found_nor_one_by_other_characters(
    client: Client, partner: Partner
) -> None:
    others, own = factories.issue_key(), factories.issue_key(partner=partner)
    fewer, more = own.last_five[1:], f"{own.last_five}{own.last_five[0]}"
    for typed in (others.last_five, fewer, more):
        assert found(client.get(SEARCH, {"q": typed})) == {}
    assert (ending_in(fewer), ending_in(more), ending_in("Maria")) == ("", "", "")


def test_a_redeemed_benefit_shows_the_last_five_characters(client: Client, tenant: Tenant) -> None:
    key = factories.redeem(tenant=tenant).key
    assert f"•••••-{key.last_five}" in client.get(key.benefit.get_absolute_url()).text


def test_nothing_found_says_what_can_be_searched_for(client: Client) -> None:
    assert "Nothing was found." in client.get(SEARCH, {"q": "zzz"}).text


def test_pages_of_the_menus_are_found_by_their_names(client: Client) -> None:
    names = ("Licenses", "Calendar", "Reminders", "Plan with", "Lost by", "Requests")
    pages = [row for name in names for row in only_pages(client, name)]
    assert [row.title for row in pages] == [
        "Licenses",
        "Calendar",
        "Reminders",
        "Plan with your keys",
        "Lost by a day",
        "Requests",
    ]
    assert {client.get(row.href).status_code for row in pages} == {200}


@pytest.mark.rule("P3")
@pytest.mark.parametrize("title", ["Redeem a product key", "Activity", "Reminders"])
def test_what_is_for_admins_is_named_without_a_link_to_a_member(
    sign_in: SignIn, tenant: Tenant, title: str
) -> None:
    member = factories.UserFactory.create(directory_user__tenant=tenant)
    factories.RoleAssignmentFactory.create(user=member, partner=tenant.partner, role=Role.MEMBER)
    [row] = only_pages(sign_in(member), title)
    assert (row.title, row.href) == (title, "")


def only_pages(client: Client, name: str) -> list[Found]:
    groups = client.get(SEARCH, {"q": name}).context["groups"]
    return [row for group in groups if group["title"] == "Pages" for row in group["rows"]]
