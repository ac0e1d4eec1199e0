"""Who holds or held which credit, in the back office (U1 to U6)."""

# mypy: disable-error-code="type-arg"

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter
from benefits_portal.benefits.models import Assignment
from benefits_portal.tenants.admin.base import ReadOnlyAdmin


class RunningFilter(DayFilter):
    title = _("assignment")
    parameter_name = "running"
    cases = {
        "yes": (_("Running"), lambda assignments, on: assignments.running(on)),
        "no": (
            _("Ended"),
            lambda assignments, on: assignments.over(on),
        ),
    }


@admin.register(Assignment)
class AssignmentAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "directory_user",
        linked("benefit", _("benefit"), shows="benefit__product"),
        linked("partner", _("partner")),
        "assigned_on",
        linked("assigned_by", _("assigned by"), shows="assigned_by__name"),
        "ended_on",
        "is_running",
    ]
    list_filter = [RunningFilter, "is_exclusive", ("partner", FewChoicesFilter)]
    list_select_related = [
        "directory_user",
        "benefit__product",
        "benefit__partner",
        "partner",
        "assigned_by",
    ]
    list_only = (
        "directory_user__display_name",
        "directory_user__user_principal_name",
        "benefit__expires_on",
        "benefit__product__name",
        "benefit__product__kind",
        "benefit__partner__name",
        "benefit__partner__mpn_id",
        "partner__name",
        "partner__mpn_id",
        "assigned_on",
        "assigned_by__name",
        "ended_on",
        "ended_at",
    )
    search_through = ("directory_user", "partner", "benefit__product")
    search_help_text = _("Person, product or partner")
    date_hierarchy = "assigned_on"
    ordering = ["-pk"]
    sortable_by = ["assigned_on"]
    fields = [
        "directory_user",
        "benefit",
        "partner",
        "is_exclusive",
        "assigned_on",
        "assigned_by",
        "transferred_from",
    ]
    fields += ["ended_on", "ended_by"]

    @admin.display(description=_("running today"), boolean=True)
    def is_running(self, assignment: Assignment) -> bool:
        return assignment.is_running(clock.today())
