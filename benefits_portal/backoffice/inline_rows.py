"""The formset for rows of a table on a back-office page."""

# mypy: disable-error-code="type-arg"

import re
from typing import Any

from django import forms
from django.forms.formsets import INITIAL_FORM_COUNT, TOTAL_FORM_COUNT, ManagementForm
from django.forms.utils import ErrorList
from django.utils.translation import gettext_lazy as _

NOT_WHOLE = _(
    "What arrived doesn't match the page that was shown, so nothing was saved. Reload the page "
    "and repeat your changes."
)


class Rows(forms.BaseInlineFormSet):
    """An inline formset with labels for screen readers, and checked row counts.

    If the submitted counts are missing, or higher than the number of submitted and stored rows, the
    rows are shown as stored, with an error, and nothing on the page is saved.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_whole = not self.is_bound or self._has_what_it_counts()
        self.is_bound = self.is_bound and self.is_whole

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        for name, field in form.fields.items():
            widget = getattr(field.widget, "widget", field.widget)  # Django wraps relations
            widget.attrs["aria-label"] = field.label or name

    def non_form_errors(self) -> ErrorList:
        return super().non_form_errors() if self.is_whole else ErrorList([str(NOT_WHOLE)])

    def _has_what_it_counts(self) -> bool:
        form = ManagementForm(self.data, prefix=self.prefix)
        if not form.is_valid():
            return False
        total = form.cleaned_data[TOTAL_FORM_COUNT] or 0
        initial = form.cleaned_data[INITIAL_FORM_COUNT] or 0
        # Read-only rows are not submitted
        there = max(self._rows_sent(), len(self.get_queryset()))
        return 0 <= initial <= total <= there

    def _rows_sent(self) -> int:
        """The number of rows with at least one submitted field."""
        of_a_row = re.compile(rf"{re.escape(str(self.prefix))}-([0-9]{{1,9}})-")
        return len({found[1] for name in self.data if (found := of_a_row.match(name))})
