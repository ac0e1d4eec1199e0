"""The rows of a long table, written by one form; every template has these tags without loading.

    {% rows page.rows %}
      <tr id="r{pk}"><th>{name}</th><td>{% translate "Since" %} {day}</td></tr>
    {% endrows %}

The block for each of the rows, mappings of names to values, with `{name}` replaced by its value,
escaped as a variable is. Tags and variables in the block are of the page, not of a row: they are
rendered once, and an `{% if %}` too. Rows by nodes of a template cost ten times as much.

What only some rows have is between `{% when name %}`, `{% otherwise %}` and `{% endwhen %}`; what a
row has a list of, between `{% each step in steps %}` and `{% endeach %}`, where `{step}` is one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from html import escape
from itertools import groupby
from string import Formatter
from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.template.base import FilterExpression, Node, NodeList, Parser, TextNode, Token
from django.template.defaulttags import IfNode
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# With its braces doubled, as everything in a format string
PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")

type Row = Mapping[str, Any]


class Text(NamedTuple):
    """What is written, with `%s` in the places of `names`: four times as quick as `format_map`."""

    pattern: str
    names: list[str]

    @classmethod
    def of(cls, text: str) -> "Text":
        """A format string whose fields are names."""
        pattern, names = "", []
        for literal, name, _spec, _conversion in Formatter().parse(text):
            pattern += literal.replace("%", "%%")
            if name is not None:
                pattern += "%s"
                names.append(name)
        return cls(pattern, names)

    def filled(self, texts: Mapping[str, str]) -> str:
        return self.pattern % tuple(map(texts.__getitem__, self.names))


class When(NamedTuple):
    """One of two parts: by whether the row's value of that name is true."""

    name: str
    parts: "list[Part]"
    otherwise: "list[Part]"


class Each(NamedTuple):
    """A part that is written for each item of the row's list of that name."""

    item: str
    name: str
    parts: "list[Part]"


type Part = Text | When | Each  # what is written once the page is known


@register.tag("rows")
def do_rows(parser: Parser, token: Token) -> "RowsNode":
    """Write the block for each row, as above. KeyError for a name that a row has not."""
    _tag, rows = token.split_contents()
    block = parser.parse(("endrows",))
    parser.delete_first_token()
    return RowsNode(parser.compile_filter(rows), block)


@register.tag("when")
def do_when(parser: Parser, token: Token) -> "WhenNode":
    _tag, name = token.split_contents()
    block, otherwise = parser.parse(("otherwise", "endwhen")), NodeList()
    if parser.next_token().contents == "otherwise":
        otherwise = parser.parse(("endwhen",))
        parser.delete_first_token()
    return WhenNode(name, block, otherwise)


@register.tag("each")
def do_each(parser: Parser, token: Token) -> "EachNode":
    _tag, item, _in, name = token.split_contents()
    block = parser.parse(("endeach",))
    parser.delete_first_token()
    return EachNode(item, name, block)


class RowsNode(Node):
    child_nodelists = ("block",)

    def __init__(self, rows: FilterExpression, block: NodeList) -> None:
        self.rows, self.block = rows, block

    def render(self, context: Context) -> SafeString:
        rows: Iterable[Row] = self.rows.resolve(context)
        parts, plain = parts_of(self.block, context), Plain()
        return mark_safe("".join(text for row in rows for text in filled(parts, row, plain)))  # noqa: S308 - escaped


class InRowNode(Node):
    """What only `{% rows %}` can write."""

    def render(self, context: Context) -> SafeString:
        raise template.TemplateSyntaxError("Only a row has this: it goes between rows and endrows.")


class WhenNode(InRowNode):
    child_nodelists = ("block", "otherwise")

    def __init__(self, name: str, block: NodeList, otherwise: NodeList) -> None:
        self.name, self.block, self.otherwise = name, block, otherwise


class EachNode(InRowNode):
    child_nodelists = ("block",)

    def __init__(self, item: str, name: str, block: NodeList) -> None:
        self.item, self.name, self.block = item, name, block


def parts_of(nodes: Iterable[Node], context: Context) -> list[Part]:
    """What is of the page is rendered; neighboring texts become one."""
    parts: list[Part] = []
    for is_text, group in groupby(_rendered(nodes, context), lambda part: isinstance(part, str)):
        found: list[Any] = list(group)
        parts += [Text.of("".join(found))] if is_text else found
    return parts


def _rendered(nodes: Iterable[Node], context: Context) -> Iterator[str | When | Each]:
    """The parts one by one, a text as a format string.

    Its places are those written in the template: a brace in what it shows is just that.
    """
    for node in nodes:
        match node:
            case TextNode():
                yield placed(node.s)
            case IfNode():
                yield from _rendered(chosen(node, context), context)
            case WhenNode():
                both = (parts_of(block, context) for block in (node.block, node.otherwise))
                yield When(node.name, *both)
            case EachNode():
                yield Each(node.item, node.name, parts_of(node.block, context))
            case _:
                yield with_doubled_braces(str(node.render_annotated(context)))


@lru_cache(maxsize=1_024)
def placed(text: str) -> str:
    """What a template writes in a row, as a format string."""
    return PLACEHOLDER.sub(r"{\1}", with_doubled_braces(text))


def chosen(node: IfNode, context: Context) -> Iterable[Node]:
    """The part of an `{% if %}` that holds on the page, which the template has written as well."""
    for condition, nodes in node.conditions_nodelists:
        # A Context, unlike the stub says
        if condition is None or condition.eval(context):  # type: ignore[arg-type]
            return nodes
    return ()


class Plain(dict[str, str]):
    """Plain texts as they are escaped, each once: rows say the same again and again.

    A text that is safe equals the same one that is not, so it must not be looked up here.
    """

    def __missing__(self, text: str) -> str:
        self[text] = found = escape(text)
        return found


def filled(parts: list[Part], row: Row, plain: Plain) -> Iterator[str]:
    """The parts with the values of a row."""
    texts = {
        name: plain[value] if type(value) is str else escaped(value)
        for name, value in row.items()
        if not isinstance(value, list)
    }
    return _filled(parts, row, texts)


def _filled(parts: list[Part], row: Row, texts: dict[str, str]) -> Iterator[str]:
    for part in parts:
        match part:
            case Text():
                yield part.filled(texts)
            case When(name, block, otherwise):
                yield from _filled(block if row[name] else otherwise, row, texts)
            case Each(item, name, block):
                for value in row[name]:
                    yield from _filled(block, row, texts | {item: escaped(value)})


def escaped(value: object) -> str:
    """The same as `conditional_escape`, which takes five times as long for a plain text."""
    if isinstance(value, Promise):
        value = str(value)
    return value.__html__() if hasattr(value, "__html__") else escape(str(value))


def with_doubled_braces(text: str) -> str:
    """`text` as a format string that shows it."""
    return text.replace("{", "{{").replace("}", "}}")
