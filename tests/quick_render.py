"""Widgets in tests render as they do for people: nobody is told of each.

Django's test client keeps, of every template, its context as it was. A select of all time zones is
600 templates, one for each option.
"""

from typing import Any

from django.template import Context, Template
from django.test import utils

OF_WIDGETS = "django/forms/widgets/"


def install() -> None:
    """Let `answer.templates` and `answer.context` leave widgets out; after Django was set up."""
    Template._render = rendered  # type: ignore[attr-defined]  # unknown to django-stubs


def rendered(template: Template, context: Context) -> Any:
    if (template.name or "").startswith(OF_WIDGETS):
        return template.nodelist.render(context)
    return utils.instrumented_test_render(template, context)  # type: ignore[attr-defined]
