"""The people who have, or had, a license of one product, as a list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

from django.db.models import F, FilteredRelation, Q, QuerySet, Value
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.models import Product
from benefits_portal.formats import as_day
from benefits_portal.licensing.models import LicenseAssignment, LicensePool
from benefits_portal.licensing.models.license_assignment_queryset import (
    LicenseAssignmentQuerySet,
    ended_after,
)
from benefits_portal.listing import CappedCount, Column, Filter, Listing, Page
from benefits_portal.listing.keyset import Cursor
from benefits_portal.listing.page import MAX_COUNT, MAX_COUNT_BESIDE
from benefits_portal.prepared import PreparedQuery
from benefits_portal.templatetags.portal import breakable
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.models import DirectoryUser, Tenant
from benefits_portal.tenants.models.people_sought import How, Meant, PeopleSought

type Values = dict[str, Any]

# The columns that a row needs, of the license and of the person
COLUMNS_READ = (
    "given_on",
    "ended_on",
    "directory_user",
    "person__display_name",
    "person__user_principal_name",
    "person__is_disabled",
)
HOLDERS = {"": gettext_lazy("Holders now"), "past": gettext_lazy("Holders before")}
WHO = {"guests": gettext_lazy("Guests"), "disabled": gettext_lazy("Disabled")}
offer_filter_values(show=HOLDERS, who=WHO)

# More than elsewhere: not all who match have a license, so the next one comes later in any order
READ_ONCE = 10_000


@dataclass
class LicenseListing(Listing[Values]):
    """Who has, or had, a license of one product in one tenant.

    Sorted by name, an index of the directory serves the order; sorted by day, one of the pool.
    `person` is the directory entry, joined with its partner so that this index can be used.
    """

    tabs: ClassVar[Mapping[str, Any]] = HOLDERS
    columns = {
        # The index has the primary key too, because many people share a name
        "name": Column(gettext_lazy("Name"), ("person__sort_name", "person__pk")),
        "address": Column(gettext_lazy("Email"), ("person__user_principal_name",)),
        "given": Column(gettext_lazy("Assigned on"), ("given_at",)),
    }

    on: date = date.min
    partner: int = field(kw_only=True)
    # How many people hold a license on that day, if the page has counted them already
    people: int | None = field(default=None, kw_only=True)

    @classmethod
    def of(cls, query: QueryDict, any_day: AnyDay, partner: int) -> "LicenseListing":
        """The list for today or for the day that `any_day` names; `partner` is a primary key."""
        kind = LicenseListingThen if any_day.as_of else cls
        filters = {
            "show": Filter(_("Which holders"), kind.tabs, tabs=True),
            "who": Filter(_("Quick filters"), WHO, quick=True),
        }
        return kind(query, filters, any_day.day, kept=any_day.kept, partner=partner)

    def page_of(self, pool: LicensePool) -> Page[Values]:
        """The page for `pool`; the query of a first page is prepared."""
        if not self.query.is_first_page:
            return self.page(pool.assignments)
        if self.meant and not self.meant.values:
            return self.first_page([])
        return self.first_page(self.prepared(pool))

    @property
    def is_counted(self) -> bool:
        """Whether `people` is the length of the list, because it shows all holders."""
        return self.people is not None and not (self.chosen or self.meant)

    def total(self, matching: LicenseAssignmentQuerySet) -> CappedCount | Value:
        return Value(self.people) if self.is_counted else super().total(matching)

    def prepared(self, pool: LicensePool) -> list[Values]:
        pks = (pool.tenant.partner_id, pool.tenant.pk, pool.product.pk)
        people = (self.people,) if self.is_counted else ()
        meant, how = (self.meant.values, self.meant.how) if self.meant else ((), None)
        return first_holders.rows(
            *(*pks, *self.days, *people, *meant),
            asked=replace(self.query, kept={}).href(q=""),
            has_day=bool(self.days),
            is_counted=self.is_counted,
            how=how,
        )

    @property
    def days(self) -> tuple[date, ...]:
        """The day that decides which rows there are, if any."""
        return ()

    @property
    def finds_first(self) -> bool:
        return self.meant is not None

    @property
    def is_past(self) -> bool:
        return self.chosen.get("show") == "past"

    @cached_property
    def sought(self) -> PeopleSought:
        return PeopleSought(self.partner, self.search_query, READ_ONCE)

    @cached_property
    def meant(self) -> Meant | None:
        return self.sought.meant

    @cached_property
    def counts_to(self) -> int:
        return self.sought.counts_to

    def filter_queryset(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        """`rows` are those of one pool."""
        rows = self.narrowed(rows)
        return self.meant.among(rows, "directory_user") if self.meant else rows

    def listed(self, rows: LicenseAssignmentQuerySet) -> Any:
        """In the directory's order, match the entries themselves, not the licenses' reference.

        Otherwise PostgreSQL would read and sort all licenses before it matches any.
        """
        rows = self.narrowed(rows)
        if self.meant:
            by_entry = self.order[0].startswith("person__")
            rows = self.meant.among(
                with_person(rows), "person__pk" if by_entry else "directory_user"
            )
        return self.annotate_for_list(rows)

    def narrowed(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        """The `rows` that the tab and the filters show."""
        rows = self.ended(rows) if self.is_past else self.running(rows)
        match self.chosen.get("who"):
            case "guests":
                rows = with_person(rows).filter(person__kind=DirectoryUser.Kind.GUEST)
            case "disabled":
                rows = with_person(rows).filter(person__is_disabled=True)
        return rows

    def running(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.running()

    def ended(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.ended()

    def annotate_for_list(self, rows: LicenseAssignmentQuerySet) -> Any:
        """Join the person, with the partner so that an index of the directory serves the order.

        Not in `filter_queryset`, because counting needs no people.
        """
        return with_person(rows).values("pk", *COLUMNS_READ, *self.columns[self.query.column].order)

    def rows(self, licenses: Sequence[Values]) -> list[dict[str, object]]:
        """What the page shows of `licenses`, with a badge for people who are disabled (L9)."""
        badge = ""
        if any(held["person__is_disabled"] for held in licenses):
            disabled = {"person": {"is_enabled": False}}
            badge = render_to_string("tenants/_entry_status.html", disabled)
        return [
            {
                "pk": held["pk"],
                "person": held["directory_user"],
                "name": held["person__display_name"],
                "status": badge if held["person__is_disabled"] else "",
                "address": breakable(held["person__user_principal_name"]),
                "given": as_day(held["given_on"]),
                "ended": as_day(held["ended_on"]) if held["ended_on"] else "",
            }
            for held in licenses
        ]

    def spreadsheet(self, assignments: LicenseAssignmentQuerySet) -> Iterator[list[object]]:
        """The header row, then a row for each assignment; days in ISO 8601."""
        yield [*self.column_labels(), *([_("Ended on")] if self.is_past else [])]
        for batch in self.batches(assignments):
            yield from map(self.cells, batch)

    def cells(self, held: Values) -> list[object]:
        """A row of the spreadsheet."""
        days = (held["given_on"], held["ended_on"] if self.is_past else None)
        return [
            held["person__display_name"],
            held["person__user_principal_name"],
            *(day.isoformat() for day in days if day),
        ]


@dataclass
class LicenseListingThen(LicenseListing):
    """The list at the end of the day `on` (H1). Whether somebody is disabled is as of today."""

    tabs: ClassVar[Mapping[str, Any]] = {
        "": gettext_lazy("Holders on that day"),
        "past": HOLDERS["past"],
    }

    @property
    def days(self) -> tuple[date, ...]:
        return (self.on,)

    def running(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.on(self.on)

    def ended(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.filter(ended_on__lte=self.on)

    @property
    def finds_first(self) -> bool:
        return not self.is_past or super().finds_first

    def nearest(
        self,
        rows: LicenseAssignmentQuerySet,
        cursor: Cursor | None,
        limit: int,
        *,
        backwards: bool,
    ) -> Any:
        """A page of those that still run and a page of those that ended later, each from its index.

        As one condition, PostgreSQL would read and sort all of them.
        """
        if self.is_past:
            return super().nearest(rows, cursor, limit, backwards=backwards)
        running, ended = (
            # SQLite allows a LIMIT in a part of a union only in a subquery
            LicenseAssignment.objects.filter(pk__in=keys).order_by().values("pk")
            for keys in (
                super(LicenseListingThen, self).nearest(some, cursor, limit, backwards=backwards)
                for some in (rows.running(), rows.filter(ended_after(self.on)))
            )
        )
        return running.union(ended, all=True)

    def column_labels(self) -> list[object]:
        return [_("Day"), *super().column_labels()]

    def cells(self, held: Values) -> list[object]:
        """The same with the day in the first column (H5)."""
        return [self.on.isoformat(), *super().cells(held)]


def with_person(rows: LicenseAssignmentQuerySet) -> Any:
    """`rows` with the entry of the directory as `person`."""
    entry = FilteredRelation("directory_user", condition=Q(directory_user__partner=F("partner")))
    return rows.annotate(person=entry)


@PreparedQuery
def first_holders(
    partner: int,
    tenant: int,
    product: int,
    *values: Any,
    asked: str,
    has_day: bool,
    is_counted: bool,
    how: How | None,
) -> QuerySet[Any, Values]:
    """The rows of the first page of a pool's list, filtered and sorted as the URL `asked`.

    `values` are, in this order, the day if it `has_day`, the number of people if it `is_counted`,
    and the values of a search if there is one, which `how` is about.
    """
    rest = iter(values)
    day = next(rest) if has_day else None
    people = next(rest) if is_counted else None
    pool = LicensePool(Tenant(pk=tenant, partner_id=partner), Product(pk=product))
    any_day = AnyDay(date.max, as_of=day)
    listing = LicenseListing.of(QueryDict(asked.removeprefix("?")), any_day, partner)
    listing.meant, listing.people = Meant(partner, how, tuple(rest)) if how else None, people
    listing.counts_to = MAX_COUNT if how in {None, "by keys"} else MAX_COUNT_BESIDE
    rows: QuerySet[Any, Values] = listing.first_rows(pool.assignments)
    return rows
