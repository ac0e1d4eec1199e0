"""Your products as a list: tabs and words, an order for each column, names that stay true.

Tabs and words leave what they say.
"""

import csv
import io
from datetime import timedelta

import html5lib
import pytest
from django.test import Client
from django.urls import reverse

from benefits_portal.licensing.models import Subscription
from benefits_portal.tenants.models import Actor, Partner, Tenant, User
from tests import factories
from tests.clients import SignIn
from tests.factories import TODAY, SubscriptionFactory, issue_key, redeem, replace

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("today")]
LIST = reverse("licensing:products")
OFFSETS = [-200, -100, -10, 0, 300]  # days to the end: deleted, disabled, expired, active, active


@pytest.fixture
def client(admin: User, sign_in: SignIn) -> Client:
    return sign_in(admin)


@pytest.fixture
def subscriptions(tenant: Tenant) -> list[Subscription]:
    """One in every status, one withdrawn, one that a key brought.

    Others are in another tenant and at another partner.
    """
    ended = [
        SubscriptionFactory.create(
            tenant=tenant, licenses=10 - number, ends_on=TODAY + timedelta(days=offset)
        )
        for number, offset in enumerate(OFFSETS)
    ]
    withdrawn = SubscriptionFactory.create(tenant=tenant, licenses=3, withdrawn_on=TODAY)
    redeemed = redeem(issue_key(partner=tenant.partner), tenant=tenant).subscription
    SubscriptionFactory.create(tenant=factories.TenantFactory.create(partner=tenant.partner))
    SubscriptionFactory.create()
    return [*ended, withdrawn, redeemed]


def found(client: Client, address: str) -> list[int]:
    return [row["pk"] for row in client.get(f"{LIST}?{address}").context["rows"]]


@pytest.mark.rule("P1", "S2")
def test_tabs_and_words_leave_what_they_say_of_this_tenant_alone(
    client: Client, subscriptions: list[Subscription]
) -> None:
    everything, first = {one.pk for one in subscriptions}, subscriptions[0]
    expected = {
        "": {one.pk for one in subscriptions if one.is_active(TODAY)},
        "show=all": everything,
        "show=nonsense": {one.pk for one in subscriptions if one.is_active(TODAY)},
        f"show=all&q={first.product.name.swapcase()}": {first.pk},
        f"q={first.product.name}": set(),
        "show=all&q=nothing+of+the+kind": set(),
    }
    assert {address: set(found(client, address)) for address in expected} == expected


@pytest.mark.parametrize("sort", ["product", "licenses", "status", "ends", "source"])
def test_each_column_sorts_and_turns_round(
    client: Client, subscriptions: list[Subscription], sort: str
) -> None:
    forward, back = found(client, f"show=all&sort={sort}"), found(client, f"show=all&sort=-{sort}")
    assert (sorted(forward), back) == (sorted(one.pk for one in subscriptions), forward[::-1])


def test_no_license_is_assigned_of_a_subscription_that_was_deleted(
    client: Client, tenant: Tenant
) -> None:
    kept = SubscriptionFactory.create(tenant=tenant, licenses=5)
    gone = SubscriptionFactory.create(
        tenant=tenant, product=kept.product, ends_on=TODAY - timedelta(days=200)
    )

    rows = {row["pk"]: row["assigned"] for row in client.get(f"{LIST}?show=all").context["rows"]}

    assert rows == {kept.pk: "0 of 5", gone.pk: "–"}


@pytest.mark.rule("S2", "K8")
def test_sorting_by_status_keeps_each_status_together(
    client: Client, subscriptions: list[Subscription]
) -> None:
    rows = client.get(LIST, {"show": "all", "sort": "-status"}).context["rows"]
    assert [row["status"] for row in rows] == [
        "active",
        "active",
        "active",
        "expired",
        "disabled",
        "deleted",
        "deleted",
    ]


