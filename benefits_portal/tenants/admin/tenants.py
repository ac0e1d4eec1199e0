"""Tenants on their own page, and as rows on their partner's page."""

# mypy: disable-error-code="type-arg"

import uuid
from collections import Counter
from typing import Any, ClassVar

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import linked
from benefits_portal.backoffice.filters import FewChoicesFilter
from benefits_portal.backoffice.inline_rows import Rows
from benefits_portal.tenants.models import Tenant
from benefits_portal.tenants.tenant_imports import TenantImport
from benefits_portal.tenants.tenant_lookup import check_domain_is_free

from .base import BackOfficeInline, NoDeleteAdmin
from .exports import columns_of
from .forms import BackOfficeForm
from .imports import ImportMixin


class TenantForm(BackOfficeForm):
    fixed = ("partner",)

    def validate_unique(self) -> None:
        """The error names the partner with that domain: the program team may know."""
        super().validate_unique()
        try:
            check_domain_is_free(self.instance.domain, self.instance)
        except ValidationError as error:
            self.add_error("domain", error)


class TenantRowForm(TenantForm):
    """A tenant on its partner's page; a new one gets a free ID and color."""

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
        """Raises ValidationError if no tenant would be primary."""
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
    """Checks what must be unique among all rows of the partner."""

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
        """The error for two rows with an equal unique value."""
        if "color" in unique_check:
            return _("Two tenants have the same color. Choose a different one.")
        if "guid" in unique_check:
            return _("Two tenants have the same tenant ID.")
        return str(super().get_unique_error_message(unique_check))


def give_free_colors(rows: list[Any]) -> None:
    """Give each row without a color one that no other row has, if there are any."""
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


@admin.register(Tenant)
class TenantAdmin(SearchThroughMixin, ImportMixin, NoDeleteAdmin):
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
    search_through = (SearchThroughMixin.OWN, "partner")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    search_help_text = gettext_lazy("Name, domain, tenant ID or partner")
    autocomplete_fields = ["partner"]
    fields = ["partner", "name", "domain", "guid", "is_primary", "color"]
