"""The portal's template tags and filters. They are builtins: no template needs `{% load %}`."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide as draw

from benefits_portal.formats import as_day
from benefits_portal.regions import as_moment

from .rows import escaped

register = template.Library()
register.filter("moment", as_moment)  # a time says whose clock it is (W13)

LIST_SWAP = """data-hx-boost="true" data-hx-target="#list" data-hx-select="#list"
data-hx-select-oob="#outcome:innerHTML" data-hx-swap="outerHTML show:{}"
data-hx-push-url="true\""""


@register.filter(expects_localtime=True)
def day(value: date | None) -> str:
    """The same as `date:"DATE_FORMAT"`, but each day is formatted only once per language."""
    return as_day(value) if value else ""


@register.filter
def initials(name: str | None) -> str:
    """The first letters of the first and the last word of `name`; empty if it has none."""
    firsts = [word[0].upper() for word in (name or "").split() if word[0].isalpha()]
    return "".join(firsts[:1] + firsts[1:][-1:])


@register.filter
def beside_label(error: str, label: object) -> str:
    """`error` with the label of its field in front, unless it mentions the field itself.

    "Choose a person." needs no "Person:" before it. Words are compared by their first 5 letters.
    """
    message, words = str(error).casefold(), re.findall(r"\w{4,}|\w{3}$", str(label).casefold())
    return str(error) if any(word[:5] in message for word in words) else f"{label}: {error}"


@register.filter
def breakable(email: str) -> SafeString:
    """`email`, or a domain, with line breaks allowed after the @ and before dots of the domain.

    `<wbr>` leaves no trace in what somebody copies.
    """
    local_part, at, domain = str(email).rpartition("@")
    breaks = _domain_breaks(domain)
    return written("{}@<wbr>{}", local_part, breaks) if at else breaks


@lru_cache(maxsize=1_024)
def _domain_breaks(domain: str) -> SafeString:
    """The domain with its break opportunities; cached, as the people in a list share domains."""
    labels = ((label,) for label in domain.split("."))
    return format_html_join(mark_safe("<wbr>."), "{}", labels)


@register.filter
def isolated(text: object) -> SafeString:
    """User input in a `<bdi>`: right-to-left text must not reorder what is beside it (W1)."""
    return format_html("<bdi>{}</bdi>", text)


@register.simple_tag
@cache
def list_swap(show: str = "none") -> SafeString:
    """Attributes for the element around a list's links or form, but not around rows that expand.

    htmx then swaps the list alone and updates the URL. `show` is htmx's scroll target.
    """
    return format_html(LIST_SWAP, show)


HEADER_CELL = '<th scope="col" data-column="{}"{}{}>{}</th>'
SORT_LINK = '<a class="sort" id="{}-{}" href="{}">{}</a>'
FILTER_LINK = '<a{} id="{}" href="{}"{}>{} {}</a>'
COUNT = '<span class="count">{}</span>'


@register.simple_tag
def header_cells(
    headers: Iterable[Mapping[str, Any]], prefix: str = "", hidden: str = ""
) -> SafeString:
    """The header cells of a list with their sort links, except the column named `hidden`.

    `headers` are `Listing.column_headers`; `prefix` keeps the ids of several tables unique.
    """
    shown = (header for header in headers if header["name"] != hidden)
    return SafeString("".join(_header_cell(header, prefix or "sort") for header in shown))


def _header_cell(header: Mapping[str, Any], prefix: str) -> SafeString:
    name, label, sort, href = (header.get(part, "") for part in ("name", "label", "sort", "href"))
    if href:
        label = written(SORT_LINK, prefix, name, href, label)
    order = written(' aria-sort="{}"', sort) if sort else ""
    numeric = SafeString(" data-numeric") if header.get("numeric") else ""
    return written(HEADER_CELL, name, order, numeric, label)


@register.simple_tag
def filter_links(
    links: Iterable[Mapping[str, Any]], current: str, css_class: str = "", icon: str = ""
) -> SafeString:
    """The tabs or quick filters of a list; `current` is the `aria-current` of those that are set.

    Each label is followed by its row count, if known, or by the icon.
    """
    kind = written(' class="{}"', css_class) if css_class else ""
    is_set = written(' aria-current="{}"', current)
    return SafeString("".join(_filter_link(link, kind, is_set, icon) for link in links))


def _filter_link(
    link: Mapping[str, Any], kind: SafeString | str, is_set: SafeString, icon: str
) -> SafeString:
    current = is_set if link.get("is_set") else ""
    end = written(COUNT, link["count"]) if link.get("count") else icon
    return written(FILTER_LINK, kind, link["id"], link["href"], current, link["label"], end)


def written(text: str, *values: object) -> SafeString:
    """The same as `format_html` with positional values, in a third of the time."""
    return SafeString(text.format(*map(escaped, values)))


@register.simple_tag
def lucide(name: str, *, size: int = 24, **attributes: str) -> str:
    """The icon from lucide's own tag, cached: each page has a dozen, and building the SVG is slow.

    The cache is small, since the templates spell out all names and attributes.
    """
    return _drawn(name, size, tuple(attributes.items()))


@cache
def _drawn(name: str, size: int, attributes: tuple[tuple[str, str], ...]) -> str:
    return draw(name, size=size, **dict(attributes))
