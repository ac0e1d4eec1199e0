"""Pages of the list of benefits, as prepared queries (`prepared.py`)."""

from collections.abc import Iterator
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

LOOKED_UP = {"offer", "product"}  # filters that package lines stand for
KEPT = 64  # compiled forms: every order in both directions, of the most used tabs and filters


class Form(NamedTuple):
    """What decides the SQL of a page's query.

    `position` has the booleans of the cursor, and None for its other values.
    """

    kind: "type[BenefitListing]"
    tab: Tab
    chosen: tuple[tuple[str, str], ...]
    sort: str
    position: tuple[bool | None, ...] | None
    by_lines: bool
    is_license_based: bool | None
    limit: int
    how: tuple[tuple[str, bool], ...]

    def cursor(self, values: Iterator[Any]) -> Cursor | None:
        """The cursor of this form, with the next of `values` for each that is not a boolean."""
        if self.position is None:
            return None
        return [next(values) if flag is None else flag for flag in self.position]

    def listing(self, partner: int, on: date, lines: str | None) -> "BenefitListing":
        """The list of this form, with the package `lines` if there are any."""
        query = QueryDict(mutable=True)
        query.update({**dict(self.chosen), "sort": self.sort})
        listing = self.kind(
            query, filters_of(self.tab, list), on=on, tab=self.tab, partner_pk=partner
        )
        listing.fitting = lines
        listing.is_license_based = self.is_license_based
        return listing


def is_prepared(listing: "BenefitListing", cursor: Cursor | None) -> bool:
    """Whether the page's query has one of few forms.

    Amounts have no stand-in. Without package lines, there is nothing to query.
    """
    has_amount = any(isinstance(value, Decimal) for value in cursor or ())
    return not has_amount and listing.fitting != ""


def page_rows(
    listing: "BenefitListing", cursor: Cursor | None, limit: int, **how: bool
) -> list[dict[str, Any]]:
    """The rows of `listing` from `cursor` on."""
    position = tuple(value if isinstance(value, bool) else None for value in cursor or ())
    lines = () if listing.fitting is None else (listing.fitting,)
    form = Form(
        type(listing),
        listing.tab,
        tuple(pair for pair in listing.chosen.items() if pair[0] not in LOOKED_UP),
        listing.query.sort,
        None if cursor is None else position,
        bool(lines),
        listing.is_license_based,
        limit,
        tuple(how.items()),
    )
    values = [value for value in cursor or () if not isinstance(value, bool)]
    return query_of(form).rows(listing.partner_pk, listing.on, *lines, *values)


@lru_cache(maxsize=KEPT)
def query_of(form: Form) -> PreparedQuery[dict[str, Any]]:
    def asked(partner: int, on: date, *values: Any) -> QuerySet[Any, dict[str, Any]]:
        left = iter(values)
        lines = next(left) if form.by_lines else None
        benefits = Benefit.objects.for_partner(Partner(pk=partner))
        rows: QuerySet[Any, dict[str, Any]] = form.listing(partner, on, lines).asked(
            benefits, form.cursor(left), form.limit, **dict(form.how)
        )
        return rows

    return PreparedQuery(asked)
