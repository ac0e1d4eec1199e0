"""Partners, their tenants, and the people in those tenants' directories."""

# mypy: disable-error-code="type-arg"

import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import path
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.columns import NOTHING, linked
from benefits_portal.backoffice.filters import FewChoicesFilter
from benefits_portal.backoffice.inline_rows import Rows
from benefits_portal.tenants.directory_imports import PartnerImport, PersonImport
from benefits_portal.tenants.exceptions import AlreadyDisabled, AlreadyEnabled
from benefits_portal.tenants.models import DirectoryUser, Partner, Tenant
from benefits_portal.tenants.tenant_imports import TenantImport
from benefits_portal.tenants.tenant_lookup import check_domain_is_free

from .acts import previewed
from .base import BackOfficeInline, NoDeleteAdmin
from .edits_on_record import actor
from .effects import effects_of_disabling, effects_of_enabling
from .exports import columns_of
from .forms import BackOfficeForm
from .impersonation import impersonate
from .imports import ImportMixin
from .people import RoleInline
from .reasons import each
from .region_choices import country_choices, currency_choices, time_zone_choices

if TYPE_CHECKING:
    from django.db.models import QuerySet


class TenantForm(BackOfficeForm):
    fixed = ("partner",)

    def validate_unique(self) -> None:
        """With whose the domain is: the program team may know."""
        super().validate_unique()
        try:
            check_domain_is_free(self.instance.domain, self.instance)
        except ValidationError as error:
            self.add_error("domain", error)


class TenantRowForm(TenantForm):
    """A tenant on its partner's page: a new one gets an ID and a color that nobody has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial = {**self.initial, "guid": "", "color": ""}
            for name, placeholder in (("guid", _("A new one")), ("color", _("Next free color"))):
                self.fields[name].required = False
                self.fields[name].show_hidden_initial = False
                self.fields[name].widget.attrs["placeholder"] = placeholder
            color: Any = self.fields["color"]
            color.choices = [("", _("Next free color")), *Tenant.Color.choices]

    def clean_guid(self) -> uuid.UUID:
        return self.cleaned_data["guid"] or uuid.uuid4()


class TenantPageForm(TenantForm):
    def clean_is_primary(self) -> bool:
        """Another tenant takes the primary one's place where all of them can be seen."""
        if (
            self.instance.pk
            and self.initial.get("is_primary")
            and not self.cleaned_data["is_primary"]
        ):
            raise ValidationError(
                _("A partner has one primary tenant. Choose another one on the partner's page.")
            )
        return bool(self.cleaned_data["is_primary"])


class TenantRows(Rows):
    """Looks at all the rows together for what there is once."""

    def clean(self) -> None:
        rows = [
            row for row in self.forms if row.cleaned_data and not row.cleaned_data.get("DELETE")
        ]
        count = sum(bool(row.cleaned_data.get("is_primary")) for row in rows)
        if count > 1 or (count == 0 and any(row.initial.get("is_primary") for row in rows)):
            raise ValidationError(_("A partner has one primary tenant."))
        give_free_colors(rows)
        domains = Counter(row.cleaned_data.get("domain") for row in rows)
        if twice := [domain for domain, count in domains.items() if domain and count > 1]:
            raise ValidationError(_("%(domain)s is listed twice."), params={"domain": twice[0]})
        super().clean()

    def get_unique_error_message(self, unique_check: Any) -> str:
        """Of two rows that are alike in what there is once."""
        if "color" in unique_check:
            return _("Two tenants have the same color. Choose a different one.")
        if "guid" in unique_check:
            return _("Two tenants have the same tenant ID.")
        return str(super().get_unique_error_message(unique_check))


def give_free_colors(rows: list[Any]) -> None:
    """Each row without a color gets one that no other row has, as far as there are any."""
    used = {row.cleaned_data.get("color") for row in rows}
    free = [color for color in Tenant.Color if color not in used]
    for row in rows:
        if not row.cleaned_data.get("color") and "color" not in row.errors and free:
            row.cleaned_data["color"] = row.instance.color = free.pop(0)


