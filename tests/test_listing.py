"""Lists in the address: every row is met once, and nonsense is forgiven.

Whatever the order and whoever adds rows meanwhile.
"""

from typing import Any

import pytest
from django.db import transaction
from django.http import QueryDict
from hypothesis import strategies as st

from benefits_portal.benefits.models import Offer
from benefits_portal.listing import Column, Filter, Listing
from benefits_portal.listing.page import MAX_COUNT, Page
from tests.properties import for_all

pytestmark = pytest.mark.django_db


class Offers(Listing[Offer]):
    """Offers by position, of which many are alike, or by name, three to a page."""

    columns = {"position": Column("Position", ("position",)), "name": Column("Name", ("name",))}
    page_size = 3

    def filter_queryset(self, rows: Any) -> Any:
        rows = rows.filter(is_competency=True) if self.chosen.get("show") else rows
        return rows.filter(name__icontains=self.search_query)


class OffersFoundFirst(Offers):
    """The same, but primary keys are found before anything else is read."""

    @property
    def finds_first(self) -> bool:
        return True


def listing(address: str, kind: type[Offers] = Offers) -> Offers:
    return kind(
        QueryDict(address.removeprefix("?")),
        {"show": Filter("Show", {"competency": "Competencies"}, quick=True)},
    )


def page(address: str, kind: type[Offers] = Offers) -> Page[Offer]:
    return listing(address, kind).page(Offer.objects.all())


def add(positions: list[int], start: int) -> list[Offer]:
    numbers = range(start, start + len(positions))
    offers = [
        Offer(name=f"{number * 7 % 10}{number}", position=p)
        for number, p in zip(numbers, positions, strict=True)
    ]
    return Offer.objects.bulk_create(offers)


positions = st.lists(st.integers(0, 3), max_size=9)


@for_all(
    before=positions,
    meanwhile=positions,
    sort=st.sampled_from(["", "-position", "name", "-name"]),
    backwards=st.booleans(),
    kind=st.sampled_from([Offers, OffersFoundFirst]),
)
def test_walking_all_pages_meets_each_row_once_while_rows_are_added(
    before: list[int], meanwhile: list[int], sort: str, backwards: bool, kind: type[Offers]
) -> None:
    with transaction.atomic():
        there = add(before, 0)
        met: list[Offer] = []
        href = f"?sort={sort}{'&page=last' if backwards else ''}"
        while href:
            found = page(href, kind)
            met += reversed(found.rows) if backwards else found.rows
            href = found.previous_href if backwards else found.next_href
            add(meanwhile[len(met) : len(met) + 3], 100 * (1 + len(met)))
        order = [(row.name if "name" in sort else row.position, row.pk) for row in met]
        assert [len(met), order] == [
            len(set(met)),
            sorted(order, reverse=sort.startswith("-") != backwards),
        ]
        assert set(there) <= set(met)
        transaction.set_rollback(True)


@pytest.fixture
def offers() -> list[Offer]:
    return [
        Offer.objects.create(name=f"Offer {number}", position=number, is_competency=number != 4)
        for number in range(10)
    ]


def names(found: Page[Offer]) -> str:
    return "".join(row.name[-1] for row in found.rows)


def test_each_page_leads_to_the_first_the_last_and_those_beside_it(offers: list[Offer]) -> None:
    first = page("")
    second = page(first.next_href)
    last = page(second.last_href)
    assert [names(found) for found in (first, second, last)] == ["012", "345", "789"]
    assert [
        names(page(href)) for href in (second.previous_href, second.first_href, last.previous_href)
    ] == ["012", "012", "456"]
    assert [first.first_href, first.previous_href, last.next_href, last.last_href] == [""] * 4


def test_the_pages_keep_the_words_the_filter_and_the_order(offers: list[Offer]) -> None:
    found = page("sort=-name&q=offer&show=competency")
    assert names(found) == "987"
    assert names(page(found.next_href)) == "653"
    assert found.summary == "Showing 3 of 9"


def test_what_makes_no_sense_in_the_address_is_left_out(offers: list[Offer]) -> None:
    forged = page("").next_href[:-1]
    of_another_order = page("sort=name").next_href.replace("sort=name&", "")
    for address in [
        "sort=pk",
        "show=all",
        "after=1",
        "after=%00",
        "before=[]",
        "page=9",
        f"q=%00&after={'9' * 999}",
        forged,
        of_another_order,
    ]:
        assert (address, names(page(address))) == (address, "012")


def test_a_page_that_is_no_longer_there_is_the_first_one(offers: list[Offer]) -> None:
    href = page("").next_href
    Offer.objects.filter(position__gt=2).delete()
    assert names(page(href)) == "012"


@pytest.mark.parametrize(
    "before", [("name",), ("position", "name"), ("is_competency",)], ids=" ".join
)
def test_a_cursor_of_another_order_of_the_column_leads_to_the_first_page(
    offers: list[Offer], monkeypatch: pytest.MonkeyPatch, before: tuple[str, ...]
) -> None:
    monkeypatch.setitem(Offers.columns, "position", Column("Position", before))
    href = page("").next_href
    monkeypatch.undo()
    assert names(page(href)) == "012"


def test_more_than_a_thousand_rows_are_not_counted_to_the_end(offers: list[Offer]) -> None:
    assert page("").summary == "Showing 3 of 10"
    Offer.objects.bulk_create(Offer(name=f"More {number}") for number in range(MAX_COUNT + 5))
    assert page("").summary == "Showing 3 of 1,000+"


def test_a_header_sorts_by_its_column_and_then_reverses_the_order() -> None:
    urls = ("", "sort=-position", "sort=name&q=a")
    hrefs = [[header["href"] for header in listing(url).column_headers()] for url in urls]
    assert hrefs == [
        ["?sort=-position", "?sort=name"],
        ["?", "?sort=name"],
        ["?q=a", "?q=a&sort=-name"],
    ]
