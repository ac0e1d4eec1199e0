"""Inputs look as Django's own templates draw them."""

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer

from benefits_portal.form_rendering import Renderer

ATTRS = {"required": True, "disabled": False, "title": 'A "<b>" & more', "id": "id_x"}
WIDGETS = (
    forms.CheckboxInput,
    forms.DateInput,
    forms.EmailInput,
    forms.HiddenInput,
    forms.NumberInput,
    forms.PasswordInput,
    forms.Select,
    forms.TextInput,
)


@pytest.mark.parametrize("value", [None, "", 0, True, 7, '"<b>'])
@pytest.mark.parametrize("widget", WIDGETS)
def test_inputs_are_drawn_as_by_django_s_templates(
    widget: type[forms.Widget], value: object
) -> None:
    own, djangos = (
        widget().render("x", value, dict(ATTRS), renderer).strip()
        for renderer in (Renderer(), DjangoTemplates())
    )
    assert own == djangos


def test_forms_are_drawn_so() -> None:
    assert isinstance(get_default_renderer(), Renderer)
