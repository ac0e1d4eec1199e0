"""Downloads of lists are recorded (A1): who, which list, its filters, how many rows."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import slugify

from benefits_portal.key_format import without_keys
from benefits_portal.listing import Listing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Actor, Record, TenantsAction


def log_download(
    request: HttpRequest,
    name: str,
    rows: QuerySet[Any],
    filters: Mapping[str, str],
    *,
    by: Actor,
    **tenant_context: Any,
) -> None:
    """Record that the list `name` is about to be downloaded, and yield its `rows`.

    Recorded before the first row, so that an aborted download is recorded too. The same download
    within an hour is only counted. `filters` must not contain names or keys (see `masked`).
    """
    if request.method != "GET":  # HEAD sends nothing
        return
    log_rows(name, rows.order_by().count(), filters, by=by, **tenant_context)


def log_rows(
    name: str, count: int, filters: Mapping[str, str], *, by: Actor, **tenant_context: Any
) -> None:
    """The same for a list in memory, of `count` rows."""
    written = ", ".join(f"{name}={value}" for name, value in filters.items() if value)
    after = {"list": name, "rows": count} | ({"filters": written[:200]} if written else {})
    Record.objects.log(TenantsAction.LIST_DOWNLOADED, by=by, after=after, **tenant_context)


def file_name(owner: str, title: str, on: date) -> str:
    """As in contoso-benefits-2026-11-29: in the reader's language, ASCII only."""
    return "-".join(filter(None, [slugify(owner), slugify(title), on.isoformat()]))


def masked(search_query: str) -> str:
    """A search query for the record: the first letter of each word, without keys (K3)."""
    return " ".join(f"{word[0]}…" for word in without_keys(search_query).split()[:5])


def log_listing(
    request: PartnerRequest,
    name: str,
    listing: Listing[Any],
    rows: QuerySet[Any],
    **tenant_context: Any,
) -> None:
    """The same for a Listing; `rows` are all rows, before its filters."""
    filters = listing.query.state() | {"q": masked(listing.search_query)}
    log_download(
        request,
        name,
        listing.matching(rows),
        filters,
        by=request.actor,
        partner=request.partner,
        **tenant_context,
    )
