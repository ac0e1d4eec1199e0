"""`{% kept %}` renders once what looks the same on every page; it needs no `{% load %}`.

    {% kept theme=theme color=request.tenant.color %}
      <body data-theme="{{ theme }}" data-color="{{ color }}">{% translate "Help" %}
    {% endkept %}

Unlike Django's `{% cache %}`, the block sees only the values that it is given, so it cannot show
another person's. The HTML is kept in the process, by these values and the language. Don't format a
time inside: the time zone is not part of the key.
"""

from typing import Any

from django import template
from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MAX_TEXTS = 500  # then all are dropped
_texts: dict[tuple[Any, ...], SafeString] = {}


class KeptNode(Node):
    def __init__(self, nodelist: NodeList, given: dict[str, FilterExpression]) -> None:
        self.nodelist, self.names = nodelist, tuple(given)
        self.expressions = tuple(given.values())

    def render(self, context: Context) -> SafeString:
        values = tuple(each.resolve(context) for each in self.expressions)
        key = (self, get_language(), values, tuple(map(type, values)))
        text = _texts.get(key)
        if text is None:
            text = self.nodelist.render(context.new(dict(zip(self.names, values, strict=True))))
            if len(_texts) >= MAX_TEXTS:
                _texts.clear()
            _texts[key] = text
        return text


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    bits = token.split_contents()[1:]
    given = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"'kept' takes values by name, not {bits[0]}.")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, given)


def forget() -> None:
    """Drop all kept HTML: for tests that change settings or translations."""
    _texts.clear()
