"""The people who have a license of one product, or had one, as a list."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.licensing.models.license_assignment_queryset import LicenseAssignmentQuerySet
from benefits_portal.listing import Column, Filter, Listing
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.models import DirectoryUser

HOLDERS = {"": gettext_lazy("Holders now"), "past": gettext_lazy("Holders before")}
WHO = {"guests": gettext_lazy("Guests"), "disabled": gettext_lazy("Disabled")}
offer_filter_values(show=HOLDERS, who=WHO)


@dataclass
class LicenseListing(Listing[LicenseAssignment]):
    """Who has a license of one product in one tenant, or had one.

    By name they are read in the order of the directory, by day in that of the pool.
    """

    columns = {
        "name": Column(gettext_lazy("Name"), ("directory_user__sort_name",)),
        "address": Column(gettext_lazy("Email"), ("directory_user__user_principal_name",)),
        "given": Column(gettext_lazy("Assigned on"), ("given_at",)),
    }

    @classmethod
    def of(cls, query: QueryDict) -> "LicenseListing":
        return cls(
            query,
            {
                "show": Filter(_("Which holders"), HOLDERS, tabs=True),
                "who": Filter(_("Quick filters"), WHO, quick=True),
            },
        )

    @property
    def is_past(self) -> bool:
        return self.chosen.get("show") == "past"

    def filter_queryset(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        """`rows` are all of one pool, of one partner."""
        rows = rows.ended() if self.is_past else rows.running()
        match self.chosen.get("who"):
            case "guests":
                rows = rows.filter(directory_user__kind=DirectoryUser.Kind.GUEST)
            case "disabled":
                rows = rows.of_disabled()
        if not self.search_query:
            return rows
        return rows.filter(directory_user__in=DirectoryUser.objects.matching(self.search_query))

    def annotate_for_list(self, rows: LicenseAssignmentQuerySet) -> LicenseAssignmentQuerySet:
        return rows.select_related("directory_user")

    def spreadsheet(self, assignments: LicenseAssignmentQuerySet) -> Iterator[list[object]]:
        """The header row, then all that was asked for, however many they are.

        Days as a spreadsheet sorts them.
        """
        yield [*self.column_labels(), *([_("Ended on")] if self.is_past else [])]
        for batch in self.batches(assignments):
            for held in batch:
                days = (day.isoformat() for day in (held.given_on, held.ended_on) if day)
                yield [
                    held.directory_user.display_name,
                    held.directory_user.user_principal_name,
                    *days,
                ]
