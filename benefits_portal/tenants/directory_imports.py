"""Imports of partners and of people: what a line of the CSV file means (W2, W3)."""

from itertools import batched
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.backoffice.csv_reading import Cells
from benefits_portal.backoffice.importing import ImportRow, Outcome, refuse_all
from benefits_portal.emails import (
    canonical_domain_or_text,
    canonical_email_or_text,
    guest_behind,
)
from benefits_portal.regions import countries, time_zone_of
from benefits_portal.typed_text import tidy, tidy_digits

from .importing import BATCH, RowImport, put_on_record
from .models import (
    Actor,
    DirectoryUser,
    DirectoryUserWord,
    EditAction,
    Partner,
    Tenant,
    TenantsAction,
)
from .tenant_lookup import no_tenant, tenants_meant


class PartnerImport(RowImport):
    columns = ("mpn_id", "name", "country", "currency", "time_zone")
    example = ("1234567", "Wingtip Toys", "NL", "EUR", "Europe/Amsterdam")
    help_texts: ClassVar = {
        "mpn_id": gettext_lazy("MPN ID of the partner"),
        "name": gettext_lazy("Name of the partner"),
        "country": gettext_lazy("Country, in two letters"),
        "currency": gettext_lazy("Currency, in three letters"),
        "time_zone": gettext_lazy("Time zone, written as here, or empty"),
    }
    model = Partner
    fields: ClassVar = {
        "name": "name",
        "country": "country",
        "currency": "currency",
        "time_zone": "time_zone",
    }
    spellings: ClassVar = {"mpn_id": tidy_digits, "country": tidy, "time_zone": tidy}

    def look_up(self, cells: list[Cells]) -> None:
        self.partners = Partner.objects.in_bulk(
            {line["mpn_id"] for line in cells}, field_name="mpn_id"
        )

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["mpn_id"],)

    def judge(self, line: ImportRow, cells: Cells) -> None:
        partner = self.partners.get(cells["mpn_id"])
        partner = partner or Partner(mpn_id=cells["mpn_id"], time_zone="")
        zone, faults = {}, {}
        try:
            zone["time_zone"] = zone_meant(cells, partner)
        except ValidationError as error:
            faults["time_zone"] = error
        refuse_all(faults, [lambda: self.fill(line, cells | zone, partner)], self.columns)
        line.text = f"{cells['mpn_id']} · {cells['name']}"
        if line.outcome is Outcome.NEW:
            line.after["mpn_id"] = cells["mpn_id"]

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        action = EditAction.CREATED if outcome is Outcome.NEW else EditAction.EDITED
        put_on_record(action, batch, by=by, tenant_context=lambda partner: {"partner": partner})


def zone_meant(cells: Cells, partner: Partner) -> str:
    """What is written; if nothing, what the partner has, or its country's. Raises ValidationError.

    Of no country that there is, it is UTC: the line is refused for the country.
    """
    written = cells["time_zone"] or partner.time_zone
    return written or (time_zone_of(cells["country"]) if cells["country"] in countries() else "UTC")


class PersonImport(RowImport):
    columns = ("tenant", "user_principal_name", "name", "kind")
    example = (
        "wingtiptoys.onmicrosoft.com",
        "kim@wingtiptoys.onmicrosoft.com",
        "Kim Vos",
        "member",
    )
    help_texts: ClassVar = {
        "tenant": gettext_lazy("Domain of the tenant"),
        "user_principal_name": gettext_lazy("Email address of the user"),
        "name": gettext_lazy("Name of the user"),
        "kind": gettext_lazy("member or guest"),
    }
    model = DirectoryUser
    fields: ClassVar = {"name": "display_name"}
    spellings: ClassVar = {
        "tenant": canonical_domain_or_text,
        "user_principal_name": canonical_email_or_text,
        "kind": lambda text: tidy(text).lower(),
    }

    def look_up(self, cells: list[Cells]) -> None:
        """The people by the file's own addresses: a short file must not read a large directory."""
        domains = {line["tenant"] for line in cells}
        self.tenants = {
            tenant.domain: tenant
            for tenant in Tenant.objects.select_related("partner").filter(domain__in=domains)
        }
        self.meant = tenants_meant(domains - self.tenants.keys())
        self.people: dict[tuple[int, str], DirectoryUser] = {}
        for lines in batched(cells, BATCH, strict=False):
            names = {self.key(line)[1] for line in lines}
            tenants = {
                tenant.pk for line in lines if (tenant := self.tenants.get(self.key(line)[0]))
            }
            people = DirectoryUser.objects.filter(
                tenant__in=tenants, user_principal_name__in=names
            ).order_by()
            self.people |= {
                (person.tenant_id, person.user_principal_name): person for person in people
            }

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["tenant"], cells["user_principal_name"])

    def canonical(self, cells: Cells) -> Cells:
        """Replace the directory's own name for a guest by the guest's address (W3)."""
        cells = super().canonical(cells)
        email, domain = guest_behind(cells["user_principal_name"]) or ("", "")
        is_own = cells["kind"] == DirectoryUser.Kind.GUEST and domain == cells["tenant"]
        return cells | {"user_principal_name": email} if is_own else cells

    def judge(self, line: ImportRow, cells: Cells) -> None:
        domain, name = self.key(cells)
        kind, tenant = cells["kind"], self.tenants.get(domain)
        person = self.people.get((tenant.pk, name)) if tenant else None
        faults = {} if tenant else {"tenant": no_tenant(domain, self.meant)}
        if kind not in DirectoryUser.Kind.values:
            faults["kind"] = _("Write member or guest.")
        elif person and kind != person.kind:
            faults["kind"] = _("A member can't become a guest, or a guest a member.")
        is_new, person = (
            person is None,
            person or DirectoryUser(tenant=tenant, user_principal_name=name, kind=kind),
        )
        person.tenant = tenant  # type: ignore[assignment]
        checks = [
            lambda: self.fill(line, cells, person),
            *([person.clean] if is_new and not faults else []),
        ]
        refuse_all(faults, checks, self.columns)
        if line.outcome is Outcome.NEW:
            line.after |= {"user_principal_name": name, "kind": kind}

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        DirectoryUserWord.objects.write_all([line.row for line in batch])
        for kind, added in (
            (DirectoryUser.Kind.MEMBER, TenantsAction.PERSON_ADDED),
            (DirectoryUser.Kind.GUEST, TenantsAction.GUEST_INVITED),
        ):
            action = added if outcome is Outcome.NEW else EditAction.EDITED
            of_kind = [line for line in batch if line.row.kind == kind]
            put_on_record(
                action,
                of_kind,
                by=by,
                tenant_context=lambda person: {
                    "partner": person.tenant.partner,
                    "tenant": person.tenant,
                },
            )
