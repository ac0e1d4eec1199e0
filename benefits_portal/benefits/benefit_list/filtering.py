"""The benefits that a list has, after its search, filters and tab."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from benefits_portal.benefits.benefit_list.filters import HeldLine, Tab, unfitting
from benefits_portal.benefits.benefit_list.rows import SOON_DAYS
from benefits_portal.benefits.models import Product
from benefits_portal.benefits.models.benefit_queryset import BenefitQuerySet
from benefits_portal.benefits.status import Status
from benefits_portal.listing import CappedCount, Listing
from benefits_portal.prepared import in_one_text
from benefits_portal.search_text import finds_nothing, missing_terms


@dataclass
class FilteredListing(Listing[dict[str, Any]]):
    """A list of a partner's benefits on day `on`, filtered.

    `lines` loads the partner's package lines, if they are needed.
    """

    lines: Callable[[], Sequence[HeldLine]] = list
    on: date = date.min
    tab: Tab = Tab.CURRENT

    def filter_queryset(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        """`rows` are all benefits of the partner."""
        return self._filtered(rows, self.chosen)

    def _filtered(self, rows: BenefitQuerySet, chosen: Mapping[str, str]) -> BenefitQuerySet:
        """Search words, product and offer are matched against package lines, which are few."""
        if self.fitting is not None:
            fit = rows.filter(package_line__one_of=self.fitting)
            rows = fit if self.fitting else rows.none()
        if kind := chosen.get("kind"):
            rows = rows.license_based() if kind == "licenses" else rows.usage_based()
        if status := chosen.get("status"):
            rows = self.with_status(rows, Status(status))
        if benefit_type := chosen.get("type"):
            rows = rows.filter(benefit_type=benefit_type)
        if show := chosen.get("show"):
            rows = self.unused(rows)
            rows = rows.expiring_within(SOON_DAYS, self.on) if show == "expiring" else rows
        return self._in_time(rows, chosen.get("expires"))

    def with_status(self, rows: BenefitQuerySet, status: Status) -> BenefitQuerySet:
        return rows.with_status(status, self.on)

    def unused(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        return rows.unused()

    @cached_property
    def _held(self) -> list[HeldLine] | None:
        """The package lines that match the search, the product and the offer; None for all."""
        offer, product = self.chosen.get("offer"), self.chosen.get("product")
        if not (self.search_query or offer or product):
            return None
        if finds_nothing(self.search_query):
            return []
        lines, lacking = self.lines(), missing_terms(self.search_query)
        if offer:
            lines = [line for line in lines if str(line.offer_id) == offer]
        if product:
            lines = [line for line in lines if str(line.product_id) == product]
        return [
            line
            for line in lines
            if not (lacking(line.product) & lacking(line.offer) & lacking(line.competency))
        ]

    @cached_property
    def fitting(self) -> str | None:
        """The primary keys of these lines, joined in one text; None for all."""
        return None if self._held is None else in_one_text(line.pk for line in self._held)

    @cached_property
    def is_license_based(self) -> bool | None:
        """The kind of all matching benefits; None if there may be both kinds."""
        if "kind" in self.chosen:
            return self.chosen["kind"] == "licenses"
        kinds = {line.kind == Product.Kind.LICENSES for line in self._held or ()}
        return kinds.pop() if len(kinds) == 1 else None

    def _in_time(self, rows: BenefitQuerySet, expires: str | None) -> BenefitQuerySet:
        if expires is None:
            return rows
        if expires == "past":
            return rows.ended(self.on)
        last = self.on + timedelta(days=int(expires))
        return rows.filter(expires_on__range=(self.on, last))

    def in_tab(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        return self._in(self.tab, rows)

    def _in(self, tab: Tab, rows: BenefitQuerySet) -> BenefitQuerySet:
        match tab:
            case Tab.CURRENT:
                return rows.usable(self.on)
            case Tab.NOT_STARTED:
                return rows.not_begun(self.on)
            case Tab.ENDED:
                return rows.ended(self.on)

    def count(self, rows: BenefitQuerySet, most: int) -> CappedCount:
        """Count in the order of dates if a type is chosen, because no index has type and dates."""
        return CappedCount(rows, most, by=["expires_on"] if "type" in self.chosen else [])

    @property
    def beside(self) -> list[str]:
        """The names of the other tabs."""
        return [tab.name for tab in Tab if tab is not self.tab]

    def rows_beside(self, rows: BenefitQuerySet, name: str) -> BenefitQuerySet:
        return self._in(Tab[name], self._filtered(rows, self._chosen_in(Tab[name])))

    def _chosen_in(self, tab: Tab) -> dict[str, str]:
        """The chosen filters that benefits in `tab` can match."""
        dropped = {"tab", *unfitting(tab, self.chosen)}
        return {name: value for name, value in self.chosen.items() if name not in dropped}
