"""Inputs of forms, drawn in one go: Django renders three templates for each, one in another."""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

KINDS = ("checkbox", "date", "email", "hidden", "input", "number", "password", "text")
INPUTS = {f"django/forms/widgets/{kind}.html" for kind in KINDS}


class Renderer(DjangoTemplates):
    """Django's, with the same HTML."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        if template_name not in INPUTS:
            return super().render(template_name, context, request)
        widget = context["widget"]
        value = widget["value"]
        return format_html(
            '<input type="{}" name="{}"{}{}>',
            widget["type"],
            widget["name"],
            "" if value is None else format_html(' value="{}"', value),
            attributes(widget["attrs"]),
        )


def attributes(attrs: dict[str, Any]) -> SafeString:
    """In the order in which they are given, unlike `flatatt`."""
    drawn = (
        format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)
        for name, value in attrs.items()
        if value is not False
    )
    return format_html_join("", "{}", ((each,) for each in drawn))
