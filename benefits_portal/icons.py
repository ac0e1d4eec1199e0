"""lucide's own template tag, with each icon drawn once: it builds the SVG anew for each use, and every page has a dozen."""

from functools import cache

from django import template
from lucide.templatetags.lucide import lucide as draw

register = template.Library()


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: str) -> str:
    """As lucide draws it. The names and attributes are those that the templates spell out, so there are few."""
    return _drawn(name, size, tuple(attributes.items()))


@cache
def _drawn(name: str, size: int, attributes: tuple[tuple[str, str], ...]) -> str:
    return draw(name, size=size, **dict(attributes))
