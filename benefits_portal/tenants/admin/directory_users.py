"""The people in the tenants' directories."""

# mypy: disable-error-code="type-arg"

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import FewChoicesFilter
from benefits_portal.tenants.directory_imports import PersonImport
from benefits_portal.tenants.exceptions import AlreadyDisabled, AlreadyEnabled
from benefits_portal.tenants.models import DirectoryUser

from .acts import previewed
from .base import NoDeleteAdmin
from .edits_on_record import actor
from .effects import effects_of_disabling, effects_of_enabling
from .exports import columns_of
from .forms import BackOfficeForm
from .imports import ImportMixin
from .reasons import each

if TYPE_CHECKING:
    from django.db.models import QuerySet


class DirectoryUserForm(BackOfficeForm):
    fixed = ("tenant",)


class EnabledFilter(admin.SimpleListFilter):
    title = gettext_lazy("user entry")
    parameter_name = "entry"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("enabled", _("Enabled")), ("disabled", _("Disabled"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "enabled":
            return queryset.enabled()
        return queryset.disabled() if self.value() == "disabled" else queryset


@admin.register(DirectoryUser)
class DirectoryUserAdmin(SearchThroughMixin, ImportMixin, NoDeleteAdmin):
    export_columns: ClassVar = columns_of(
        tenant="tenant__domain",
        user_principal_name="user_principal_name",
        name="display_name",
        kind="kind",
    )
    importing = PersonImport
    form = DirectoryUserForm
    list_display = [
        "display_name",
        "user_principal_name",
        "kind",
        linked("tenant", gettext_lazy("tenant"), shows="tenant__domain"),
        linked("tenant__partner", gettext_lazy("partner")),
        "entry_enabled",
    ]
    list_filter = [EnabledFilter, "kind", ("partner", FewChoicesFilter)]
    list_select_related = ["tenant__partner"]
    list_only = (
        "display_name",
        "user_principal_name",
        "kind",
        "tenant__domain",
        "partner__name",
        "partner__mpn_id",
        "tenant__partner__name",
        "tenant__partner__mpn_id",
        "disabled_at",
    )
    search_through = (SearchThroughMixin.OWN, "tenant", "partner")
    search_help_text = gettext_lazy("Name, address, tenant or partner")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    autocomplete_fields = ["tenant"]
    fields = ["tenant", "display_name", "user_principal_name", "kind", "disabled_at"]
    readonly_fields = ["disabled_at"]
    actions = buttons = ("disable", "enable")

    @admin.display(description=gettext_lazy("enabled"), boolean=True, ordering="disabled_at")
    def entry_enabled(self, person: DirectoryUser) -> bool:
        return person.is_enabled

    @admin.action(description=gettext_lazy("Disable"), permissions=["change"])
    @previewed(effects_of_disabling, hides=(AlreadyDisabled,))
    def disable(self, request: HttpRequest, people: "QuerySet[DirectoryUser]") -> None:
        """Also removes the role, except the partner's last Global admin's."""
        each(
            self,
            request,
            people,
            lambda person: person.disable(by=actor(request)),
            _("%(what)s: disabled."),
        )

    @admin.action(description=gettext_lazy("Enable again"), permissions=["change"])
    @previewed(effects_of_enabling, hides=(AlreadyEnabled,))
    def enable(self, request: HttpRequest, people: "QuerySet[DirectoryUser]") -> None:
        each(
            self,
            request,
            people,
            lambda person: person.enable(by=actor(request)),
            _("%(what)s: enabled again."),
        )
