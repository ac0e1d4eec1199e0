"""The rows of a long table, written by one form; every template has these tags without loading.

    {% rows page.rows %}
      <tr id="r{pk}"><th>{name}</th><td>{% translate "Since" %} {day}</td></tr>
    {% endrows %}

The block for each of the rows, mappings of names to values, with `{name}` replaced by its value,
escaped as a variable is. Tags and variables in the block are of the page, not of a row: they are
rendered once, and an `{% if %}` too. Rows by nodes of a template cost ten times as much. A block
that names no variable is kept; `{% rows page.rows label=label %}` gives every row a value of the
page.

What only some rows have is between `{% when name %}`, `{% otherwise %}` and `{% endwhen %}`; what a
row has a list of, between `{% each step in steps %}` and `{% endeach %}`, where `{step}` is one; of
a list of rows, `{step.name}` is a value of one.
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
    """What is written, with `%s` in the places of `names`: four times as quick as `format_map`."""

    pattern: str
    names: tuple[str, ...]

    @classmethod
    def joined(cls, texts: Sequence["Text"]) -> "Text":
        pattern = "".join(text.pattern for text in texts)
        return cls(pattern, tuple(name for text in texts for name in text.names))


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
        """Of a block that is the same on each page they are kept, for each language."""
        if not self.is_same:
            return parts_of(self.block, context)
        key = get_language(), context.autoescape
        if key not in self._parts:
            self._parts[key] = parts_of(self.block, context)
        return self._parts[key]


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


def is_same(node: Node) -> bool:
    """Whether a block's node is the same on every page of a language: it names no variable."""
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
    """What is of the page is rendered; neighboring texts become one."""
    parts: list[Part] = []
    for is_text, group in groupby(_rendered(nodes, context), lambda part: isinstance(part, Text)):
        found: list[Any] = list(group)
        parts += [Text.joined(found)] if is_text else found
    return parts


def _rendered(nodes: Iterable[Node], context: Context) -> Iterator[Part]:
    """The parts one by one.

    The places of a text are those written in the template: a brace in what it shows is just that.
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
    """What a template writes in a row."""
    pieces = PLACEHOLDER.split(text)
    return Text("%s".join(map(with_doubled_percent, pieces[::2])), tuple(pieces[1::2]))


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


def write(parts: list[Part], row: Row, plain: Plain, written: list[str]) -> None:
    """The parts with the values of a row, behind what is `written` already."""
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
    """An item of a row's list: itself, or where it is a row too, its values by `item.name`."""
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
    """The same as `conditional_escape`, which takes five times as long for a plain text."""
    if type(value) is int or type(value) is SafeString:
        return str(value)
    if isinstance(value, Promise):
        value = str(value)
    return value.__html__() if hasattr(value, "__html__") else escape(str(value))


def with_doubled_percent(text: str) -> str:
    """`text` as a pattern that shows it."""
    return text.replace("%", "%%")
