"""Azure & cloud products as a list, and the people who hold one credit.

What can be asked of the list, and its rows as a page and a spreadsheet show them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple, cast

from django.db.models import Case, IntegerField, Value, When
from django.http import QueryDict
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.benefit_rows import COLUMNS_READ, BenefitRow, Section, benefit_rows
from benefits_portal.benefits.models import Assignment, Membership
from benefits_portal.benefits.models.assignment_queryset import AssignmentQuerySet
from benefits_portal.benefits.models.benefit_queryset import BenefitQuerySet
from benefits_portal.benefits.models.catalog import BenefitType, product_text
from benefits_portal.benefits.status import Status, status_condition
from benefits_portal.listing import Column, Filter, Listing
from benefits_portal.listing.page import Page
from benefits_portal.search_text import matches, sort_key
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.models import DirectoryUser, Partner

SOON_DAYS = 91  # three months

HOLDERS = {"": gettext_lazy("Holders now"), "past": gettext_lazy("Holders before")}
SHOW = {
    "unused": gettext_lazy("Not redeemed"),
    "expiring": gettext_lazy("Not redeemed, expires in 3 months"),
}
KINDS = {"usage": gettext_lazy("Usage-based"), "licenses": gettext_lazy("License-based")}
EXPIRES = {
    "30": gettext_lazy("Within 30 days"),
    "91": gettext_lazy("Within 3 months"),
    "182": gettext_lazy("Within 6 months"),
    "past": gettext_lazy("Expired already"),
}
IN_ORDER = [  # statuses as a list sorts them: what can still be used first
    Status.NOT_BEGUN,
    Status.NOT_ASSIGNED,
    Status.ASSIGNED,
    Status.ENDED,
    Status.NOT_REDEEMED,
    Status.REDEEMED,
    Status.EXPIRED,
]
STATUSES = {status.value: status.label for status in IN_ORDER}
TYPES = {choice.value: choice.label for choice in BenefitType}
offer_filter_values(show=HOLDERS | SHOW, kind=KINDS, expires=EXPIRES, status=STATUSES, type=TYPES)
HELD = (
    "pk",
    "offer_id",
    "offer__name",
    "product_id",
    "product__name",
    "product__kind",
    "competency",
)


class HeldLine(NamedTuple):
    """A line of a package that a partner is or was enrolled in: the values of HELD."""

    pk: int
    offer_id: int
    offer: str
    product_id: int
    product: str
    kind: str
    competency: str


@dataclass
class BenefitListing(Listing[dict[str, Any]]):
    """Usage-based benefits first, in every order; turned round, last."""

    columns = {
        "benefit": Column(
            gettext_lazy("Benefit"), ("is_license_based", "product_sort_name", "size")
        ),
        "quantity": Column(
            gettext_lazy("License quantity"), ("is_license_based", "size", "product_sort_name")
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
        "status": Column(gettext_lazy("Status"), ("is_license_based", "status_rank", "expires_on")),
    }

    lines: Callable[[], Sequence[HeldLine]] = list
    on: date = date.min
    fields_key: str = ""

    @classmethod
    def of(cls, partner: Partner, query: QueryDict, on: date) -> "BenefitListing":
        """The list of `partner`; filters for what its packages hold are asked for when needed."""

        @cache
        def lines() -> list[HeldLine]:
            return held_lines(partner)

        filters = {
            "show": Filter(_("Quick filters"), SHOW, quick=True),
            "kind": Filter(_("Kind"), KINDS),
            "status": Filter(_("Status"), STATUSES),
            "product": Filter(_("Product"), lazily(lambda: products(lines()))),
            "offer": Filter(_("Offer"), lazily(lambda: offers(lines()))),
            "type": Filter(_("Benefit type"), TYPES),
            "expires": Filter(_("Expires"), EXPIRES),
        }
        return cls(query, filters, lines, on, fields_key=f"benefits of {partner.pk}")

    def filter_queryset(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        """`rows` are all of the partner's.

        Words, product and offer are looked up in the catalog, which is small.
        """
        if self.search_query or {"offer", "product"} & self.chosen.keys():
            rows = rows.filter(package_line__in=list(self._fitting()))
        if kind := self.chosen.get("kind"):
            rows = rows.license_based() if kind == "licenses" else rows.usage_based()
        if status := self.chosen.get("status"):
            rows = rows.with_status(Status(status), self.on)
        if benefit_type := self.chosen.get("type"):
            rows = rows.filter(benefit_type=benefit_type)
        return self._in_time(self._shown(rows))

    def _fitting(self) -> Iterator[int]:
        offer, product = self.chosen.get("offer"), self.chosen.get("product")
        for line in self.lines():
            if offer in (None, str(line.offer_id)) and product in (None, str(line.product_id)):
                if matches(self.search_query, line.product, line.offer, line.competency):
                    yield line.pk

    def _shown(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        show = self.chosen.get("show")
        rows = rows.unused().usable(self.on) if show else rows
        return rows.expiring_within(SOON_DAYS, self.on) if show == "expiring" else rows

    def _in_time(self, rows: BenefitQuerySet) -> BenefitQuerySet:
        match self.chosen.get("expires"):
            case None:
                return rows
            case "past":
                return rows.filter(expires_on__lt=self.on)
            case days:
                return rows.filter(expires_on__range=(self.on, self.on + timedelta(days=int(days))))

    def annotate_for_list(self, benefits: BenefitQuerySet) -> Any:
        """What rows are made of, as values: one query for a page."""
        if self.query.column == "status":
            ranks = [
                When(status_condition(status, self.on), then=Value(rank))
                for rank, status in enumerate(IN_ORDER)
            ]
            benefits = benefits.annotate(status_rank=Case(*ranks, output_field=IntegerField()))
        return benefits.values("pk", *COLUMNS_READ, *self.columns[self.query.column].order)

    @property
    def order(self) -> tuple[str, ...]:
        """The order, without the kind where one was chosen.

        A position that names what all rows share is looked for from the first of them on.
        """
        return super().order[1:] if "kind" in self.chosen else super().order

    def rows(self, found: Iterable[dict[str, Any]]) -> Iterator[BenefitRow]:
        return benefit_rows(found, self.on)

    def sections(self, page: Page[dict[str, Any]]) -> list[Section]:
        """The rows of a page, of each kind that was asked for."""
        by_kind: dict[str, list[BenefitRow]] = {kind: [] for kind in KINDS}
        for row, values in zip(self.rows(page.rows), page.rows, strict=True):
            by_kind["licenses" if values["credit_amount"] is None else "usage"].append(row)
        kinds = [self.chosen["kind"]] if "kind" in self.chosen else list(KINDS)
        hidden = {"usage": "quantity"}
        return [
            {
                "kind": kind,
                "href": self.query.href(kind=kind),
                "hidden": hidden.get(kind, ""),
                "rows": by_kind[kind],
            }
            for kind in kinds
        ]

    def spreadsheet(self, benefits: BenefitQuerySet) -> Iterator[list[object]]:
        """The header row, then all that was asked for, however much it is.

        Days as a spreadsheet sorts them; never a key (K3).
        """
        yield self.column_labels()
        for batch in self.batches(benefits):
            for row, values in zip(self.rows(batch), batch, strict=True):
                yield [
                    row["title"],
                    row["quantity"],
                    row["offer"],
                    row["type"],
                    values["expires_on"].isoformat(),
                    row["status_text"],
                ]


def held_lines(partner: Partner) -> list[HeldLine]:
    """The lines of the packages that `partner` is or was enrolled in: one query."""
    memberships = Membership.objects.filter(partner=partner)
    found = memberships.package_lines().order_by().values_list(*HELD)
    return [HeldLine._make(values) for values in found]


def products(lines: Iterable[HeldLine]) -> dict[str, str]:
    """The products of `lines`, as options of a filter."""
    kinds = {line.product_id: (line.product, line.kind) for line in lines}
    return in_order({pk: product_text(*product) for pk, product in kinds.items()})


def offers(lines: Iterable[HeldLine]) -> dict[str, str]:
    """The offers of `lines`, as options of a filter."""
    return in_order({line.offer_id: line.offer for line in lines})


def lazily(options: Callable[[], dict[str, str]]) -> Mapping[str, str]:
    """The options of a filter, found when they are first looked at."""
    return cast("Mapping[str, str]", SimpleLazyObject(options))


def in_order(names: dict[int, str]) -> dict[str, str]:
    """The options of a filter, by what they are called."""
    return {
        str(pk): name for pk, name in sorted(names.items(), key=lambda option: sort_key(option[1]))
    }


@dataclass
class HolderListing(Listing[Assignment]):
    """Who holds one credit, or held it.

    Names stand with the people, so only the order by day has an index.
    """

    columns = {
        "name": Column(gettext_lazy("Name"), ("directory_user__sort_name",)),
        "address": Column(gettext_lazy("E-mail"), ("directory_user__user_principal_name",)),
        "assigned": Column(gettext_lazy("Assigned on"), ("assigned_at",)),
    }

    @property
    def default_sort(self) -> str:
        return "assigned"

    @classmethod
    def of(cls, query: QueryDict) -> "HolderListing":
        return cls(query, {"show": Filter(_("Which holders"), HOLDERS, tabs=True)})

    @property
    def is_past(self) -> bool:
        return self.chosen.get("show") == "past"

    def filter_queryset(self, rows: AssignmentQuerySet) -> AssignmentQuerySet:
        """`rows` are all of one credit."""
        rows = rows.ended() if self.is_past else rows.kept()
        return (
            rows.filter(directory_user__in=DirectoryUser.objects.matching(self.search_query))
            if self.search_query
            else rows
        )

    def spreadsheet(self, holders: AssignmentQuerySet) -> Iterator[list[object]]:
        """The header row, then all that was asked for, however many they are.

        Days as a spreadsheet sorts them.
        """
        yield [*self.column_labels(), *([_("Ended on")] if self.is_past else [])]
        for batch in self.batches(holders):
            for held in batch:
                days = (day.isoformat() for day in (held.assigned_on, held.ended_on) if day)
                yield [
                    held.directory_user.display_name,
                    held.directory_user.user_principal_name,
                    *days,
                ]
