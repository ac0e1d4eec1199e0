"""Inputs look as Django's own templates draw them."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer

from benefits_portal.form_rendering import Renderer

ATTRS = {"required": True, "disabled": False, "title": 'A "<b>" & more', "id": "id_x"}
CHOICES = [("", "None"), ("a", "A & b"), ('"<b>', "<i>")]
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


@pytest.mark.parametrize("choices", [CHOICES, [("In a group", CHOICES)]])
@pytest.mark.parametrize("attrs", [{}, {"class": "list"}, ATTRS])
@pytest.mark.parametrize("value", [None, "", "a", ["a", '"<b>']])
@pytest.mark.parametrize("widget", [forms.CheckboxSelectMultiple, forms.RadioSelect])
def test_choices_are_drawn_as_by_django_s_templates(
    widget: type[forms.RadioSelect], value: object, attrs: dict[str, object], choices: list[Any]
) -> None:
    own, djangos = (
        widget(choices=choices).render("x", value, dict(attrs), renderer)
        for renderer in (Renderer(), DjangoTemplates())
    )
    assert own == djangos


def test_forms_are_drawn_so() -> None:
    assert isinstance(get_default_renderer(), Renderer)
