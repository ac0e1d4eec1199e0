"""Double clicks on forms that add a row: one row and one message (W11)."""

# mypy: disable-error-code="type-arg"

from typing import Any

from django import forms
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.http import HttpRequest, HttpResponse

from benefits_portal.tenants.models import EditAction, Record

from .edits_on_record import actor


class SecondClickMixin:
    """A model admin that answers a repeated addition like the first one."""

    model: type[models.Model]

    def rows_just_added(self, request: HttpRequest) -> models.QuerySet[Any]:
        """The rows that the same person has added on this page a moment ago."""
        done = Record.objects.just_done(EditAction.CREATED, by=actor(request))
        of_kind = done.filter(subject_type=ContentType.objects.get_for_model(self.model))
        return self.model._default_manager.filter(pk__in=of_kind.order_by().values("subject_id"))

    def answer_second_click(self, request: HttpRequest) -> HttpResponse | None:
        """The response to the first submission, if this one repeats it; else None."""
        page: Any = self
        if request.method != "POST" or not page.has_add_permission(request):
            return None
        rows = list(self.rows_just_added(request))
        if not rows:
            return None
        form = page.get_form(request, None, change=False)(request.POST, request.FILES)
        form.is_valid()  # fills in its instance
        same = next((row for row in rows if is_same(form, row)), None)
        return self.repeat_answer(request, same) if same else None

    def repeat_answer(self, request: HttpRequest, row: Any) -> HttpResponse:
        """The response to adding `row`."""
        page: Any = self
        answer: HttpResponse = page.response_add(request, row)
        return answer


def is_same(form: forms.ModelForm, row: models.Model) -> bool:
    """Whether `row` is what `form` and its inlines would add."""
    fields = {field.name: field for field in [*row._meta.fields, *row._meta.many_to_many]}
    return all(
        holds_same(form, row, fields[name]) for name in form.fields if name in fields
    ) and all(
        int_of(total) == getattr(row, name.removesuffix("-TOTAL_FORMS")).count()
        for name, total in form.data.items()
        if name.endswith("-TOTAL_FORMS")
    )


def holds_same(form: forms.ModelForm, row: models.Model, field: Any) -> bool:
    if field.many_to_many:
        chosen = form.cleaned_data.get(field.name) or ()
        return {related.pk for related in chosen} == {
            related.pk for related in field.value_from_object(row)
        }
    sent = getattr(form, "filled_in", form.instance)
    return bool(field.value_from_object(sent) == field.value_from_object(row))


def int_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
