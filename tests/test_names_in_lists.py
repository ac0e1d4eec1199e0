"""Lists sort by name as people do: Ångström behind adam, on both databases (W7)."""

from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.http import QueryDict

from benefits_portal.benefits.benefit_list.listing import BenefitListing
from benefits_portal.benefits.models import Benefit, Offer, Product
from benefits_portal.licensing.lists import FILTERS, SubscriptionListing
from benefits_portal.licensing.models import Subscription
from benefits_portal.listing import Listing
from benefits_portal.tenants.models import Actor, Partner, Tenant
from tests import factories
from tests.factories import TODAY, BenefitFactory, SubscriptionFactory

pytestmark = [pytest.mark.django_db, pytest.mark.rule("W7")]
IN_ORDER = ["adam", "Adam", "Ångström", "Łukasz-app", "Œuvre", "ßtest", "Zed"]
SHUFFLED = ["Zed", "adam", "ßtest", "Œuvre", "Adam", "Łukasz-app", "Ångström"]


def benefits(partner: Partner, column: str) -> Any:
    """One benefit of each name, all alike but for it."""
    product, membership = (
        factories.ProductFactory.create(name="Product"),
        factories.MembershipFactory.create(partner=partner),
    )
    made: dict[str, Callable[[str], Any]] = {
        "benefit": lambda name: {"product__name": name},
        "offer": lambda name: {"product": product, "membership__offer__name": name},
        "type": lambda name: {
            "product": product,
            "membership": membership,
            "package_line__benefit_type": "incremental",
            "package_line__competency": name,
        },
    }
    for name in SHUFFLED:
        BenefitFactory.create(partner=partner, **made[column](name))
    return Benefit.objects.for_partner(partner)


def subscriptions(tenant: Tenant, column: str) -> Any:
    product = factories.ProductFactory.create(name="Product")
    for name in SHUFFLED:
        named = (
            {"product__name": name}
            if column == "product"
            else {"product": product, "source_name": name}
        )
        SubscriptionFactory.create(tenant=tenant, **named)
    return Subscription.objects.in_tenant(tenant)


def of_benefits(partner: Partner, query: str) -> Listing[Any]:
    return BenefitListing.of(partner, QueryDict(query), TODAY)


def of_subscriptions(partner: Partner, query: str) -> Listing[Any]:
    return SubscriptionListing(QueryDict(query), FILTERS, on=TODAY)


LISTS = {
    "benefits by product": (of_benefits, benefits, "benefit", "product_name"),
    "benefits by offer": (of_benefits, benefits, "offer", "offer_name"),
    "benefits by competency": (of_benefits, benefits, "type", "competency"),
    "your products by product": (of_subscriptions, subscriptions, "product", "product_name"),
    "your products by source": (of_subscriptions, subscriptions, "source", "source_name"),
}


def pages(listing: Callable[[str], Listing[Any]], rows: Any, query: str, way: str) -> Iterator[Any]:
    """The rows of each page from the one at `query` on, along its links `way`."""
    while query:
        page = listing(query).page(rows)
        yield page.rows
        query = getattr(page, way).removeprefix("?")


@pytest.mark.parametrize("sign", ["", "-"], ids=["ascending", "descending"])
@pytest.mark.parametrize(("of", "made", "sort", "field"), LISTS.values(), ids=LISTS)
def test_names_are_in_the_order_of_their_letters_on_every_page(
    tenant: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    of: Any,
    made: Any,
    sort: str,
    field: str,
    sign: str,
) -> None:
    monkeypatch.setattr(Listing, "page_size", 2)
    monkeypatch.setattr(BenefitListing, "whole_size", 0)
    owner = tenant if made is subscriptions else tenant.partner
    rows, query = made(owner, sort), f"sort={sign}{sort}"
    expected = IN_ORDER[::-1] if sign else IN_ORDER

    def listing(query: str) -> Listing[Any]:
        return of(tenant.partner, query)

    def named(found: Any) -> list[str]:
        pks = [row["pk"] if isinstance(row, dict) else row.pk for row in found]
        names = dict(rows.values_list("pk", field))
        return [names[pk] for pk in pks]

    forward = [named(page) for page in pages(listing, rows, query, "next_href")]
    back = [named(page) for page in pages(listing, rows, f"{query}&page=last", "previous_href")]
    assert forward == [expected[:2], expected[2:4], expected[4:6], expected[6:]]
    assert back == [expected[5:], expected[3:5], expected[1:3], expected[:1]]
    assert named(row for batch in listing(query).batches(rows) for row in batch) == expected


def sort_names() -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    return (
        set(Benefit.objects.values_list("product_sort_name", "offer_sort_name")),
        set(Subscription.objects.values_list("product_sort_name", "source_sort_name")),
    )


def test_a_new_name_moves_its_rows_to_its_place() -> None:
    factories.redeem()
    for model, name in ((Product, "Ångström"), (Offer, "Œuvre")):
        row = model.objects.get()
        row.name = name
        row.save()
    assert sort_names() == ({("angstrom", "oeuvre")}, {("angstrom", "oeuvre")})


def test_names_changed_past_the_portal_are_carried_with_their_places() -> None:
    factories.redeem()
    Product.objects.update(name="Ångström")
    Offer.objects.update(name="Œuvre")
    call_command("carry_names", "--all", stdout=StringIO())
    assert sort_names() == ({("angstrom", "oeuvre")}, {("angstrom", "oeuvre")})


def test_the_source_that_a_later_key_brings_is_in_its_place() -> None:
    subscription = factories.redeem(factories.issue_key(membership__offer__name="Zed")).subscription
    key = factories.issue_key(
        partner=subscription.partner,
        product=subscription.product,
        membership__offer__name="Ångström",
    )
    subscription.extend(key, by=Actor(), on=TODAY)
    assert set(Subscription.objects.values_list("source_name", "source_sort_name")) == {
        ("Ångström", "angstrom")
    }


def test_one_update_of_a_name_keeps_the_sort_key_beside_it() -> None:
    BenefitFactory.create()
    Benefit.objects.update(product_name="Ångström", competency="Łukasz-app")
    assert list(Benefit.objects.values_list("product_sort_name", "sort_competency")) == [
        ("angstrom", "lukasz app")
    ]


@pytest.mark.parametrize(
    ("table", "column", "fault"),
    [
        ("benefits_benefit", "product_sort_name", "product_sort_name than product.sort_name"),
        ("benefits_benefit", "offer_sort_name", "offer_sort_name than membership.offer.sort_name"),
        ("benefits_benefit", "sort_competency", "sort_competency than package_line.sort_compe"),
        ("licensing_subscription", "product_sort_name", "product_sort_name than product.sort"),
        ("licensing_subscription", "source_sort_name", "not found or sorted by its name"),
    ],
)
def test_a_stale_sort_key_is_found_and_folding_mends_it(
    table: str, column: str, fault: str
) -> None:
    factories.redeem()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = 'x'")  # noqa: S608 - names of our own
    output = StringIO()
    with pytest.raises(Exception, match="checks found something"):
        call_command("check_consistency", stdout=output)
    assert fault in output.getvalue()
    call_command("fold_names", stdout=StringIO())
    call_command("check_consistency", stdout=StringIO())
