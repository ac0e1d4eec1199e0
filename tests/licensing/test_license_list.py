"""The first page of a product's people, prepared, holds what it holds unprepared (H1, L9)."""

from datetime import date, timedelta

import pytest
from django.http import QueryDict

from benefits_portal.derived_fields import MAX_KEYS
from benefits_portal.licensing.license_list import LicenseListing, Values
from benefits_portal.licensing.models import LicenseAssignment, LicensePool
from benefits_portal.listing import Page
from benefits_portal.prepared import in_one_text
from benefits_portal.search_text import search_terms
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.models import Actor, DirectoryUser, DirectoryUserWord, Tenant
from benefits_portal.tenants.models.people_sought import Meant
from tests.factories import TODAY, DirectoryUserFactory, pool

pytestmark = [pytest.mark.django_db, pytest.mark.rule("H1")]

BY = Actor()
STATES = [
    "",
    "sort=-name",
    "sort=address",
    "sort=-given",
    "who=guests",
    "who=disabled",
    "show=past",
    "show=past&who=guests&sort=-address",
    "q=bob",
    "q=cas&sort=-given",
    "q=c&who=disabled",
    "q=nobody",
    "q=!",
]


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


@pytest.fixture
def pools(tenant: Tenant) -> list[LicensePool]:
    """Two products of one tenant: three people have the first one, and two the second."""
    pools = [pool(3, tenant=tenant, starts_on=ago(100)) for _each in range(2)]
    ann, bob, cas = (
        DirectoryUserFactory.create(tenant=tenant, display_name=name, kind=kind)
        for name, kind in (("Ann", "member"), ("Bob", DirectoryUser.Kind.GUEST), ("Cas", "member"))
    )
    for nth, person in enumerate((cas, bob, ann)):
        pools[0].give(person, by=BY, on=ago(30 - nth))
    pools[1].give(bob, by=BY, on=ago(15))
    pools[1].give(cas, by=BY, on=ago(5))
    pools[0].assignments.get(directory_user=bob).take(by=BY, on=ago(10))
    cas.disable(by=BY)
    return pools


@pytest.mark.parametrize("state", STATES)
def test_a_first_page_is_the_same_prepared(pools: list[LicensePool], state: str) -> None:
    days = [AnyDay(TODAY), *(AnyDay(TODAY, as_of=ago(days)) for days in (29, 12, 9))]
    partner = pools[0].tenant.partner_id
    asked = [
        (LicenseListing.of(QueryDict(state), day, partner), each) for day in days for each in pools
    ]
    assert [listing.page_of(each) for listing, each in asked] == [
        listing.page(each.assignments) for listing, each in asked
    ]


def names(pools: list[LicensePool], state: str, on: date | None = None) -> list[list[object]]:
    listing = LicenseListing.of(QueryDict(state), AnyDay(TODAY, as_of=on), 0)
    return [[row["name"] for row in listing.rows(listing.page_of(each).rows)] for each in pools]


def test_what_is_prepared_is_asked_of_the_product_and_the_day(pools: list[LicensePool]) -> None:
    assert [
        names(pools, ""),
        names(pools, "sort=-name"),
        names(pools, "show=past"),
        names(pools, "", ago(12)),
        names(pools, "", ago(29)),
    ] == [
        [["Ann", "Cas"], ["Bob", "Cas"]],
        [["Cas", "Ann"], ["Cas", "Bob"]],
        [["Bob"], []],
        [["Ann", "Bob", "Cas"], ["Bob"]],
        [["Bob", "Cas"], []],
    ]


@pytest.mark.parametrize("sort", ["", "sort=-name", "sort=address", "sort=-given"])
@pytest.mark.parametrize("words", ["b", "c contoso", "bob ann"])
def test_who_is_searched_is_found_alike_by_keys_and_by_words(
    pools: list[LicensePool], sort: str, words: str
) -> None:
    partner, terms = pools[0].tenant.partner_id, search_terms(words)
    people = DirectoryUser.objects.filter(partner=partner).matching(words)
    keys = in_one_text(people.values_list("pk", flat=True))
    whoever_is_meant = [
        Meant(partner, "by keys", (keys,)),
        Meant(partner, "by words read once", terms),
        Meant(partner, "by the words of each", terms),
    ]
    pages = [searched(pools[0], sort, meant) for meant in whoever_is_meant]
    assert pages == [pages[0]] * 3


def searched(pool: LicensePool, sort: str, meant: Meant) -> list[int]:
    listing = LicenseListing.of(QueryDict(sort), AnyDay(TODAY), meant.partner)
    listing.meant = meant
    return [held["pk"] for held in listing.page(pool.assignments).rows]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("people", "total"), [(MAX_KEYS, "200"), (MAX_KEYS + 1, "100+")], ids=["few", "many"]
)
def test_of_many_whom_words_mean_a_hundred_licenses_are_counted(
    pools: list[LicensePool], people: int, total: str
) -> None:
    tenant, [pool, _other] = pools[0].tenant, pools
    entries = DirectoryUserFactory.build_batch(
        people, tenant=tenant, partner=tenant.partner, display_name="Kim Lee"
    )
    DirectoryUserWord.objects.write_all(DirectoryUser.objects.bulk_create(entries))
    pool.assignments.bulk_create(
        LicenseAssignment(
            partner=tenant.partner,
            tenant=tenant,
            product=pool.product,
            directory_user=entry,
            given_on=TODAY,
        )
        for entry in entries
    )
    listing = LicenseListing.of(QueryDict("q=kim"), AnyDay(TODAY), tenant.partner_id)
    page = listing.page_of(pool)
    assert page.summary == f"Showing 50 of {total}"
    assert listing.page(pool.assignments) == page


@pytest.mark.parametrize("as_of", [None, ago(9)])
@pytest.mark.parametrize(
    ("state", "total"), [("", 4_321), ("sort=-given", 4_321), ("who=guests", 0), ("q=cas", 1)]
)
def test_whoever_holds_a_license_is_counted_by_the_page(
    pools: list[LicensePool], as_of: date | None, state: str, total: int
) -> None:
    partner = pools[0].tenant.partner_id
    listing = LicenseListing.of(QueryDict(state), AnyDay(TODAY, as_of=as_of), partner)
    listing.people = 4_321
    page = listing.page_of(pools[0])
    assert page.total == total
    assert listing.page(pools[0].assignments) == page


@pytest.mark.parametrize("sort", ["", "sort=-name", "sort=address", "sort=given"])
def test_pages_of_another_day_go_through_those_who_hold_one_and_who_held_one(
    pools: list[LicensePool], monkeypatch: pytest.MonkeyPatch, sort: str
) -> None:
    monkeypatch.setattr(LicenseListing, "page_size", 1)
    day, partner = AnyDay(TODAY, as_of=ago(12)), pools[0].tenant.partner_id
    first = LicenseListing.of(QueryDict(sort), day, partner).page_of(pools[0])
    there, last = walked(pools[0], day, first, "next_href")
    back, _first = walked(pools[0], day, last, "previous_href")
    assert [len(set(there)), there] == [3, back[::-1]]


def walked(
    pool: LicensePool, day: AnyDay, page: Page[Values], href: str
) -> tuple[list[int], Page[Values]]:
    """Whose licenses come from that page on, by these links."""
    people = [held["directory_user"] for held in page.rows]
    while link := getattr(page, href):
        listing = LicenseListing.of(QueryDict(link[1:]), day, pool.tenant.partner_id)
        page = listing.page_of(pool)
        people += [held["directory_user"] for held in page.rows]
    return people, page
