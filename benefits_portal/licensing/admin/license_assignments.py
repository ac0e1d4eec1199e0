"""Who has or had which license (L1 to L10), in the back office."""

# mypy: disable-error-code="type-arg"

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import DayFilter, FewChoicesFilter
from benefits_portal.licensing.license_imports import LicenseImport
from benefits_portal.licensing.models import LicenseAssignment
from benefits_portal.tenants.admin.base import ReadOnlyAdmin
from benefits_portal.tenants.admin.imports import ImportMixin


class RunningFilter(DayFilter):
    title = _("assignment")
    parameter_name = "running"
    cases = {
        "yes": (_("Running"), lambda assignments, _on: assignments.running()),
        "no": (_("Ended"), lambda assignments, _on: assignments.ended()),
        "disabled": (
            _("Running, of someone disabled"),
            lambda assignments, _on: assignments.running().of_disabled(),
        ),
    }


@admin.register(LicenseAssignment)
class LicenseAssignmentAdmin(SearchThroughMixin, ImportMixin, ReadOnlyAdmin):
    """Read-only, except that a file can give licenses, by the rules of the pool."""

    importing = LicenseImport
    list_display = [
        "directory_user",
        linked("product", _("product")),
        linked("tenant", _("tenant")),
        linked("partner", _("partner")),
        "given_on",
        linked("given_by", _("assigned by"), shows="given_by__name"),
        "ended_on",
    ]
    list_filter = [RunningFilter, ("product", FewChoicesFilter), ("partner", FewChoicesFilter)]
    list_select_related = ["directory_user", "product", "tenant", "partner", "given_by"]
    list_only = (
        "directory_user__display_name",
        "directory_user__user_principal_name",
        "product__name",
        "product__kind",
        "tenant__name",
        "tenant__domain",
        "partner__name",
        "partner__mpn_id",
        "given_on",
        "given_by__name",
        "ended_on",
    )
    search_through = ("directory_user", "partner", "product")
    search_help_text = _("Person, product or partner")
    date_hierarchy = "given_on"
    ordering = ["-pk"]
    sortable_by = ["given_on"]
    fields = ["directory_user", "product", "tenant", "partner", "given_on", "given_by"]
    fields += ["ended_on", "ended_by"]

    def may_import(self, request: HttpRequest) -> bool:
        return request.user.has_perm("licensing.add_licenseassignment")
