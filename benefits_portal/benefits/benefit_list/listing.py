"""The list of benefits: its columns, orders, sections and pages."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any

from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.benefit_list.filtering import FilteredListing
from benefits_portal.benefits.benefit_list.filters import (
    KINDS,
    HeldLine,
    Tab,
    filters_of,
    held_lines,
    tab_of,
    unfitting,
)
from benefits_portal.benefits.benefit_list.prepared_pages import is_prepared, page_rows
from benefits_portal.benefits.benefit_list.rows import (
    COLUMNS_READ,
    BenefitRow,
    Section,
    benefit_rows,
)
from benefits_portal.benefits.benefit_list.spreadsheet import column_labels, sheet_rows
from benefits_portal.benefits.models import Benefit
from benefits_portal.benefits.models.benefit_queryset import BenefitQuerySet
from benefits_portal.benefits.status import Status
from benefits_portal.formats import format_number
from benefits_portal.listing import Column
from benefits_portal.listing.filters import FilterLink, FilterTabs
from benefits_portal.listing.keyset import Cursor
from benefits_portal.listing.page import MAX_COUNT, MAX_COUNT_BESIDE, Page, total_text
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.models import Partner


@dataclass
class BenefitListing(FilteredListing):
    """The list of a partner's benefits.

    Usage-based benefits come first in every ascending order, last in a descending one.
    """

    columns = {
        "benefit": Column(
            gettext_lazy("Benefit"), ("is_license_based", "product_sort_name", "size")
        ),
        "quantity": Column(
            gettext_lazy("Quantity"), ("is_license_based", "size", "product_sort_name")
        ),
        "offer": Column(
            gettext_lazy("Offer"), ("is_license_based", "offer_sort_name", "product_sort_name")
        ),
        "type": Column(
            gettext_lazy("Benefit type"),
            ("is_license_based", "benefit_type", "sort_competency", "product_sort_name"),
        ),
        "expires": Column(
            gettext_lazy("Expiration date"), ("is_license_based", "expires_on", "product_sort_name")
        ),
        # Within one tab, this is the order of the statuses
        "status": Column(
            gettext_lazy("Status"),
            ("is_license_based", "is_used", "expires_on"),
            sort_label=gettext_lazy("Unused first, then by date"),
        ),
    }

    partner_pk: int = 0
    fields_key: str = ""
    whole_size = 100

    @classmethod
    def of(
        cls, partner: Partner, query: QueryDict, on: date, kept: Mapping[str, str] | None = None
    ) -> "BenefitListing":
        """The list of `partner` on day `on`; options that need its packages are loaded if used."""

        @cache
        def lines() -> list[HeldLine]:
            return held_lines(partner)

        tab = tab_of(query)
        key = f"benefits of {partner.pk} {tab}"
        filters = filters_of(tab, lines)
        return cls(query, filters, lines, on, tab, partner.pk, key, kept=kept or {})

    @classmethod
    def for_day(cls, partner: Partner, query: QueryDict, any_day: AnyDay) -> "BenefitListing":
        """The list for today or for the day that `any_day` names."""
        kind = BenefitListingThen if any_day.as_of else cls
        return kind.of(partner, query, any_day.day, any_day.kept)

    @property
    def default_sort(self) -> str:
        """Unused first, then by date; in the tab of ended ones, the latest first."""
        return "-expires" if self.tab is Tab.ENDED else "status"

    def annotate_for_list(self, benefits: BenefitQuerySet) -> Any:
        """The values that the rows of a page need. One query."""
        return self._of_kind(benefits).values(
            "pk", *COLUMNS_READ, *self.columns[self.query.column].order
        )

    def _of_kind(self, benefits: BenefitQuerySet) -> BenefitQuerySet:
        """Filter by the common kind, because the index of each order begins with the kind."""
        if self.is_license_based is None or "kind" in self.chosen:
            return benefits
        return benefits.filter(is_license_based=self.is_license_based)

    def bounded(self, found: Any, *, descending: bool) -> Any:
        """Begin at the first kind that has benefits of the chosen type.

        Each order begins with the kind, so the database would otherwise read all of the other kind.
        """
        if self.is_license_based is not None or "type" not in self.chosen:
            return found
        theirs = Benefit.objects.filter(partner=self.partner_pk, benefit_type=self.chosen["type"])
        # In the order of an index; otherwise PostgreSQL scans the table
        in_order = theirs.filter(is_license_based=descending).order_by(*self.columns["type"].order)
        one = Subquery(in_order.values("is_license_based")[:1])
        lookup = "is_license_based__lte" if descending else "is_license_based__gte"
        return found.filter(**{lookup: Coalesce(one, not descending)})

    @property
    def order(self) -> tuple[str, ...]:
        """The columns to sort by, without the kind if all rows have the same.

        Otherwise a cursor with the kind would make the database search from the first row.
        """
        return super().order if self.is_license_based is None else super().order[1:]

    def begins_behind(self, *, descending: bool) -> Cursor | None:
        """The cursor at the list's day, if it is sorted by date.

        Ended ones lie before it, current ones after it.
        """
        is_bounded = self.tab is (Tab.ENDED if descending else Tab.CURRENT)
        if not is_bounded or "expires_on" not in self.order:
            return None
        edge = {"expires_on": self.on, "product_sort_name": "", "pk": 0}
        return [edge.get(name, descending) for name in self.order]

    def rows(self, found: Iterable[dict[str, Any]]) -> Iterator[BenefitRow]:
        return benefit_rows(found, self.on)

    def order_fields(self, rows: BenefitQuerySet) -> list[Any]:
        return [rows.query.resolve_ref(name).output_field for name in self.order]

    def fetch(
        self, rows: BenefitQuerySet, cursor: Cursor | None, limit: int, **how: bool
    ) -> list[dict[str, Any]]:
        if not is_prepared(self, cursor):
            return super().fetch(rows, cursor, limit, **how)
        return page_rows(self, cursor, limit, **how)

    def page(self, rows: BenefitQuerySet) -> Page[dict[str, Any]]:
        """`rows` are all benefits of the partner."""
        page = super().page(rows)
        self.counts[self.tab.name] = page.total
        return page

    def filter_tabs(self) -> list[FilterTabs]:
        """The tabs, each with the number of rows that match the search and filters.

        A tab that a filter is left behind for has no number: it would count what was not asked for.
        """
        return [FilterTabs(self.filters["tab"].label, [self._tab_link(tab) for tab in Tab])]

    def elsewhere(self) -> list[FilterLink]:
        """The other tabs that have rows, for when this one has none."""
        return [self._tab_link(tab) for tab in Tab if tab is not self.tab and self.counts[tab.name]]

    def _tab_link(self, tab: Tab) -> FilterLink:
        kept = self._chosen_in(tab)
        # The default tab is not named in the URL
        changes = dict.fromkeys(self.chosen, "") | kept
        changes["tab"] = "" if tab is tab_of(kept) else tab.value
        most = MAX_COUNT if tab is self.tab else MAX_COUNT_BESIDE
        is_counted = tab is self.tab or not unfitting(tab, self.chosen)
        return {
            "id": f"tab-{tab.value}",
            "label": tab.label,
            "href": self.query.href(**changes),
            "is_set": tab is self.tab,
            "count": total_text(self.counts[tab.name], most) if is_counted else "",
        }

    def hidden_inputs(self) -> list[tuple[str, str]]:
        """The same with the tab's name, so that further filters stay in this tab."""
        others = [given for given in super().hidden_inputs() if given[0] != "tab"]
        return [("tab", self.tab.value), *others]

    def sections(self, page: Page[dict[str, Any]]) -> list[Section]:
        """The rows of a page by kind, for the kinds that were chosen."""
        by_kind: dict[str, list[BenefitRow]] = {kind: [] for kind in KINDS}
        for row, values in zip(self.rows(page.rows), page.rows, strict=True):
            by_kind["licenses" if values["credit_amount"] is None else "usage"].append(row)
        kinds = [self.chosen["kind"]] if "kind" in self.chosen else list(KINDS)
        return [
            {
                "kind": kind,
                "href": self.query.href(kind=kind),
                "hidden": "quantity" if kind == "usage" else "",
                "rows": by_kind[kind],
                "total": format_number(len(by_kind[kind])) if page.is_whole else "",
            }
            for kind in kinds
        ]

    def spreadsheet(self, benefits: BenefitQuerySet, partner: Partner) -> Iterator[list[object]]:
        """The header row, then a row for each benefit; days in ISO 8601, never a key (K3)."""
        yield [*column_labels()]
        for batch in self.batches(benefits):
            yield from sheet_rows(partner, batch, self.on)


