"""Partners and people from CSV, and the page that shows what a file would do before it does it."""

from collections import Counter
from itertools import batched
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from benefits_portal.backoffice.columns import admin_url
from benefits_portal.backoffice.csv_reading import Cells, Unreadable, decoded
from benefits_portal.derived import derived_columns
from benefits_portal.formats import format_number
from benefits_portal.tenants.importing import (
    BATCH,
    Import,
    ImportRow,
    OnProgress,
    Outcome,
    Refused,
    TooManyLines,
    batches,
    carry_out,
    put_on_record,
    refuse_all,
)
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    DirectoryUserWord,
    Partner,
    Tenant,
    TenantsAction,
)
from benefits_portal.tenants.tenants_meant import tenants_meant
from benefits_portal.typed import (
    canonical_domain_or_text,
    canonical_email_or_text,
    email_in,
    guest_behind,
    tidy,
    tidy_digits,
)

from .actions import EditAction
from .reasons import MISSING, reason_field, reason_in

MAX_LINES, MAX_BYTES = 2_000, 1_000_000  # on the page; more by the command
SALT = "import"


class RowImport(Import):
    """Lines that are rows of one model, found again by a natural key."""

    model: ClassVar[Any]
    fields: ClassVar[dict[str, str]]  # by column: what an import may also change

    def fill(self, line: ImportRow, cells: Cells, row: Any) -> None:
        """Set what the line says, and what it changes. Raises ValidationError."""
        line.row, new = row, row._state.adding
        before = {name: getattr(row, name) for name in self.fields.values()}
        if not new and all(cells[column] == before[name] for column, name in self.fields.items()):
            return
        for column, name in self.fields.items():
            setattr(row, name, cells[column])
        self.clean(row)
        after = {name: getattr(row, name) for name in before}
        changed = [name for name in before if before[name] != after[name]]
        line.before = {} if new else {name: before[name] for name in changed}
        line.after = {name: after[name] for name in changed}
        if new or changed:
            line.outcome = Outcome.NEW if new else Outcome.CHANGED

    def clean(self, row: Any) -> None:
        """All but its relations, which were looked up.

        Raises ValidationError, by the file's own columns.
        """
        columns = {name: column for column, name in self.fields.items()}
        try:
            row.clean_fields(
                exclude={field.name for field in row._meta.fields if field.is_relation}
            )
        except ValidationError as error:
            raise ValidationError(
                {columns.get(name, name): faults for name, faults in error.error_dict.items()}
            ) from error

    def carry_out(self, by: Actor, on_progress: OnProgress) -> None:
        done = 0
        for outcome in (Outcome.NEW, Outcome.CHANGED):
            for batch in batches([line for line in self.lines if line.outcome is outcome]):
                rows = [line.row for line in batch]
                if outcome is Outcome.NEW:
                    self.model.objects.bulk_create(rows, batch_size=BATCH)
                else:
                    self.model.objects.bulk_update(
                        rows,
                        [*self.fields.values(), *derived_columns(self.model)],
                        batch_size=BATCH,
                    )
                self.after_writing(batch, by, outcome)
                on_progress(done := done + len(batch))

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        raise NotImplementedError


class PartnerImport(RowImport):
    columns = ("mpn_id", "name", "country", "currency", "time_zone")
    model = Partner
    fields: ClassVar = {
        "name": "name",
        "country": "country",
        "currency": "currency",
        "time_zone": "time_zone",
    }
    spellings: ClassVar = {"mpn_id": tidy_digits}

    def look_up(self, cells: list[Cells]) -> None:
        self.partners = Partner.objects.in_bulk(
            {line["mpn_id"] for line in cells}, field_name="mpn_id"
        )

    def key(self, cells: Cells) -> tuple[str, ...]:
        return (cells["mpn_id"],)

    def judge(self, line: ImportRow, cells: Cells) -> None:
        self.fill(
            line,
            cells,
            self.partners.get(cells["mpn_id"]) or Partner(mpn_id=cells["mpn_id"], time_zone=""),
        )
        line.text = f"{cells['mpn_id']} · {cells['name']}"
        if line.outcome is Outcome.NEW:
            line.after["mpn_id"] = cells["mpn_id"]

    def after_writing(self, batch: list[ImportRow], by: Actor, outcome: Outcome) -> None:
        action = EditAction.CREATED if outcome is Outcome.NEW else EditAction.EDITED
        put_on_record(action, batch, by=by, tenant_context=lambda partner: {"partner": partner})