def test_words_tab_and_order_stay_in_every_address(
    client: Client, subscriptions: list[Subscription]
) -> None:
    page = client.get(LIST, {"show": "all", "sort": "-ends", "q": "product"})
    html5lib.HTMLParser(strict=True).parse(page.text)
    links = [
        'href="?q=product&amp;sort=-ends"',
        'href="?show=all&amp;sort=-ends"',
        'href="?q=product&amp;show=all&amp;sort=ends"',
    ]
    assert [link in page.text for link in links] == [True, True, True]
    assert '<input type="hidden" name="show" value="all">' in page.text


def test_fifty_rows_to_a_page_and_every_page_parses(client: Client, tenant: Tenant) -> None:
    SubscriptionFactory.create_batch(60, tenant=tenant)
    pages, href = [], "?"
    while href:
        answer = client.get(LIST + href)
        html5lib.HTMLParser(strict=True).parse(answer.text)
        pages.append(len(answer.context["rows"]))
        href = answer.context["page"].next_href
    assert pages == [50, 10]


def test_an_empty_search_leads_back_to_its_tab(
    client: Client, subscriptions: list[Subscription]
) -> None:
    answer = client.get(LIST, {"show": "all", "q": "zzz"})
    assert "No results" in answer.text
    assert 'href="?show=all">Show all' in answer.text


# What stands on the row


def test_a_renamed_product_and_offer_are_called_so_on_what_runs(by: Actor) -> None:
    redemption = redeem()
    product, offer = redemption.subscription.product, redemption.key.benefit.membership.offer
    before, called = (
        Subscription.objects.values_list("product_name", "source_name").get(),
        (product.name, offer.name),
    )
    for one in (product, offer):
        one.name = f"New {one.pk}"
        one.save()
    after = Subscription.objects.values_list("product_name", "source_name").get()
    assert (before, after) == (called, (f"New {product.pk}", f"New {offer.pk}"))


@pytest.mark.rule("K8")
def test_the_source_is_the_offer_of_the_last_key_that_still_counts(
    partner: Partner, by: Actor
) -> None:
    subscription = redeem(issue_key(partner=partner)).subscription
    sources = [subscription.source_name]
    key = issue_key(partner=partner, product=subscription.product)
    redemption = subscription.add_licenses(key, by=by, on=TODAY)
    sources.append(Subscription.objects.get().source_name)
    replace(redemption)
    sources.append(Subscription.objects.get().source_name)
    assert sources == [sources[0], key.benefit.offer_name, sources[0]]
    assert sources[0] != sources[1]


@pytest.mark.rule("P1")
def test_the_download_holds_what_the_list_shows_in_its_order(
    client: Client, subscriptions: list[Subscription]
) -> None:
    for address in ("", "show=all&sort=-ends", f"show=all&q={subscriptions[0].product.name}"):
        text = (
            client.get(f"{reverse('licensing:products-csv')}?{address}")
            .getvalue()
            .decode("utf-8-sig")
        )
        shown = [Subscription.objects.get(pk=pk) for pk in found(client, address)]
        heads, *rows = csv.reader(io.StringIO(text))
        assert heads == [
            *("Product", "Licenses", "Status", "End date", "Latest key from"),
            *("Assigned", "Available"),
        ]
        assert [row[:5] for row in rows] == [
            [
                one.product_name,
                str(one.licenses),
                one.status(TODAY).label,
                one.ends_on.isoformat(),
                one.source_name,
            ]
            for one in shown
        ]


@pytest.mark.rule("L6", "L7")
def test_the_download_says_how_many_licenses_of_the_product_are_assigned_and_available(
    client: Client, tenant: Tenant
) -> None:
    licenses = factories.pool(5, 2, tenant=tenant, product__name="A")
    SubscriptionFactory.create(tenant=tenant, product=licenses.product, licenses=3)
    factories.pool(1, 4, tenant=tenant, product__name="B")
    SubscriptionFactory.create(tenant=tenant, product__name="C", ends_on=TODAY - timedelta(days=31))
    text = client.get(reverse("licensing:products-csv"), {"show": "all"}).getvalue()
    _heads, *rows = csv.reader(io.StringIO(text.decode("utf-8-sig")))
    assert [(row[0], row[1], *row[5:]) for row in rows] == [
        ("A", "5", "2", "6"),
        ("A", "3", "2", "6"),
        ("B", "1", "4", "0"),
        ("C", "25", "", ""),
    ]
