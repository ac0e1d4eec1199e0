"""The import page of the back office: it shows what a CSV file would do before doing it."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from benefits_portal.formats import format_number

from .columns import admin_url
from .csv_reading import Unreadable, decoded
from .csv_writing import spreadsheet
from .importing import Import, Refused, TooManyLines, counts_text, skipped_text

MAX_LINES, MAX_BYTES = 2_000, 1_000_000  # the command imports larger files
SALT = "import"


class FileForm(forms.Form):
    """The form for a file; subclasses add fields."""

    file = forms.FileField(label=gettext_lazy("CSV file"), max_length=200)

    def clean_file(self) -> str:
        """Return the decoded text of the file."""
        file = self.cleaned_data["file"]
        if file.size > MAX_BYTES:
            raise ValidationError(too_long())
        try:
            return decoded(file.read())
        except Unreadable as error:
            raise ValidationError(str(error)) from error


def too_long() -> str:
    return _("Up to %(lines)s lines can be imported here. For more, use manage.py import_csv.") % {
        "lines": format_number(MAX_LINES)
    }


class ImportPageMixin:
    """Adds an import page to a model admin, for staff who may both add and change rows.

    Upload, preview and confirmation are one method each. Subclasses define `carry_out_import`.
    """

    importing: ClassVar[type[Import]]
    import_form: ClassVar[type[FileForm]] = FileForm
    imported: ClassVar[type[Model] | None] = None  # the model of a line, unless it is the list's
    opts: Any
    admin_site: Any
    model: type[Model]

    def carry_out_import(self, request: HttpRequest, text: str, shown: str) -> Import:
        """Import the whole file, or raise Refused and change nothing.

        `shown` is the fingerprint of the confirmed preview. Also raises Unreadable.
        """
        raise NotImplementedError

    def importer(self, request: HttpRequest) -> Any:
        """The person who imports, in the form that `importing` expects as `by`."""
        return None

    def missing_for_import(self, request: HttpRequest) -> str:
        """The message about what is missing for a confirmed import; empty if nothing is."""
        return ""

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(
            require_http_methods(["GET", "HEAD", "POST"])(self.import_csv)
        )
        return [
            path("import/", view, name=f"{self.opts.app_label}_{self.opts.model_name}_import"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    @property
    def imported_opts(self) -> Any:
        return (self.imported or self.model)._meta

    def may_import(self, request: HttpRequest) -> bool:
        allowed: Any = self
        return bool(allowed.has_add_permission(request) and allowed.has_change_permission(request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Link the list to the import page, for staff who may import."""
        extra_context = {**(extra_context or {}), "may_import": self.may_import(request)}
        return super().changelist_view(request, extra_context)  # type: ignore[misc,no-any-return]

    def import_csv(self, request: HttpRequest) -> HttpResponseBase:
        """Ask for a file, show what it would do, and do exactly that once it is confirmed."""
        if not self.may_import(request):
            raise PermissionDenied
        if "confirmed" in request.POST:
            return self.confirm(request)
        if request.method == "GET" and "template" in request.GET:
            name = f"{self.imported_opts.model_name}-sample"
            return spreadsheet(name, [self.importing.columns, self.importing.example])
        form = self.import_form(request.POST or None, request.FILES or None)
        if form.is_valid():
            return self.preview(request, form, form.cleaned_data["file"])
        return self.page(request, form)

    def preview(self, request: HttpRequest, form: FileForm, text: str) -> HttpResponse:
        """Show what each line would do; the form contains the signed file."""
        try:
            asked = self.importing.of(text, MAX_LINES, self.importer(request))
        except (Unreadable, TooManyLines) as error:
            form.add_error("file", too_long() if isinstance(error, TooManyLines) else str(error))
            return self.page(request, form)
        packed = signing.dumps(text, salt=self.salt(request), compress=True)
        return self.page(request, form, asked=asked, packed=packed)

    def confirm(self, request: HttpRequest) -> HttpResponse:
        """Import what was shown; if that is impossible, say why, and show a new preview."""
        try:
            text = self.unpacked(request)
        except signing.BadSignature:
            why = _("This page is too old. Choose the file again; nothing was changed.")
            messages.error(request, why)
            return redirect(".")
        if missing := self.missing_for_import(request):
            messages.error(request, missing)
            return self.preview(request, self.import_form(request.POST), text)
        try:
            asked = self.carry_out_import(request, text, request.POST.get("shown", ""))
        except Unreadable as error:  # the form is of another import page
            messages.error(request, str(error))
            return redirect(".")
        except Refused:
            return self.preview_again(request, text)
        messages.success(request, counts_text(asked.counts))
        return redirect(admin_url(self.model, "changelist"))

    def preview_again(self, request: HttpRequest, text: str) -> HttpResponse:
        messages.warning(
            request,
            _(
                "Something changed since you looked, so nothing was imported. This is what "
                "the file would do now."
            ),
        )
        return self.preview(request, self.import_form(request.POST), text)

    def salt(self, request: HttpRequest) -> str:
        """The salt of signatures: for this page and this person only."""
        return f"{SALT}.{self.opts.label_lower}.{request.user.pk}"

    def unpacked(self, request: HttpRequest) -> str:
        """The file that was previewed. Raises BadSignature for another page's or an old one."""
        text: str = signing.loads(
            request.POST["confirmed"],
            salt=self.salt(request),
            max_age=settings.SESSION_COOKIE_AGE,
        )
        return text

    def page(self, request: HttpRequest, form: FileForm, **context: Any) -> HttpResponse:
        title = _("Import %(what)s") % {"what": self.imported_opts.verbose_name_plural}
        context |= {
            "form": form,
            "opts": self.opts,
            "title": title,
            "columns": [
                (name, self.importing.help_texts[name], example)
                for name, example in zip(
                    self.importing.columns, self.importing.example, strict=True
                )
            ],
            "reason": request.POST.get("reason", ""),
        }
        if asked := context.get("asked"):
            context["summary"] = counts_text(asked.counts)
            context["skipped"] = skipped_text(asked.empty_lines)
        return TemplateResponse(
            request, "admin/import.html", {**self.admin_site.each_context(request), **context}
        )
