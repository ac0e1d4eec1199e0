"""Where a long text may break: an e-mail address after its @, not before its last letter."""

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


@register.filter
def breakable(address: str) -> SafeString:
    """`address` with an invitation to the browser; whoever copies it does not notice."""
    return format_html_join(mark_safe("@<wbr>"), "{}", ((part,) for part in str(address).split("@")))


@register.filter
def isolated(text: object) -> SafeString:
    """What somebody typed, so that letters which run from right to left turn nothing round beside it (W1)."""
    return format_html("<bdi>{}</bdi>", text)
