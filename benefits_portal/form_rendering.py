"""Render `<input>` widgets without templates: Django renders three nested ones for each."""

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

KINDS = ("checkbox", "date", "email", "hidden", "input", "number", "password", "text")
INPUTS = {f"django/forms/widgets/{kind}.html" for kind in KINDS}
CHOICES = {f"django/forms/widgets/{kind}.html" for kind in ("checkbox_select", "radio")}


class Renderer(DjangoTemplates):
    """Django's form renderer, with the same HTML from Python for simple inputs."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> str:
        widget = context.get("widget", {})
        if template_name in INPUTS:
            return drawn(widget)
        if template_name in CHOICES and not any(name for name, *_ in widget["optgroups"]):
            return choices(widget)
        return super().render(template_name, context, request)


def drawn(widget: dict[str, Any]) -> SafeString:
    value = widget["value"]
    return format_html(
        '<input type="{}" name="{}"{}{}>',
        widget["type"],
        widget["name"],
        "" if value is None else format_html(' value="{}"', value),
        attributes(widget["attrs"]),
    )


def choices(widget: dict[str, Any]) -> SafeString:
    """Radio buttons or check boxes, each with its label; not in groups with names."""
    attrs = {name: widget["attrs"].get(name) or False for name in ("id", "class")}
    options = (
        (attributes({"for": option["attrs"].get("id", False)}), drawn(option), option["label"])
        for _group, options, _index in widget["optgroups"]
        for option in options
    )
    each = format_html_join("", "<div>\n    <label{}>{}\n {}</label>\n\n</div>", options)
    return format_html("<div{}>{}\n</div>", attributes(attrs), each)


def attributes(attrs: dict[str, Any]) -> SafeString:
    """HTML attributes in the given order, as widget templates write them; `flatatt` sorts them."""
    drawn = (
        format_html(" {}", name) if value is True else format_html(' {}="{}"', name, value)
        for name, value in attrs.items()
        if value is not False
    )
    return format_html_join("", "{}", ((each,) for each in drawn))
