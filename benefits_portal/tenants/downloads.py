"""Lists that are taken along, on record (rule A1).

Who, which list, what it was filtered by, and how many rows.
"""

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
    """Put on record that `rows`, a list called `name`, are about to be sent.

    Before the first one is, so that a download that breaks off is on record too, with all that was
    asked for. The same one again within the hour is counted. `filters` hold no name and no key (see
    `masked`).
    """
    if request.method != "GET":  # HEAD sends nothing
        return
    log_rows(name, rows.order_by().count(), filters, by=by, **tenant_context)


def log_rows(
    name: str, count: int, filters: Mapping[str, str], *, by: Actor, **tenant_context: Any
) -> None:
    """The same of a list that is at hand, of `count` rows."""
    written = ", ".join(f"{name}={value}" for name, value in filters.items() if value)
    after = {"list": name, "rows": count} | ({"filters": written[:200]} if written else {})
    Record.objects.log(TenantsAction.LIST_DOWNLOADED, by=by, after=after, **tenant_context)


def file_name(owner: str, title: str, on: date) -> str:
    """contoso-benefits-2026-11-29, in the reader's language, without what is no ASCII letter."""
    return "-".join(filter(None, [slugify(owner), slugify(title), on.isoformat()]))


def masked(search_query: str) -> str:
    """What was searched for, as far as it goes on record (K3).

    The first letter of each word, and nothing of a key.
    """
    return " ".join(f"{word[0]}…" for word in without_keys(search_query).split()[:5])


def log_listing(
    request: PartnerRequest,
    name: str,
    listing: Listing[Any],
    rows: QuerySet[Any],
    **tenant_context: Any,
) -> None:
    """The same of a list of the portal.

    `rows` are all it could hold, of which `listing` says what was asked for.
    """
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
