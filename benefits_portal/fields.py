"""Model and form fields that keep what people type in its canonical form: no row holds it otherwise (rules W1, W2, W4)."""

from datetime import date, datetime
from typing import Any, override

from django import forms
from django.db import models

from benefits_portal.typed import canonical_email, canonical_email_or_text, clean_line, read_day, tidy


class LineFormField(forms.CharField):
    """One line of text (W1)."""

    @override
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return clean_line(text) if text else text


class EmailFormField(forms.EmailField):
    """An e-mail address or user principal name, in its one spelling (W2)."""

    @override
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return canonical_email(text) if text else text


class DayInput(forms.DateInput):
    """The browser's own control for a day; written year-month-day where it has none."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"format": "%Y-%m-%d", **kwargs})


class DayFormField(forms.DateField):
    """A day, written in one way, whatever the reader's language (W4)."""

    widget = DayInput

    @override
    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value.date()
        return value if isinstance(value, date) else read_day(str(value))


class LineField(models.CharField):  # type: ignore[type-arg]
    """One line of text: a form refuses what is more, and whatever is saved or looked up is tidied (W1)."""

    form_field: type[forms.CharField] = LineFormField

    @staticmethod
    def cleaned(text: str) -> str:
        """Raises ValidationError."""
        return clean_line(text)

    @staticmethod
    def tidied(text: str) -> str:
        return tidy(text)

    @override
    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        return self.cleaned(text) if text else text

    @override
    def get_prep_value(self, value: Any) -> Any:
        value = models.Field.get_prep_value(self, value)
        return self.tidied(str(value)) if value is not None else value

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = super().pre_save(model_instance, add)
        if isinstance(value, str):
            value = self.tidied(value)
            setattr(model_instance, self.attname, value)
        return value

    @override
    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**{"form_class": self.form_field, **kwargs})


class CanonicalEmailField(LineField):
    """An e-mail address or user principal name in its one spelling: stored so, unique so, looked up so (W2)."""

    form_field = EmailFormField

    @staticmethod
    def cleaned(text: str) -> str:
        return canonical_email(text)

    @staticmethod
    def tidied(text: str) -> str:
        return canonical_email_or_text(text)
