"""Template filters for subscriptions and licenses."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django import template

register = template.Library()

TONES = 4  # that are told apart in a bar


@register.filter
def with_tones(segments: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """The segments of a bar for `{% rows %}`; those without a tone get alternating ones."""
    for number, segment in enumerate(segments):
        yield {"tone": number % TONES + 1, **segment}
