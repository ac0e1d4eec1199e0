"""Pages of the list by queries that are put together once: they hold what the query itself finds.

For each partner and each day, however the list is filtered and sorted.
"""

from datetime import timedelta
from itertools import cycle, product
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from benefits_portal.benefits.benefit_list.listing import BenefitListing, BenefitListingThen
from benefits_portal.benefits.benefit_list.prepared_pages import query_of
from benefits_portal.benefits.models import Benefit
from benefits_portal.listing import Listing
from benefits_portal.tenants.models import Partner
from tests.factories import TODAY, BenefitFactory, PartnerFactory

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
SORTS = [f"{sign}{name}" for name in BenefitListing.columns for sign in ("", "-")]
FILTERS = [
    *("", "kind=licenses", "show=unused", "show=expiring", "status=redeemed", "type=core"),
    *("tab=ended&kind=usage", "tab=not-started", "expires=30", "q=visio"),
]
# Each order once, each filter once or twice
SOME = [f"{filters}&sort={sort}" for filters, sort in zip(cycle(FILTERS), SORTS, strict=False)]
ALL = [f"{filters}&sort={sort}" for filters, sort in product(FILTERS, SORTS)]


@pytest.fixture
def partners() -> list[Partner]:
    """Two, each with five licenses and a credit that expire one day after the other."""
    partners = PartnerFactory.create_batch(2)
    for partner in partners:
        for days in range(-1, 4):
            facts = {"partner": partner, "expires_on": TODAY + timedelta(days=days)}
            BenefitFactory.create(**facts, product__name=f"Visio {partner.pk} {days}")
        BenefitFactory.create(partner=partner, expires_on=TODAY, monthly=True)
    return partners


def listings(partner: Partner, address: str) -> list[BenefitListing]:
    """On two days, and as it was then."""
    kinds = [(BenefitListing, 0), (BenefitListing, 1), (BenefitListingThen, 0)]
    return [
        kind.of(partner, QueryDict(address), TODAY + timedelta(days=days)) for kind, days in kinds
    ]


def found(partner: Partner, address: str, fetch: Any) -> list[Any]:
    """The first rows of the list, those behind the first, and those before the last, backwards."""
    pages = []
    for listing in listings(partner, address):
        rows = Benefit.objects.for_partner(partner)
        first = fetch(listing, rows, None, 2)
        ends = [listing.keyset.cursor_of(row) for row in first]
        pages.append([first, *(fetch(listing, rows, end, 3, counts=False) for end in ends)])
        pages.append([fetch(listing, rows, end, 3, backwards=True) for end in ends])
    return pages


def agree(partners: list[Partner], address: str) -> None:
    """Raise AssertionError unless a page of each partner holds what its query finds."""
    for partner in partners:
        by_query = found(partner, address, Listing.fetch)
        assert found(partner, address, BenefitListing.fetch) == by_query


@pytest.mark.slow
@pytest.mark.parametrize("address", SOME)
def test_a_page_holds_what_its_query_finds(partners: list[Partner], address: str) -> None:
    agree(partners, address)


@pytest.mark.release
@pytest.mark.parametrize("address", ALL)
def test_any_page_holds_what_its_query_finds(partners: list[Partner], address: str) -> None:
    agree(partners, address)


def test_a_form_is_put_together_once_for_all_partners_and_days(partners: list[Partner]) -> None:
    query_of.cache_clear()
    pages = [
        listing.page(Benefit.objects.for_partner(partner))
        for partner in partners
        for listing in listings(partner, "sort=expires")[:2]
    ]
    assert [len(page.rows) for page in pages] == [5, 3, 5, 3]
    assert query_of.cache_info().misses == 1


def test_a_form_serves_words_with_any_number_of_packages(partners: list[Partner]) -> None:
    query_of.cache_clear()
    found = [
        BenefitListing.of(partner, QueryDict(f"q=visio+{words}"), TODAY).page(
            Benefit.objects.for_partner(partner)
        )
        for partner in partners
        for words in (f"{partner.pk}", f"{partner.pk}+3")
    ]
    names = [{row["product_name"].split()[1] for row in page.rows} for page in found]
    both = [{str(each.pk)} for each in partners for _words in range(2)]
    assert [names, query_of.cache_info().misses] == [both, 1]


def test_where_all_is_of_one_kind_a_page_begins_with_it(partners: list[Partner]) -> None:
    listings = [
        BenefitListing.of(partners[0], QueryDict(f"q={words}"), TODAY)
        for words in ("visio", partners[0].name, "")
    ]
    assert [[each.is_license_based, each.order[0]] for each in listings] == [
        [True, "is_used"],
        [None, "is_license_based"],
        [None, "is_license_based"],
    ]


@pytest.mark.parametrize("sort", ["expires", "-expires", "benefit", "-status"])
@pytest.mark.parametrize("kinds", [[True], [False], [True, False]], ids=str)
def test_a_type_leaves_what_has_it_of_whatever_kind(
    partners: list[Partner], sort: str, kinds: list[bool]
) -> None:
    usable = Benefit.objects.for_partner(partners[0]).usable(TODAY)
    usable.update(benefit_type="core", competency="")
    some = usable.filter(is_license_based__in=kinds, expires_on=TODAY)
    some.update(benefit_type="incremental", competency="Cloud")
    listing = BenefitListing.of(partners[0], QueryDict(f"type=incremental&sort={sort}"), TODAY)
    found = {row["pk"] for row in listing.page(usable).rows}
    assert [len(found), found] == [len(kinds), set(some.values_list("pk", flat=True))]


def test_words_that_no_package_has_are_not_asked_for(partners: list[Partner]) -> None:
    listing = BenefitListing.of(partners[0], QueryDict("q=nowhere"), TODAY)
    with CaptureQueriesContext(connection) as queries:
        page = listing.page(Benefit.objects.for_partner(partners[0]))
    assert [page.total, len(queries)] == [0, 1]
