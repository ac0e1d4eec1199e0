"""The pages of the list as queries that are put together once per process (`prepared.py`)."""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import QuerySet
from django.http import QueryDict

from benefits_portal.benefits.benefit_list.filters import Tab, filters_of
from benefits_portal.benefits.models import Benefit
from benefits_portal.listing.keyset import Cursor
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner

if TYPE_CHECKING:
    from benefits_portal.benefits.benefit_list.listing import BenefitListing

KEPT = 64  # forms: each order, both ways, of the tabs and filters that people look at most


class Form(NamedTuple):
    """What decides how the query for a page is put together.

    `position` has what is yes or no of the row that the page begins behind, None for the rest.
    """

    kind: "type[BenefitListing]"
    tab: Tab
    chosen: tuple[tuple[str, str], ...]
    sort: str
    position: tuple[bool | None, ...] | None
    limit: int
    how: tuple[tuple[str, bool], ...]

    def cursor(self, values: tuple[Any, ...]) -> Cursor | None:
        """The position whose values that are neither yes nor no are `values`."""
        if self.position is None:
            return None
        others = iter(values)
        return [next(others) if flag is None else flag for flag in self.position]


def is_prepared(listing: "BenefitListing", cursor: Cursor | None) -> bool:
    """Whether a page's query always has the same form.

    It has not where packages are looked up first, and no amount has a stand-in.
    """
    has_amount = any(isinstance(value, Decimal) for value in cursor or ())
    return not (has_amount or listing.looks_lines_up)


def page_rows(
    listing: "BenefitListing", cursor: Cursor | None, limit: int, **how: bool
) -> list[dict[str, Any]]:
    """What `listing` fetches from `cursor` on."""
    values = [value for value in cursor or () if not isinstance(value, bool)]
    position = tuple(value if isinstance(value, bool) else None for value in cursor or ())
    form = Form(
        type(listing),
        listing.tab,
        tuple(listing.chosen.items()),
        listing.query.sort,
        None if cursor is None else position,
        limit,
        tuple(how.items()),
    )
    return query_of(form).rows(listing.partner_pk, listing.on, *values)


@lru_cache(maxsize=KEPT)
def query_of(form: Form) -> PreparedQuery[dict[str, Any]]:
    def asked(partner: int, on: date, *values: Any) -> QuerySet[Any, dict[str, Any]]:
        query = QueryDict(mutable=True)
        query.update({**dict(form.chosen), "sort": form.sort})
        listing = form.kind(query, filters_of(form.tab, list), on=on, tab=form.tab)
        benefits = Benefit.objects.for_partner(Partner(pk=partner))
        rows: QuerySet[Any, dict[str, Any]] = listing.asked(
            benefits, form.cursor(values), form.limit, **dict(form.how)
        )
        return rows

    return PreparedQuery(asked)
