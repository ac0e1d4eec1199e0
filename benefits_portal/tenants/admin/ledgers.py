"""Ledgers in the back office: the record, wrong keys, and the mark of a practice database."""

# mypy: disable-error-code="type-arg"

from datetime import timedelta
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.backoffice.changelist import SearchThroughMixin
from benefits_portal.backoffice.columns import NOTHING, Text, admin_url, linked
from benefits_portal.backoffice.filters import CasesFilter, FewChoicesFilter
from benefits_portal.backoffice.row_numbers import is_number
from benefits_portal.tenants.audit.display import all_changes, refused_because, times_until
from benefits_portal.tenants.audit.references import Referenced
from benefits_portal.tenants.models import KeyAttempt, PracticeWorld, Record

from .base import ReadOnlyAdmin


class ActionFilter(admin.SimpleListFilter):
    title = gettext_lazy("what")
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return sorted(Record.actions.items())

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(action=self.value()) if self.value() else queryset


class RefusedFilter(CasesFilter):
    title = gettext_lazy("outcome")
    parameter_name = "outcome"
    cases = {
        "done": (gettext_lazy("Done"), lambda records, _on: records.filter(refused="")),
        "refused": (gettext_lazy("Refused"), lambda records, _on: records.exclude(refused="")),
    }


class RecentFilter(CasesFilter):
    title = gettext_lazy("how recent")
    parameter_name = "recent"
    cases = {
        "day": (
            gettext_lazy("In the last 24 hours"),
            lambda records, _on: records.filter(at__gt=clock.now() - timedelta(days=1)),
        ),
        "week": (
            gettext_lazy("In the last 7 days"),
            lambda records, _on: records.filter(at__gt=clock.now() - timedelta(days=7)),
        ),
    }


class AboutFilter(admin.SimpleListFilter):
    """The records about one object (A2).

    Linked from the object's page only, as `?about=<model>:<pk>`.
    """

    title = gettext_lazy("about")
    parameter_name = "about"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        value = request.GET.get("about", "")
        subject = self.subject(value)
        if subject is None:
            return []
        row = type(subject)._base_manager.filter(pk=subject.pk).first()
        return [(value, f"{subject._meta.verbose_name} {row or subject.pk}")]

    @staticmethod
    def subject(value: str) -> Any:
        """An unsaved stand-in for the object; None if the URL is invalid."""
        label, _colon, pk = value.partition(":")
        models = {model._meta.label_lower: model for model in apps.get_models()}
        return models[label](pk=int(pk)) if label in models and is_number(pk) else None

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if not self.value():
            return queryset
        subject = self.subject(self.value() or "")
        return queryset.about(subject) if subject else queryset.none()


@admin.register(Record)
class RecordAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "at",
        "what",
        "outcome",
        linked("actor", gettext_lazy("who"), shows="actor__name"),
        linked("partner", gettext_lazy("partner")),
        linked("tenant", gettext_lazy("tenant"), shows="tenant__domain"),
        "about",
    ]
    list_filter = [
        AboutFilter,
        RefusedFilter,
        RecentFilter,
        "how",
        ActionFilter,
        ("partner", FewChoicesFilter),
    ]
    list_select_related = ["actor", "partner", "tenant", "subject_type"]
    list_only = (
        "at",
        "action",
        "refused",
        "params",
        "times",
        "last_at",
        "actor__name",
        "partner__name",
        "partner__mpn_id",
        "tenant__domain",
        "subject_type__app_label",
        "subject_type__model",
        "subject_id",
    )
    search_through = ("actor", "partner")
    search_help_text = gettext_lazy("Person or partner")
    date_hierarchy = "at"
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    fields = [
        "at",
        "what",
        "whole_outcome",
        "reason",
        "actor",
        "how",
        "partner",
        "tenant",
        "about_named",
        "changes",
    ]

    date_hierarchy_label = gettext_lazy("date")

    @admin.display(description=gettext_lazy("what"), ordering="action")
    def what(self, record: Record) -> Text:
        return record.action_label

    @admin.display(description=gettext_lazy("outcome"), ordering="refused")
    def outcome(self, record: Record) -> str:
        """The outcome without people's names, each of which would take a query."""
        return self._outcome(record, str(record.refused_because))

    @admin.display(description=gettext_lazy("outcome"))
    def whole_outcome(self, record: Record) -> str:
        return self._outcome(record, refused_because(record))

    @staticmethod
    def _outcome(record: Record, fact: str) -> str:
        outcome = _("Refused: %(fact)s") % {"fact": fact} if record.refused else _("Done")
        return (
            f"{outcome} {times_until(record.times, localtime(record.last_at))}"
            if record.last_at
            else outcome
        )

    @admin.display(description=gettext_lazy("about"))
    def about(self, record: Record) -> str:
        """The kind and primary key of the subject; its name would take a query for each row."""
        return self._about(record, str(record.subject_id))

    @admin.display(description=gettext_lazy("about"))
    def about_named(self, record: Record) -> str:
        """The subject's name at that time, or its primary key if it no longer exists."""
        model = record.subject_model
        reference = (model, record.subject_id) if model and record.subject_id else None
        name = Referenced([record]).name(reference, record.at) if reference else None
        return self._about(record, name or str(record.subject_id))

    @staticmethod
    def _about(record: Record, name: str) -> str:
        model = record.subject_model
        if model is None:
            return NOTHING
        name = f"{model._meta.verbose_name} {name}"
        if not admin.site.is_registered(model):
            return name
        return format_html(
            '<a href="{}">{}</a>', admin_url(model, "change", record.subject_id), name
        )

    @admin.display(description=gettext_lazy("changes"))
    def changes(self, record: Record) -> str:
        if not (changes := all_changes(record)):
            return NOTHING
        rows = format_html_join(
            "",
            '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>',
            ((change.label, change.before, change.after) for change in changes),
        )
        heads = (_("field"), _("before"), _("after"))
        return format_html(
            "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
            format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
            rows,
        )


@admin.register(KeyAttempt)
class KeyAttemptAdmin(SearchThroughMixin, ReadOnlyAdmin):
    list_display = [
        "at",
        linked("user", gettext_lazy("user"), shows="user__name"),
        linked("partner", gettext_lazy("partner")),
    ]
    list_filter = [("partner", FewChoicesFilter)]
    list_select_related = ["user", "partner"]
    search_through = ("user", "partner")
    search_help_text = gettext_lazy("Person or partner. The key that was tried is never shown.")
    date_hierarchy = "at"
    date_hierarchy_label = gettext_lazy("date")
    ordering = ["-pk"]
    sortable_by: ClassVar[list[str]] = []
    fields = ["at", "user", "partner"]


@admin.register(PracticeWorld)
class PracticeWorldAdmin(ReadOnlyAdmin):
    list_display = ["as_of", "made_at"]
    fields = ["as_of", "made_at"]
