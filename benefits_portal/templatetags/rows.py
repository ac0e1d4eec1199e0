"""`{% rows %}` renders a long table ten times as fast as `{% for %}`; it needs no `{% load %}`.

    {% rows page.rows %}
      <tr id="r{pk}"><th>{name}</th><td>{% translate "Since" %} {day}</td></tr>
    {% endrows %}

Each row is a mapping of names to values. The block is written once per row, with `{name}` replaced
by the row's value, escaped like a variable. Tags and variables inside the block, `{% if %}` too,
belong to the page and are rendered once, not per row. A block without variables is rendered once
per process and language. `{% rows page.rows label=label %}` adds a value of the page to every row.

- `{% when name %} … {% otherwise %} … {% endwhen %}`: a part that depends on the row's value.
- `{% each step in steps %} … {% endeach %}`: a part for each item in the row's list. `{step}` is
  the item; if the items are mappings, `{step.name}` is a value of one.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from itertools import groupby
from typing import Any, NamedTuple

from django import template
from django.template import Context
from django.template.base import (
    FilterExpression,
    Node,
    NodeList,
    Parser,
    TextNode,
    Token,
    token_kwargs,
)
from django.template.defaulttags import IfNode
from django.template.library import SimpleNode
from django.templatetags.i18n import TranslateNode
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()

PLACEHOLDER = re.compile(r"\{(\w+(?:\.\w+)?)\}")

type Row = Mapping[str, Any]


class Text(NamedTuple):
    """Text with `%s` in place of each of `names`: four times as fast as `str.format_map`."""

    pattern: str
    names: tuple[str, ...]

    @classmethod
    def joined(cls, texts: Sequence["Text"]) -> "Text":
        pattern = "".join(text.pattern for text in texts)
        return cls(pattern, tuple(name for text in texts for name in text.names))


class When(NamedTuple):
    """One of two parts, depending on whether the row's value of that name is true."""

    name: str
    parts: "list[Part]"
    otherwise: "list[Part]"


class Each(NamedTuple):
    """A part that is written for each item in the row's list of that name."""

    item: str
    name: str
    parts: "list[Part]"


type Part = Text | When | Each  # of a block whose tags and variables are rendered


@register.tag("rows")
def do_rows(parser: Parser, token: Token) -> "RowsNode":
    """Write the block for each row. Raises KeyError for a name that a row lacks."""
    _tag, rows, *words = token.split_contents()
    block = parser.parse(("endrows",))
    parser.delete_first_token()
    return RowsNode(parser.compile_filter(rows), block, token_kwargs(words, parser))


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

    def __init__(
        self, rows: FilterExpression, block: NodeList, of_page: Mapping[str, FilterExpression]
    ) -> None:
        self.rows, self.block, self.of_page = rows, block, of_page
        self.is_same = all(map(is_same, block))
        self._parts: dict[tuple[str | None, bool], list[Part]] = {}

    def render(self, context: Context) -> SafeString:
        rows: Iterable[Row] = self.rows.resolve(context)
        of_page = {name: value.resolve(context) for name, value in self.of_page.items()}
        parts, plain = self.parts(context), Plain()
        written: list[str] = []
        for row in rows:
            write(parts, {**row, **of_page}, plain, written)
        return mark_safe("".join(written))  # noqa: S308 - escaped

    def parts(self, context: Context) -> list[Part]:
        """The rendered parts of the block, kept per language if they are the same on every page."""
        if not self.is_same:
            return parts_of(self.block, context)
        key = get_language(), context.autoescape
        if key not in self._parts:
            self._parts[key] = parts_of(self.block, context)
        return self._parts[key]


class InRowNode(Node):
    """A tag that only works inside `{% rows %}`."""

    def render(self, context: Context) -> SafeString:
        raise template.TemplateSyntaxError(
            "This tag depends on a row: it goes between rows and endrows."
        )


class WhenNode(InRowNode):
    child_nodelists = ("block", "otherwise")

    def __init__(self, name: str, block: NodeList, otherwise: NodeList) -> None:
        self.name, self.block, self.otherwise = name, block, otherwise


