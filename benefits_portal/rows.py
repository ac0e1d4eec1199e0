"""A template tag for the rows of long tables: what is the same in every row is rendered once, and the rest filled in.

A row by nodes of a template costs ten times as much, and half of a page of fifty rows is such rows.
"""

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.template import Context
from django.template.base import FilterExpression, Node, NodeList, Parser, TextNode, Token
from django.template.defaulttags import IfNode
from django.utils.safestring import SafeString

register = template.Library()
PLACE = re.compile(r"\{(\w+)\}")


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
        form = "".join(self._form(node, context) for node in self.block)
        return SafeString("".join(form % {name: escaped(value) for name, value in row.items()} for row in rows))

    def _form(self, node: Node, context: Context) -> str:
        """Only what is written in the template has places to fill in: a brace or a % in what it shows is just that."""
        if isinstance(node, TextNode):
            return PLACE.sub(r"%(\1)s", node.s.replace("%", "%%"))
        if isinstance(node, IfNode):
            return "".join(self._form(inner, context) for inner in chosen(node, context))
        return str(node.render_annotated(context)).replace("%", "%%")


def chosen(node: IfNode, context: Context) -> Iterable[Node]:
    """The part of an `{% if %}` that holds on the page, which is written in the template as well."""
    for condition, nodes in node.conditions_nodelists:
        if condition is None or condition.eval(context):  # type: ignore[arg-type]  # a Context, unlike the stub says
            return nodes
    return ()


def escaped(value: Any) -> str:
    """As Django's `conditional_escape`, without what that costs for texts that are not lazy."""
    return value.__html__() if hasattr(value, "__html__") else html.escape(str(value))
