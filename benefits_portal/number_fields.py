"""Form fields that read numbers as people copy them (rule W4)."""

from decimal import Decimal
from typing import Any, override

from django import forms
from django.utils.formats import get_format
from django.utils.translation import gettext as _

from benefits_portal import formats as figures
from benefits_portal.typed_numbers import read_amount, read_number


def check_range(value: int, at_least: int, at_most: int) -> int:
    """Raises ValidationError."""
    if not at_least <= value <= at_most:
        limits = {"least": figures.format_number(at_least), "most": figures.format_number(at_most)}
        raise forms.ValidationError(_("Enter a number from %(least)s to %(most)s.") % limits)
    return value


class NumberInput(forms.TextInput):
    """A field of text, for numbers.

    The browser's control for numbers empties itself for what it does not know, and loses what was
    pasted.
    """

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "numeric", "autocomplete": "off", **(attrs or {})})


class NumberFormField(forms.IntegerField):
    """A whole number, with its thousands apart or not."""

    widget = NumberInput

    @override
    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, int):
            return None if value in self.empty_values else value
        return read_number(str(value))

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {}  # what a field of text cannot use


class AmountFormField(forms.DecimalField):
    """An amount of money, with its thousands apart or not."""

    widget = NumberInput

    @override
    def to_python(self, value: Any) -> Any:
        if value in self.empty_values or isinstance(value, Decimal):
            return None if value in self.empty_values else value
        return read_amount(str(value), 2 if self.decimal_places is None else self.decimal_places)

    @override
    def prepare_value(self, value: Any) -> Any:
        """As the reader's language writes it and `to_python` reads it.

        85, never 85.000, which is 85 thousand in Dutch.
        """
        if not isinstance(value, Decimal):
            return value
        return f"{value.normalize():f}".replace(".", get_format("DECIMAL_SEPARATOR"))

    @override
    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {"inputmode": "decimal"}
