"""Form fields for numbers as people type and paste them (rule W4)."""

from decimal import Decimal
from typing import Any, override

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from benefits_portal import formats as figures
from benefits_portal.typed_numbers import read_amount, read_number


def check_range(value: int, at_least: int, at_most: int) -> int:
    """Return `value`. Raises ValidationError if it is out of range."""
    if not at_least <= value <= at_most:
        limits = {"least": figures.format_number(at_least), "most": figures.format_number(at_most)}
        raise forms.ValidationError(_("Enter a number from %(least)s to %(most)s.") % limits)
    return value


class NumberInput(forms.TextInput):
    """A text input for numbers: the browser's number control discards text that it cannot parse."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "off", **(attrs or {})})


class NumberFormField(forms.IntegerField):
    """A whole number, with or without thousands separators."""

    widget = NumberInput

    @override
    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, int):
            return None if value in self.empty_values else value
        return read_number(str(value))

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # `min` and `max` are not for text inputs


class AmountFormField(forms.DecimalField):
    """An amount of money, with or without thousands separators."""

    widget = NumberInput

    @override
    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, Decimal):
            return None if value in self.empty_values else value
        return read_amount(str(value), 2 if self.decimal_places is None else self.decimal_places)

    @override
    def prepare_value(self, value: Any) -> Any:
        """The amount in the current language, without trailing zeros: 85.000 is 85,000 in Dutch."""
        if not isinstance(value, Decimal):
            return value
        return f"{value.normalize():f}".replace(".", get_format("DECIMAL_SEPARATOR"))

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal"}
