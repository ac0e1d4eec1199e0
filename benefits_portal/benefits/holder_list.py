"""The list of people who hold, or held, one credit."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.models import Assignment
from benefits_portal.benefits.models.assignment_queryset import AssignmentQuerySet
from benefits_portal.listing import Column, Filter, Listing
from benefits_portal.tenants.audit.labels import offer_filter_values
from benefits_portal.tenants.models.people_sought import of_matching_people

HOLDERS = {"": gettext_lazy("Holders now"), "past": gettext_lazy("Holders before")}
offer_filter_values(show=HOLDERS)


@dataclass
class HolderListing(Listing[Assignment]):
    """Who holds, or held, one credit.

    Names are in another table, so only the order by day has an index.
    """

    columns = {
        "name": Column(gettext_lazy("Name"), ("directory_user__sort_name",)),
        "address": Column(gettext_lazy("Email"), ("directory_user__user_principal_name",)),
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
        """`rows` are all assignments of one credit."""
        rows = rows.ended() if self.is_past else rows.kept()
        return of_matching_people(rows, self.search_query, "directory_user")

    def spreadsheet(self, holders: AssignmentQuerySet) -> Iterator[list[object]]:
        """The header row, then a row for each assignment; days in ISO 8601."""
        yield [*self.column_labels(), *([_("Ended on")] if self.is_past else [])]
        for batch in self.batches(holders):
            for held in batch:
                days = (day.isoformat() for day in (held.assigned_on, held.ended_on) if day)
                yield [
                    held.directory_user.display_name,
                    held.directory_user.user_principal_name,
                    *days,
                ]