@dataclass
class BenefitListingThen(BenefitListing):
    """The list at the end of the day `on` (H1).

    Whether a benefit was used is computed for the rows of a page only, so no order uses it.
    """

    columns = {**BenefitListing.columns, "status": Column(gettext_lazy("Status"))}

    @property
    def default_sort(self) -> str:
        return "-expires" if self.tab is Tab.ENDED else "expires"

    def with_status(self, rows: BenefitQuerySet, status: Status) -> BenefitQuerySet:
        return rows.with_status_then(status, self.on)

    def unused(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        return rows.unused_then(self.on)

    def annotate_for_list(self, benefits: BenefitQuerySet) -> Any:
        order = self.columns[self.query.column].order
        used = self._of_kind(benefits).with_use_then(self.on)
        return used.values("pk", "is_used_then", *COLUMNS_READ, *order)

    def page(self, rows: BenefitQuerySet) -> Page[dict[str, Any]]:
        page = super().page(rows)
        return replace(page, rows=[*map(used_then, page.rows)])

    def spreadsheet(self, benefits: BenefitQuerySet, partner: Partner) -> Iterator[list[object]]:
        """The same with the day in the first column (H5)."""
        yield [_("Day"), *column_labels()]
        for batch in self.batches(benefits):
            rows = [*map(used_then, batch)]
            for row in sheet_rows(partner, rows, self.on, then=True):
                yield [self.on.isoformat(), *row]


def used_then(values: dict[str, Any]) -> dict[str, Any]:
    """The `values` of a row, with `is_used` as of the day of the list."""
    return values | {"is_used": values["is_used_then"]}