class TenantInline(BackOfficeInline):
    model = Tenant
    form, formset = TenantRowForm, TenantRows
    fields = ["name", "domain", "guid", "is_primary", "color"]
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("partner")


class PartnerForm(BackOfficeForm):
    """Country, currency and time zone are chosen by name; what is stored is the code."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("country", country_choices),
            ("currency", currency_choices),
            ("time_zone", time_zone_choices),
        ):
            if name in self.fields:
                field = self.fields[name]
                field.widget = forms.Select(choices=[("", _("Choose…")), *choices()])


@admin.register(Partner)
class PartnerAdmin(ImportMixin, NoDeleteAdmin):
    export_columns: ClassVar = columns_of(
        mpn_id="mpn_id", name="name", country="country", currency="currency", time_zone="time_zone"
    )
    importing = PartnerImport
    form = PartnerForm
    list_display = [
        "name",
        "mpn_id",
        "country",
        "currency",
        "tenant_domains",
        "time_zone",
        "today_there",
        "is_practice",
    ]
    list_filter = ["is_practice", "country", "currency"]
    search_fields = ["search_text", "tenants__search_text"]
    search_help_text = gettext_lazy("Name, MPN ID or a tenant's domain")
    fieldsets = [
        (None, {"fields": ["name", "mpn_id"]}),
        (
            gettext_lazy("Country, money and calendar"),
            {
                "fields": ["country", "currency", "time_zone", "today_there"],
                "description": gettext_lazy(
                    "Credit provisioned from now on is in this currency. The time zone decides "
                    "which day it is there."
                ),
            },
        ),
    ]
    readonly_fields = ["today_there"]
    inlines = [TenantInline, RoleInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("tenants")

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        # A role is given with a reason, which a new partner needs none of
        return self.inlines if obj else [TenantInline]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(impersonate)
        return [
            path("<int:pk>/view-as/", view, name="tenants_partner_view_as"),
            *super().get_urls(),
        ]

    @admin.display(description=gettext_lazy("tenants"))
    def tenant_domains(self, partner: Partner) -> str:
        return ", ".join(tenant.domain for tenant in partner.tenants.all())

    @admin.display(description=gettext_lazy("today there"))
    def today_there(self, partner: Partner) -> str:
        return date_format(partner.today(), "DATE_FORMAT") if partner.pk else NOTHING


@admin.register(Tenant)
class TenantAdmin(ImportMixin, NoDeleteAdmin):
    export_columns: ClassVar = columns_of(
        mpn_id="partner__mpn_id",
        name="name",
        domain="domain",
        tenant_id="guid",
        color="color",
        primary="is_primary",
    )
    importing = TenantImport
    form = TenantPageForm
    list_display = [
        "name",
        "domain",
        linked("partner", gettext_lazy("partner")),
        "is_primary",
        "color",
        "guid",
    ]
    list_filter = ["is_primary", ("partner", FewChoicesFilter)]
    list_select_related = ["partner"]
    search_fields = ["search_text", "partner__search_text"]
    search_help_text = gettext_lazy("Name, domain, tenant ID or partner")
    autocomplete_fields = ["partner"]
    fields = ["partner", "name", "domain", "guid", "is_primary", "color"]


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
        return (
            queryset.exclude(pk__in=queryset.enabled()) if self.value() == "disabled" else queryset
        )


@admin.register(DirectoryUser)
class DirectoryUserAdmin(ImportMixin, NoDeleteAdmin):
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
    list_filter = [EnabledFilter, "kind", ("tenant__partner", FewChoicesFilter)]
    list_select_related = ["tenant__partner"]
    search_fields = ["search_text", "tenant__search_text", "partner__search_text"]
    search_help_text = gettext_lazy("Name, address, tenant or partner")
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
        """A role goes with it, unless it is the partner's last Global admin's."""
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
