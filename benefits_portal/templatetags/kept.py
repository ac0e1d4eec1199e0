"""What looks the same on page after page, rendered once; every template has the tag.

    {% kept theme=theme color=request.tenant.color %}
      <body data-theme="{{ theme }}" data-color="{{ color }}">{% translate "Help" %}
    {% endkept %}

The block sees nothing but the values that it is given, so what it shows can't be another person's.
The text is kept for these values and the language. No time belongs there: its zone is not among
them.
"""

from typing import Any

from django import template
from django.template import Context, TemplateSyntaxError
from django.template.base import FilterExpression, Node, NodeList, Parser, Token, token_kwargs
from django.utils.safestring import SafeString
from django.utils.translation import get_language

register = template.Library()

MOST = 500  # texts; then all are forgotten
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
            if len(_texts) >= MOST:
                _texts.clear()
            _texts[key] = text
        return text


@register.tag
def kept(parser: Parser, token: Token) -> KeptNode:
    bits = token.split_contents()[1:]
    given = token_kwargs(bits, parser)
    if bits:
        raise TemplateSyntaxError(f"'kept' is given values by name, not {bits[0]}.")
    nodelist = parser.parse(("endkept",))
    parser.delete_first_token()
    return KeptNode(nodelist, given)


def forget() -> None:
    """Render everything anew: for tests, in which other settings hold, or other words."""
    _texts.clear()
