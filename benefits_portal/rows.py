"""A template tag for the rows of long tables: what is the same in every row is rendered once, and the rest filled in.

A row by nodes of a template costs ten times as much, and half of a page of fifty rows is such rows.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template import Context
from django.template.base import FilterExpression, Node, NodeList, Parser, TextNode, Token
from django.template.defaulttags import IfNode
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

register = template.Library()
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")  # with its braces doubled, as everything in a format string


@register.tag("rows")
def do_rows(parser: Parser, token: Token) -> "RowsNode":
    """`{% rows page.rows %}<tr id="r{pk}"><th>{name}</th><td>{% translate "Since" %} {day}</td></tr>{% endrows %}`

    The block for each of the rows, mappings of names to values, with `{name}` replaced by its value, escaped as a variable is.
    Tags and variables in the block are of the page, not of a row: they are rendered once, and an `{% if %}` too.
    KeyError for a name that a row has not.
    """
    _tag, rows = token.split_contents()
    block = parser.parse(("endrows",))
    parser.delete_first_token()
    return RowsNode(parser.compile_filter(rows), block)


class RowsNode(Node):
    child_nodelists = ("block",)

    def __init__(self, rows: FilterExpression, block: NodeList) -> None:
        self.rows, self.block = rows, block

    def render(self, context: Context) -> SafeString:
        rows: Iterable[Mapping[str, Any]] = self.rows.resolve(context)
        return format_html_join("", "".join(self._format(node, context) for node in self.block), rows)

    def _format(self, node: Node, context: Context) -> str:
        """Only what is written in the template has placeholders: a brace in what it shows is just that."""
        if isinstance(node, TextNode):
            return PLACEHOLDER.sub(r"{\1}", with_doubled_braces(node.s))
        if isinstance(node, IfNode):
            return "".join(self._format(inner, context) for inner in chosen(node, context))
        return with_doubled_braces(str(node.render_annotated(context)))


def chosen(node: IfNode, context: Context) -> Iterable[Node]:
    """The part of an `{% if %}` that holds on the page, which is written in the template as well."""
    for condition, nodes in node.conditions_nodelists:
        if condition is None or condition.eval(context):  # type: ignore[arg-type]  # a Context, unlike the stub says
            return nodes
    return ()


def with_doubled_braces(text: str) -> str:
    """`text` as a format string that shows it."""
    return text.replace("{", "{{").replace("}", "}}")
