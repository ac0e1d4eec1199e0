"""Partners, with their tenants and roles."""

# mypy: disable-error-code="type-arg"

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import path
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import NOTHING
from benefits_portal.tenants.directory_imports import PartnerImport
from benefits_portal.tenants.models import Partner

from .base import NoDeleteAdmin
from .exports import columns_of
from .forms import BackOfficeForm
from .impersonation import impersonate
from .imports import ImportMixin
from .people import RoleInline
from .region_choices import country_choices, currency_choices, time_zone_choices
from .tenants import TenantInline


class PartnerForm(BackOfficeForm):
    """Country, currency and time zone are chosen by name and stored as codes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, choices in (
            ("country", country_choices()),
            ("currency", currency_choices()),
            ("time_zone", time_zone_choices(self.instance.time_zone)),
        ):
            if name in self.fields:
                field = self.fields[name]
                field.widget = forms.Select(choices=[("", _("Choose…")), *choices])


@admin.register(Partner)
class PartnerAdmin(SearchThroughMixin, ImportMixin, NoDeleteAdmin):
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
    search_through = (SearchThroughMixin.OWN, "tenants")
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
    readonly_fields = ["today_there", "moving_until", "moved_to"]
    inlines = [TenantInline, RoleInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("tenants")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Add the fields about a move to another portal, if there is one."""
        moving = (_("Moving to another portal"), {"fields": ["moving_until", "moved_to"]})
        usual = super().get_fieldsets(request, obj)
        return [*usual, moving] if obj and obj.is_closed else usual

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        # A role needs a reason, which the page for a new partner does not ask for
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
