"""The people who have a license of one product, or had one, as a list."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from django.db.models import F
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.formats import as_day
from benefits_portal.licensing.models.license_assignment_queryset import LicenseAssignmentQuerySet
from benefits_portal.listing import Column, Filter, Listing
from benefits_portal.listing.keyset import Keyset
from benefits_portal.templatetags.portal import breakable
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.models import DirectoryUser

type Values = dict[str, Any]

# Of a license and of who has it
COLUMNS_READ = (
    "given_on",
    "ended_on",
    "directory_user",
    "directory_user__display_name",
    "directory_user__user_principal_name",
    "directory_user__is_disabled",
)
HOLDERS = {"": gettext_lazy("Holders now"), "past": gettext_lazy("Holders before")}
WHO = {"guests": gettext_lazy("Guests"), "disabled": gettext_lazy("Disabled")}
offer_filter_values(show=HOLDERS, who=WHO)


@dataclass
class LicenseListing(Listing[Values]):
    """Who has a license of one product in one tenant, or had one.

    By name they are read in the order of the directory, by day in that of the pool.
    """

    tabs: ClassVar[Mapping[str, Any]] = HOLDERS
    columns = {
        # With the person, as the directory's index has them: many have one name
        "name": Column(gettext_lazy("Name"), ("directory_user__sort_name", "directory_user")),
        "address": Column(gettext_lazy("Email"), ("directory_user__user_principal_name",)),
        "given": Column(gettext_lazy("Assigned on"), ("given_at",)),
    }

    on: date = date.min

    @classmethod
    def of(cls, query: QueryDict, any_day: AnyDay) -> "LicenseListing":
        """The list as it is today, or as it was or will be on the day of a page."""
        kind = LicenseListingThen if any_day.as_of else cls
        filters = {
            "show": Filter(_("Which holders"), kind.tabs, tabs=True),
            "who": Filter(_("Quick filters"), WHO, quick=True),
        }
        return kind(query, filters, any_day.day, kept=any_day.kept)

    @property
    def keyset(self) -> Keyset:
        return replace(super().keyset, finds_first=bool(self.search_query))

    @property
    def is_past(self) -> bool:
        return self.chosen.get("show") == "past"

    def filter_queryset(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        """`rows` are all of one pool, of one partner."""
        rows = self.ended(rows) if self.is_past else self.running(rows)
        match self.chosen.get("who"):
            case "guests":
                rows = rows.filter(directory_user__kind=DirectoryUser.Kind.GUEST)
            case "disabled":
                rows = rows.of_disabled()
        return rows.of_matching_people(self.search_query)

    def running(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.running()

    def ended(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.ended()

    def annotate_for_list(self, rows: LicenseAssignmentQuerySet) -> Any:
        """With the partner of the person, so that the directory's order serves them.

        Not in `filter_queryset`: to count them nobody needs to be looked up.
        """
        theirs = rows.filter(directory_user__partner=F("partner"))
        return theirs.values("pk", *COLUMNS_READ, *self.columns[self.query.column].order)

    def rows(self, licenses: Sequence[Values]) -> list[dict[str, object]]:
        """What the page shows of `licenses`; of whoever is disabled, that they are (L9)."""
        badge = ""
        if any(held["directory_user__is_disabled"] for held in licenses):
            disabled = {"person": {"is_enabled": False}}
            badge = render_to_string("tenants/_entry_status.html", disabled)
        return [
            {
                "pk": held["pk"],
                "person": held["directory_user"],
                "name": held["directory_user__display_name"],
                "status": badge if held["directory_user__is_disabled"] else "",
                "address": breakable(held["directory_user__user_principal_name"]),
                "given": as_day(held["given_on"]),
                "ended": as_day(held["ended_on"]) if held["ended_on"] else "",
            }
            for held in licenses
        ]

    def spreadsheet(self, assignments: LicenseAssignmentQuerySet) -> Iterator[list[object]]:
        """The header row, then all that was asked for, however many they are.

        Days as a spreadsheet sorts them.
        """
        yield [*self.column_labels(), *([_("Ended on")] if self.is_past else [])]
        for batch in self.batches(assignments):
            yield from map(self.cells, batch)

    def cells(self, held: Values) -> list[object]:
        """A row of the spreadsheet."""
        days = (held["given_on"], held["ended_on"] if self.is_past else None)
        return [
            held["directory_user__display_name"],
            held["directory_user__user_principal_name"],
            *(day.isoformat() for day in days if day),
        ]


@dataclass
class LicenseListingThen(LicenseListing):
    """The same at the end of the day `on` (H1); whether somebody is disabled is of today."""

    tabs: ClassVar[Mapping[str, Any]] = {
        "": gettext_lazy("Holders on that day"),
        "past": HOLDERS["past"],
    }

    def running(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.on(self.on)

    def ended(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.filter(ended_on__lte=self.on)

    def column_labels(self) -> list[object]:
        return [_("Day"), *super().column_labels()]

    def cells(self, held: Values) -> list[object]:
        """With the day in a column of its own (H5)."""
        return [self.on.isoformat(), *super().cells(held)]
