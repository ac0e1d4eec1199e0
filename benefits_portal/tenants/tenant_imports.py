"""Imports of tenants: what a line of the CSV file means (P4, W2)."""

import uuid
from collections.abc import Callable, Iterable
from copy import copy
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.csv_reading import Cells
from benefits_portal.backoffice.importing import ImportRow, OnProgress, Outcome, refuse_all
from benefits_portal.derived_fields import derived_columns
from benefits_portal.emails import canonical_domain_or_text
from benefits_portal.typed_text import tidy, tidy_digits

from .exceptions import NoColorLeft
from .importing import RowImport, batches, put_on_record
from .models import Actor, EditAction, Partner, Tenant
from .tenant_lookup import guid_in

# Words for yes and no in the portal's languages, and of other programs
YES, NO = {"yes", "ja", "true", "1"}, {"no", "nee", "false", "0"}


def in_lowercase(text: str) -> str:
    return tidy(text).lower()


class TenantImport(RowImport):
    """Tenants by their domains. An empty ID or color keeps the present one, or makes one."""

    columns = ("mpn_id", "name", "domain", "tenant_id", "color", "primary")
    example = ("1234567", "Wingtip Toys", "wingtiptoys.onmicrosoft.com", "", "green", "yes")
    help_texts: ClassVar = {
        "mpn_id": gettext_lazy("MPN ID of the partner"),
        "name": gettext_lazy("Name of the tenant"),
        "domain": gettext_lazy("Domain of the tenant"),
        "tenant_id": gettext_lazy("Tenant ID, or empty"),
        "color": gettext_lazy("Color, or empty"),
        "primary": gettext_lazy("yes for the primary tenant, else no"),
    }
    model = Tenant
    fields: ClassVar = {
        "name": "name",
        "tenant_id": "guid",
        "color": "color",
        "primary": "is_primary",
    }
    spellings: ClassVar = {
        "mpn_id": tidy_digits,
        "domain": canonical_domain_or_text,
        "tenant_id": in_lowercase,
        "color": in_lowercase,
        "primary": in_lowercase,
    }

    def __init__(self, cells: Iterable[tuple[int, Cells]] = (), by: Actor | None = None) -> None:
        self.planned: dict[str, Tenant] = {}  # by domain, as the lines so far leave them
        super().__init__(cells, by)

    def look_up(self, cells: list[Cells]) -> None:
        """Fetch the tenants that the lines name, and all others of their partners."""
        self.partners = Partner.objects.in_bulk(
            {line["mpn_id"] for line in cells}, field_name="mpn_id"
        )
        domains = {line["domain"] for line in cells}
        guids = {guid for line in cells if (guid := guid_in(line["tenant_id"]))}
        found = Tenant.objects.select_related("partner").filter(
            Q(partner__in=self.partners.values()) | Q(domain__in=domains) | Q(guid__in=guids)
        )
        self.tenants: dict[str, Tenant] = {}
        self.of_partner: dict[int, dict[str, Tenant]] = {}
        self.domains: dict[uuid.UUID, str] = {}
        for tenant in ({tenant.domain: tenant for tenant in found} | self.planned).values():
            self.hold(tenant)

    def hold(self, tenant: Tenant) -> None:
        """Remember `tenant` in its planned state, for the lines that follow."""
        self.tenants[tenant.domain] = tenant
        self.of_partner.setdefault(tenant.partner_id, {})[tenant.domain] = tenant
        self.domains[tenant.guid] = tenant.domain

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["mpn_id"], cells["domain"])

    def judge(self, line: ImportRow, cells: Cells) -> None:
        line.written = yes_or_no
        partner, there = self.partners.get(cells["mpn_id"]), self.tenants.get(cells["domain"])
        faults: dict[str, Any] = {}
        if partner is None:
            faults["mpn_id"] = _("There is no partner with this MPN ID.")
        elif there and there.partner_id != partner.pk:
            message = _("This domain belongs to a tenant of %(partner)s.")
            faults["domain"] = message % {"partner": there.partner}
            there = None
        tenant = copy(there) if there else Tenant(domain=cells["domain"])
        if partner:
            tenant.partner = partner
        values: dict[str, Any] = {"name": cells["name"]}
        for column, meant in self.meanings.items():
            try:
                values[column] = meant(self, cells[column], tenant)
            except ValidationError as error:
                faults[column] = error
        refuse_all(faults, [lambda: self.fill(line, cells | values, tenant)], self.columns)
        self.plan(line, is_new_id=not cells["tenant_id"])

    def plan(self, line: ImportRow, *, is_new_id: bool) -> None:
        """Set what the line says on its tenant. A random ID is not shown in the preview."""
        if line.outcome is Outcome.NEW:
            names = [name for name in self.fields.values() if not (is_new_id and name == "guid")]
            line.after = {name: getattr(line.row, name) for name in ("domain", *names)}
        if line.outcome in (Outcome.NEW, Outcome.CHANGED):
            self.planned[line.row.domain] = line.row
            self.hold(line.row)

    def guid_meant(self, text: str, tenant: Tenant) -> uuid.UUID:
        """The ID that the line means. Raises ValidationError."""
        if not text:
            return tenant.guid
        guid = guid_in(text) if text.isascii() else None
        if guid is None:
            raise ValidationError(
                _("Write the tenant ID like %(example)s, or leave it empty.")
                % {"example": "72f988bf-86f1-41af-91ab-2d7cd011db47"}
            )
        owner = self.domains.get(guid, tenant.domain)
        if owner != tenant.domain and self.tenants[owner].guid == guid:
            raise ValidationError(_("This is the tenant ID of %(domain)s.") % {"domain": owner})
        return guid

    def color_meant(self, text: str, tenant: Tenant) -> str:
        """The color that the line means. Raises ValidationError."""
        used = {other.color for other in self.others(tenant)}
        if not text:
            free = [tenant.color] if tenant.pk else list(Tenant.Color)
            color = next((each for each in free if each not in used), None)
            if color is None:
                raise ValidationError(str(NoColorLeft()))
            return str(color)
        if text not in Tenant.Color.values:
            raise ValidationError(
                _("Write one of %(colors)s, or leave it empty.")
                % {"colors": ", ".join(Tenant.Color.values)}
            )
        if text in used:
            raise ValidationError(
                _("Another tenant of this partner has this color. Choose a different one.")
            )
        return text

    def is_primary_meant(self, text: str, tenant: Tenant) -> bool:
        """Whether it is to be the partner's primary tenant; one must be. Raises ValidationError."""
        if text not in YES | NO:
            raise ValidationError(_("Write yes or no."))
        primary = next((other for other in self.others(tenant) if other.is_primary), None)
        if text in YES and primary:
            raise ValidationError(
                _("%(domain)s is the primary tenant. Choose another one on the partner's page.")
                % {"domain": primary.domain}
            )
        if text in NO and tenant.is_primary:
            raise ValidationError(
                _("A partner has one primary tenant. Choose another one on the partner's page.")
            )
        if text in NO and not (tenant.pk or primary):
            raise ValidationError(_("This partner has no primary tenant yet. Write yes."))
        return text in YES

    meanings: ClassVar[dict[str, Callable[..., Any]]] = {
        "tenant_id": guid_meant,
        "color": color_meant,
        "primary": is_primary_meant,
    }

    def others(self, tenant: Tenant) -> list[Tenant]:
        """The other tenants of its partner."""
        of_partner = self.of_partner.get(tenant.partner_id, {})
        return [other for other in of_partner.values() if other.domain != tenant.domain]

    def carry_out(self, by: Actor, on_progress: OnProgress) -> None:
        """Write the lines in the order of the file: a color may go from one tenant to another."""
        done = 0
        lines = [line for line in self.lines if line.outcome in (Outcome.NEW, Outcome.CHANGED)]
        columns = [*self.fields.values(), *derived_columns(Tenant)]
        for batch in batches(lines):
            for line in batch:
                line.row.save(update_fields=None if line.row._state.adding else columns)
            for outcome in (Outcome.NEW, Outcome.CHANGED):
                self.after_writing([each for each in batch if each.outcome is outcome], by, outcome)
            on_progress(done := done + len(batch))

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        action = EditAction.CREATED if outcome is Outcome.NEW else EditAction.EDITED
        put_on_record(
            action,
            batch,
            by=by,
            tenant_context=lambda tenant: {"partner": tenant.partner, "tenant": tenant},
        )


def yes_or_no(value: Any) -> Any:
    return (_("yes") if value else _("no")) if isinstance(value, bool) else value
