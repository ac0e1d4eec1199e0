"""Forms of the back office: refusals as form errors, fixed relations, rows of a table."""

# mypy: disable-error-code="type-arg"

from collections.abc import Mapping
from copy import copy
from typing import Any, ClassVar

from django import forms
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from benefits_portal.backoffice.columns import link
from benefits_portal.backoffice.inline_rows import Rows
from benefits_portal.tenants.models import Actor


def error_text(error: Exception) -> str:
    """The text of a refusal or an error for people.

    For a constraint that only the database can check, its own message.
    """
    if isinstance(error, ValidationError):
        return " ".join(error.messages)
    if isinstance(error, IntegrityError):
        constraints = [
            constraint for model in apps.get_models() for constraint in model._meta.constraints
        ]
        broken = [constraint for constraint in constraints if constraint.name in str(error)]
        if broken:
            return str(broken[0].get_violation_error_message())
        return _(
            "Two rows of this page contradict each other, or someone saved the same thing at "
            "this moment. Nothing was saved."
        )
    return str(error)


class FixedField(forms.Widget):
    """A relation that cannot change, shown as a link."""

    def __init__(self, chosen: models.Model) -> None:
        super().__init__()
        self.chosen = chosen

    def render(self, *args: Any, **kwargs: Any) -> Any:
        return format_html('<div class="readonly">{}</div>', link(self.chosen))

    def id_for_label(self, id_: str | None) -> str:
        return ""


GENERIC = forms.Field.default_error_messages["required"]  # "This field is required."


def name_what_is_missing(fields: Mapping[str, forms.Field]) -> None:
    """Replace Django's "This field is required." by what to fill in."""
    for name, field in fields.items():
        if field.error_messages.get("required") == GENERIC:
            label = capfirst(field.label or name)
            is_chosen = isinstance(field, forms.ChoiceField)
            text = _("Choose: %(field)s.") if is_chosen else _("Fill in: %(field)s.")
            field.error_messages["required"] = text % {"field": label}


class BackOfficeForm(forms.ModelForm):
    """Shows refusals that are raised while saving.

    `fixed` relations are chosen for a new row and cannot change.
    """

    fixed: ClassVar[tuple[str, ...]] = ()
    refusal: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name_what_is_missing(self.fields)
        for name in self.fixed if self.instance.pk else ():
            # Disabled instead of removed, so that constraints with the field are checked
            if name in self.fields:
                self.fields[name].disabled = True
                self.fields[name].widget = FixedField(getattr(self.instance, name))
                self.fields[name].help_text = ""

    def full_clean(self) -> None:
        """Show derived columns of the row only if it has no errors.

        `filled_in` is the row as submitted, even with errors.
        """
        stored = copy(self.instance)
        super().full_clean()
        self.filled_in = self.instance
        if self.errors:  # cleaned by now: asking does not clean again
            self.instance = stored

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.refusal:
            self.add_error(None, self.refusal)
        return cleaned


class ActionFormSet(Rows):
    """Rows that are saved by methods of their model, which record what they do."""

    by: Actor
