"""Choose related rows by typing: widgets, and a list of matches that says if it is cut (W7)."""

# mypy: disable-error-code="type-arg"

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.admin.widgets import (
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.translation import gettext as _

from benefits_portal.formats import format_number

from .columns import known_as
from .row_numbers import is_number, is_too_long_a_number

NO_ROW = "0"


class NumbersOnlyMixin(AutocompleteMixin):
    """Ignores submitted values that are not numbers, which Django would try to look up."""

    def optgroups(self, name: str, value: Sequence[str], attr: Any = None) -> Any:
        return super().optgroups(name, list(filter(is_number, value)), attr)


class SingleAutocomplete(NumbersOnlyMixin, AutocompleteSelect):
    """One related row."""


class MultipleAutocomplete(NumbersOnlyMixin, AutocompleteSelectMultiple):
    """Several related rows, each with its own × to remove it.

    There is no × for all of them, which would be in the list without being an item (for axe).
    """

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Replace numbers that are too long for the database, which Django would look up."""
        return [
            NO_ROW if is_too_long_a_number(value) else value
            for value in super().value_from_datadict(data, files, name) or []
        ]

    def build_attrs(self, base_attrs: Any, extra_attrs: Any = None) -> dict[str, Any]:
        return super().build_attrs(base_attrs, extra_attrs) | {"data-allow-clear": "false"}


class KnownAsField(forms.ModelChoiceField):
    """Labels rows by `known_as`, which tells rows of the same name apart."""

    def label_from_instance(self, obj: Any) -> str:
        return str(known_as(obj))


class AutocompleteFieldsMixin(admin.options.BaseModelAdmin):
    """Uses these widgets for `autocomplete_fields`, in an admin or an inline."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = SingleAutocomplete(db_field, self.admin_site)
            kwargs["form_class"] = KnownAsField
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = MultipleAutocomplete(db_field, self.admin_site)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Ignore an empty `_to_field`, which Django would look for as a field."""
        return super().get_object(request, object_id, from_field or None)  # type: ignore[misc]


def autocomplete(request: HttpRequest) -> HttpResponseBase:
    return CappedAutocompleteView.as_view(admin_site=admin.site)(request)


class CappedAutocompleteView(AutocompleteJsonView):
    """Django's view, with a last item that says that there are more matches than were counted."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return super().serialize_result(obj, to_field_name) | {"text": str(known_as(obj))}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        answer = json.loads(response.content)
        paginator: Any = self.get_paginator(self.object_list, self.paginate_by or 0)
        if answer["pagination"]["more"] or not getattr(paginator, "has_more", False):
            return response
        text = _(
            "The first %(shown)s of more than %(shown)s are shown. Type more to find another one."
        )
        answer["results"].append(
            {"id": "", "text": text % {"shown": format_number(paginator.count)}, "disabled": True}
        )
        return JsonResponse(answer)
