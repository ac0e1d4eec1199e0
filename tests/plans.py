"""How PostgreSQL finds the rows of a list's page."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benefits_portal.listing import Listing
from benefits_portal.paging import Page


def plan_of(listing: Listing, rows: Any) -> tuple[Page, set[str], set[str]]:
    """The page that `listing` asks for, the indexes that its query uses, and the sorts that it makes."""
    with CaptureQueriesContext(connection) as queries:
        page = listing.page(rows)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {queries.captured_queries[-1]['sql']}")
        [[answer]] = cursor.fetchall()
    nodes = list(nodes_of((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]))
    return page, {node["Index Name"] for node in nodes if "Index Name" in node}, {node["Node Type"] for node in nodes if "Sort Key" in node}


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", []):
        yield from nodes_of(part)