class PersonImport(RowImport):
    columns = ("tenant", "user_principal_name", "name", "kind")
    model = DirectoryUser
    fields: ClassVar = {"name": "display_name"}
    spellings: ClassVar = {
        "tenant": canonical_domain_or_text,
        "user_principal_name": lambda text: canonical_email_or_text(email_in(text)),
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
        """The directory's own name for a guest is the guest's address (W3)."""
        cells = super().canonical(cells)
        email, domain = guest_behind(cells["user_principal_name"]) or ("", "")
        is_own = cells["kind"] == DirectoryUser.Kind.GUEST and domain == cells["tenant"]
        return cells | {"user_principal_name": email} if is_own else cells

    def judge(self, line: ImportRow, cells: Cells) -> None:
        domain, name = self.key(cells)
        kind, tenant = cells["kind"], self.tenants.get(domain)
        person = self.people.get((tenant.pk, name)) if tenant else None
        faults = {} if tenant else {"tenant": self.no_tenant(domain)}
        if kind not in DirectoryUser.Kind.values:
            faults["kind"] = _("Write member or guest.")
        elif person and kind != person.kind:
            faults["kind"] = _("A member does not become a guest, nor a guest a member.")
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

    def no_tenant(self, written: str) -> str:
        """What to write for a tenant that was not given by its domain."""
        if domains := self.meant.get(written):
            return _("Write the tenant's domain: %(domains)s.") % {
                "domains": ", ".join(domains[:3])
            }
        return _("There is no tenant with this domain.")

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


class FileForm(forms.Form):
    """A file, and why."""

    file = forms.FileField(label=gettext_lazy("CSV file"), max_length=200)
    reason = reason_field()

    def clean_file(self) -> str:
        """The file's text."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(too_long())
        try:
            return decoded(file.read())
        except Unreadable as error:
            raise ValidationError(str(error)) from error


def too_long() -> str:
    return _(
        "Up to %(lines)s lines can be imported here. For more there is manage.py import_csv."
    ) % {"lines": format_number(MAX_LINES)}


class ImportMixin:
    """A model admin with a page to import from CSV, for whoever may both add and change."""

    importing: ClassVar[type[Import]]
    has_import = True  # for the list's template, which would call a class
    opts: Any
    admin_site: Any
    model: type[Model]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.import_csv)
        )
        return [
            path("import/", view, name=f"{self.opts.app_label}_{self.opts.model_name}_import"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def may_import(self, request: HttpRequest) -> bool:
        allowed: Any = self
        return bool(allowed.has_add_permission(request) and allowed.has_change_permission(request))

    def import_csv(self, request: HttpRequest) -> HttpResponse:
        """Asks for a file, shows what it would do, and does exactly that when it is confirmed."""
        if not self.may_import(request):
            raise PermissionDenied
        if "confirmed" in request.POST:
            return self.confirmed(request)
        form = FileForm(request.POST or None, request.FILES or None)
        if form.is_valid():
            return self.preview(request, form, form.cleaned_data["file"])
        return self.page(request, form)

    def salt(self, request: HttpRequest) -> str:
        """Of what this page signs: for these rows and this person alone."""
        return f"{SALT}.{self.opts.label_lower}.{request.user.pk}"

    def preview(self, request: HttpRequest, form: FileForm, text: str) -> HttpResponse:
        try:
            asked = self.importing.of(text, MAX_LINES)
        except (Unreadable, TooManyLines) as error:
            form.add_error("file", too_long() if isinstance(error, TooManyLines) else str(error))
            return self.page(request, form)
        return self.page(
            request,
            form,
            asked=asked,
            packed=signing.dumps(text, salt=self.salt(request), compress=True),
        )

    def confirmed(self, request: HttpRequest) -> HttpResponse:
        from .base import actor

        try:
            text = signing.loads(
                request.POST["confirmed"],
                salt=self.salt(request),
                max_age=settings.SESSION_COOKIE_AGE,
            )
        except signing.BadSignature:
            messages.error(
                request, _("This page is too old. Choose the file again; nothing was changed.")
            )
            return redirect(".")
        if not reason_in(request):
            messages.error(request, MISSING)
            return self.preview(request, FileForm(request.POST), text)
        try:
            asked = carry_out(
                self.importing, text, by=actor(request), shown=request.POST.get("shown", "")
            )
        except Unreadable as error:  # what was shown on the page of another kind of rows
            messages.error(request, str(error))
            return redirect(".")
        except Refused:
            messages.warning(
                request,
                _(
                    "Something changed since you looked, so nothing was imported. This is what "
                    "the file would do now."
                ),
            )
            return self.preview(request, FileForm(request.POST), text)
        messages.success(request, counts_text(asked.counts))
        return redirect(admin_url(self.model, "changelist"))

    def page(self, request: HttpRequest, form: FileForm, **context: Any) -> HttpResponse:
        title = _("Import %(what)s") % {"what": self.opts.verbose_name_plural}
        context |= {
            "form": form,
            "opts": self.opts,
            "title": title,
            "columns": self.importing.columns,
            "reason": request.POST.get("reason", ""),
        }
        if asked := context.get("asked"):
            context["summary"] = counts_text(asked.counts)
        return TemplateResponse(
            request, "admin/import.html", {**self.admin_site.each_context(request), **context}
        )


def counts_text(counts: Counter[Outcome]) -> str:
    """3 lines: New 2, Unchanged 1."""
    lines = ngettext("%(count)s line", "%(count)s lines", counts.total()) % {
        "count": format_number(counts.total())
    }
    kinds = ", ".join(
        f"{outcome.label} {format_number(counts[outcome])}"
        for outcome in Outcome
        if counts[outcome]
    )
    return f"{lines}: {kinds}" if kinds else lines
