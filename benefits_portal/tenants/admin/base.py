"""The base classes of all model admins.

Edits are recorded (A1), refusals are shown on the form, and ledgers are read-only.
"""

# mypy: disable-error-code="type-arg"

from http import HTTPStatus
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import flatten_fieldsets, unquote
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from benefits_portal.backoffice.autocomplete import AutocompleteFieldsMixin
from benefits_portal.backoffice.changelist import (
    BackOfficeChangeList,
    BoundedActionsMixin,
    CappedPaginator,
    FoldedSearchMixin,
    filter_name,
    is_offered,
)
from benefits_portal.backoffice.columns import admin_url
from benefits_portal.backoffice.filters import DayFilter
from benefits_portal.backoffice.inline_rows import Rows
from benefits_portal.backoffice.row_numbers import is_number
from benefits_portal.fields import DayFormField, DayInput, day_range
from benefits_portal.number_fields import AmountFormField, NumberFormField, NumberInput
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import EditAction, Record

from .acts import ActsMixin
from .edits_on_record import SECRETS, actor, log, log_deletion, log_form
from .exports import ExportMixin
from .forms import ActionFormSet, BackOfficeForm, error_text
from .reasons import MISSING, reason_field, reason_in
from .second_clicks import SecondClickMixin

TYPED = {  # fields that read numbers and days alike in every language (W4)
    models.DateField: {"form_class": DayFormField, "widget": DayInput, "validators": day_range},
    models.PositiveIntegerField: {"form_class": NumberFormField, "widget": NumberInput},
    models.DecimalField: {"form_class": AmountFormField, "widget": NumberInput},
}


class BackOfficeAdmin(
    ActsMixin,
    FoldedSearchMixin,
    BoundedActionsMixin,
    AutocompleteFieldsMixin,
    ExportMixin,
    admin.ModelAdmin,
):
    view_on_site = False  # a page of the portal is for people with a role at its partner

    formfield_overrides: ClassVar[Any] = TYPED
    fields: ClassVar[Any] = None  # functions among them, as Django allows
    list_per_page = 50
    list_only: ClassVar[tuple[str, ...]] = ()  # the columns that a list selects; empty for all
    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # each facet would count the whole list

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[BackOfficeChangeList]:
        return BackOfficeChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        filters = {filter_name(each) for each in self.get_list_filter(request)} | {DayFilter.DAY}
        offered = is_offered(lookup, self.model, filters, self.date_hierarchy)
        return (
            offered
            and SECRETS.isdisjoint(lookup.split("__"))
            and super().lookup_allowed(lookup, value, request)
        )

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask for the reason; if the deletion is refused, say so and delete nothing."""
        if (
            request.method == "POST"
            and self.has_delete_permission(request)
            and not reason_in(request)
        ):
            return self.not_done(request, str(MISSING))
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refusal as refusal:
            if subject := self.get_object(request, unquote(object_id)):
                log(EditAction.DELETED, subject, request, refusal=refusal)
            return self.not_done(request, str(refusal))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Ask for a reason before deleting.

        Ignores selected values that are not primary keys, which Django would look up.
        """
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not all(map(is_number, chosen)):
            posted = request.POST.copy()
            posted.setlist(ACTION_CHECKBOX_NAME, list(filter(is_number, chosen)))
            request.POST = posted  # type: ignore[assignment]
        deleting = "delete_selected" in request.POST.getlist("action") and "post" in request.POST
        if deleting and not reason_in(request):
            return self.not_done(request, str(MISSING))
        return super().changelist_view(request, extra_context)

    def not_done(self, request: HttpRequest, why: str) -> HttpResponse:
        self.message_user(request, why, messages.ERROR)
        return redirect(request.get_full_path())

    def log_addition(  # type: ignore[override]
        self, request: HttpRequest, obj: Any, message: Any
    ) -> None:
        """Nothing: the record has it (A1)."""

    def log_change(  # type: ignore[override]
        self, request: HttpRequest, obj: Any, message: Any
    ) -> None:
        """Nothing: the record has it."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Nothing: the record has it."""

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Redirect to the record, the only history (A2)."""
        return redirect(
            f"{admin_url(Record, 'changelist')}?about={self.opts.label_lower}:{unquote(object_id)}"
        )


class ReadOnlyAdmin(BackOfficeAdmin):
    """Everyone may look and no one may change, not even superusers."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BackOfficeInline(AutocompleteFieldsMixin, admin.TabularInline):
    form, formset = BackOfficeForm, Rows
    formfield_overrides: ClassVar[Any] = TYPED
    fields: ClassVar[Any] = None
    readonly_fields: ClassVar[Any] = ()
    extra = 0
    show_change_link = True
    view_on_site = False