class EachNode(InRowNode):
    child_nodelists = ("block",)

    def __init__(self, item: str, name: str, block: NodeList) -> None:
        self.item, self.name, self.block = item, name, block


def is_same(node: Node) -> bool:
    """Whether a node renders the same on every page in one language: it uses no variable."""
    match node:
        case TextNode():
            return True
        case WhenNode() | EachNode():
            return all(
                is_same(each) for name in node.child_nodelists for each in getattr(node, name)
            )
        case TranslateNode():
            return node.asvar is None and is_literal(node.filter_expression)
        case SimpleNode():
            arguments = [*node.args, *node.kwargs.values()]
            is_plain = not node.takes_context and node.target_var is None
            return is_plain and all(map(is_literal, arguments))
    return False


def is_literal(expression: FilterExpression) -> bool:
    var = expression.var
    return not expression.filters and getattr(var, "lookups", None) is None


def parts_of(nodes: Iterable[Node], context: Context) -> list[Part]:
    """Render what belongs to the page, and join adjacent texts."""
    parts: list[Part] = []
    for is_text, group in groupby(_rendered(nodes, context), lambda part: isinstance(part, Text)):
        found: list[Any] = list(group)
        parts += [Text.joined(found)] if is_text else found
    return parts


def _rendered(nodes: Iterable[Node], context: Context) -> Iterator[Part]:
    """The parts, not joined yet.

    Only braces in the template's own text are placeholders, not braces in what a tag renders.
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
                yield Text(with_doubled_percent(str(node.render_annotated(context))), ())


@lru_cache(maxsize=1_024)
def placed(text: str) -> Text:
    """The template's own text, with its placeholders."""
    pieces = PLACEHOLDER.split(text)
    return Text("%s".join(map(with_doubled_percent, pieces[::2])), tuple(pieces[1::2]))


def chosen(node: IfNode, context: Context) -> Iterable[Node]:
    """The nodes of the branch of an `{% if %}` that is true on this page."""
    for condition, nodes in node.conditions_nodelists:
        # eval takes a Context; the stub is wrong
        if condition is None or condition.eval(context):  # type: ignore[arg-type]
            return nodes
    return ()


class Plain(dict[str, str]):
    """Escaped plain texts, each escaped once: rows repeat the same texts.

    Never look up a SafeString here: it equals the plain text, but must not be escaped.
    """

    def __missing__(self, text: str) -> str:
        self[text] = found = escape(text)
        return found


def write(parts: list[Part], row: Row, plain: Plain, written: list[str]) -> None:
    """Append the parts with the values of a row to `written`."""
    _write(parts, row, _texts(row, plain), plain, written)


def _write(
    parts: list[Part], row: Row, texts: dict[str, str], plain: Plain, written: list[str]
) -> None:
    for part in parts:
        match part:
            case Text(pattern, names):
                written.append(pattern % tuple(map(texts.__getitem__, names)))
            case When(name, block, otherwise):
                _write(block if row[name] else otherwise, row, texts, plain, written)
            case Each(item, name, block):
                for value in row[name]:
                    its = _named(item, value)
                    _write(block, {**row, **its}, texts | _texts(its, plain), plain, written)


def _named(item: str, value: object) -> Row:
    """The placeholders for an item: itself, or `item.name` for each value if it is a dict."""
    if not isinstance(value, dict):
        return {item: value}
    return {f"{item}.{name}": its for name, its in value.items()}


def _texts(row: Row, plain: Plain) -> dict[str, str]:
    return {
        name: plain[value] if type(value) is str else escaped(value)
        for name, value in row.items()
        if type(value) is not list
    }


def escaped(value: object) -> str:
    """The same as `conditional_escape`, which takes five times as long for plain text."""
    if type(value) is int or type(value) is SafeString:
        return str(value)
    if isinstance(value, Promise):
        value = str(value)
    return value.__html__() if hasattr(value, "__html__") else escape(str(value))


def with_doubled_percent(text: str) -> str:
    """`text` as a %-pattern that formats to itself."""
    return text.replace("%", "%%")
