"""The import page of partners and people, recorded with a reason."""

from django.http import HttpRequest

from benefits_portal.backoffice.import_page import FileForm, ImportPageMixin
from benefits_portal.backoffice.importing import Import
from benefits_portal.tenants.importing import carry_out
from benefits_portal.tenants.models import Actor

from .edits_on_record import actor
from .reasons import MISSING, reason_field, reason_in


class ReasonedFileForm(FileForm):
    """A file and the reason."""

    reason = reason_field()


class ImportMixin(ImportPageMixin):
    """Records what a file changes with the reason (A1)."""

    import_form = ReasonedFileForm

    def importer(self, request: HttpRequest) -> Actor:
        return actor(request)

    def carry_out_import(self, request: HttpRequest, text: str, shown: str) -> Import:
        return carry_out(self.importing, text, by=actor(request), shown=shown)

    def missing_for_import(self, request: HttpRequest) -> str:
        return "" if reason_in(request) else str(MISSING)
