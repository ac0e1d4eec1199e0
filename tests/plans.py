"""How PostgreSQL finds the rows of a list's page."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from benefits_portal.listing import Listing
from benefits_portal.listing.page import Page

PAGES = ("first", "next", "middle", "last")


def plan_of(listing: Listing[Any], rows: Any) -> tuple[Page[Any], set[str], set[str], int]:
    """How the database makes the page that `listing` asks for.

    The page, the indexes that its query uses, the sorts that it makes, and how many rows are
    expected.
    """
    with CaptureQueriesContext(connection) as queries:
        page = listing.page(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {queries.captured_queries[-1]['sql']}")
        [[answer]] = cursor.fetchall()
    nodes = list(nodes_of((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]))
    indexes = {node["Index Name"] for node in nodes if "Index Name" in node}
    return (
        page,
        indexes,
        {node["Node Type"] for node in nodes if "Sort Key" in node},
        nodes[0]["Plan Rows"],
    )


def pages_by(
    index: str, listing: Callable[[QueryDict], Listing[Any]], rows: Any, query: str
) -> dict[str, tuple[bool, set[str], int, int]]:
    """How the first page at `query`, the next, one in the middle and the last are made.

    Whether `index` was used, the sorts, how many rows there are, and how many were expected:
    where it is next to none, a larger list is sorted.
    """
    asked = listing(QueryDict(query))
    everything = asked.keyset.sorted(asked.annotate_for_list(asked.matching(rows)))
    middle = asked.query.href(
        after=asked.keyset.encode_cursor(everything[everything.count() // 2])
    )[1:]
    address, found = {"first": query, "middle": middle}, {}
    for name in PAGES:
        page, indexes, sorts, expected = plan_of(listing(QueryDict(address[name])), rows)
        found[name] = (index in indexes, sorts, len(page.rows), expected)
        address |= (
            {"next": page.next_href[1:], "last": page.last_href[1:]} if name == "first" else {}
        )
    return found


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes_of(part)