class ReadOnlyInline(BackOfficeInline):
    """Rows of a ledger on the page of their parent; the first column links to the row's page."""

    show_change_link = False
    classes = ("read-only",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AuditedAdmin(SecondClickMixin, BackOfficeAdmin):
    """Records every change with its reason, and shows refusals on the form.

    A refusal saves nothing. A double click adds one row (W11).
    """

    form = BackOfficeForm
    adding_needs_reason = False  # True for rows that give a person rights

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None and (answer := self.answer_second_click(request)):
            return answer
        answer = self.saved_or_refused(request, object_id, form_url, extra_context)
        # The second of two simultaneous clicks violates a constraint
        is_refused = object_id is None and answer.status_code == HTTPStatus.OK
        return (self.answer_second_click(request) if is_refused else None) or answer

    def saved_or_refused(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except (Refusal, ValidationError, IntegrityError) as error:
            # Django's own transaction has rolled back
            if isinstance(error, Refusal):
                self.log_refusal(
                    request,
                    self.get_object(request, unquote(object_id)) if object_id else None,
                    error,
                )
            request.refusal = error_text(error)  # type: ignore[attr-defined]
            return super().changeform_view(request, object_id, form_url, extra_context)

    def log_refusal(
        self, request: HttpRequest, subject: models.Model | None, refusal: Refusal
    ) -> None:
        """Record a refusal again: its own record was rolled back with the page's other changes."""
        if subject:
            log(EditAction.EDITED, subject, request, refusal=refusal)
        else:
            Record.objects.log(EditAction.CREATED, by=actor(request), refusal=refusal)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        fieldsets = [*super().get_fieldsets(request, obj)]
        asks = self.has_change_permission(request, obj) if obj else self.adding_needs_reason
        return [*fieldsets, (None, {"fields": ["reason"]})] if asks else fieldsets

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        fields = (
            kwargs.pop("fields")
            if "fields" in kwargs
            else flatten_fieldsets(self.get_fieldsets(request, obj))
        )
        # None is Django's question which there are
        own = [name for name in fields if name != "reason"] if fields else fields
        form = super().get_form(request, obj, change=change, fields=own, **kwargs)
        if own != fields:
            form.base_fields["reason"] = reason_field()
        form.refusal = getattr(request, "refusal", "")  # type: ignore[attr-defined]
        return form

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        log_form(form, request, is_new=not change)
        super().save_related(request, form, formsets, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        if isinstance(formset, ActionFormSet):
            formset.by = actor(request)
            formset.save()
            return
        for row in formset.deleted_forms:
            if row.instance.pk:
                log_deletion(row.instance, request)
        super().save_formset(request, form, formset, change)
        for row in formset.forms:
            if row.has_changed() and row not in formset.deleted_forms:
                log_form(row, request, is_new=row in formset.extra_forms)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        log_deletion(obj, request)
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            log_deletion(row, request)
        super().delete_queryset(request, queryset)


class NoDeleteAdmin(AuditedAdmin):
    """Rows can be changed but not deleted: the record refers to them."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
