"""Columns of lists: links to related rows."""

from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

NOTHING = "–"  # in a list and on a page alike
STAND_IN = 1_234_567_890  # in place of any row's primary key in a URL

type Text = Any  # a string or a lazy translation


def admin_url(model: type[models.Model] | models.Model, page: str, *args: Any) -> str:
    """The URL of a `page` of `model` in the back office, such as "change" or "changelist"."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@cache
def around_pk(model: type[models.Model], page: str) -> tuple[str, str]:
    """The parts of the URL of `page` before and after a row's primary key."""
    before, _number, after = admin_url(model, page, STAND_IN).partition(str(STAND_IN))
    return before, after


def link(target: models.Model | None, text: Any = "") -> Any:
    """A link to the page of `target`, labeled with `text` or `target` itself; None for None."""
    if target is None:
        return None
    before, after = around_pk(type(target), "change")
    shown: Any = text or target
    return SafeString(f'<a href="{before}{target.pk:d}{after}">{conditional_escape(shown)}</a>')


def known_as(row: models.Model) -> Any:
    """`row.known_as`, which tells rows of the same name apart, or else `row` itself."""
    return getattr(row, "known_as", row)


def opened(description: Text, *, shows: str = "") -> Callable[[Any], Any]:
    """A column that links to the row's own page, labeled with the row or the path `shows`."""

    @admin.display(description=description)
    def column(row: Any) -> Any:
        return link(row, at(shows)(row) if shows else row)

    return column


def at(path: str) -> Callable[[Any], Any]:
    """A getter for a lookup path, such as "partner__name"."""
    return attrgetter(path.replace("__", "."))


def linked(path: str, description: Text, *, shows: str = "") -> Callable[[Any], Any]:
    """A column that links to the related row at `path`, labeled by `known_as` or the path `shows`.

    The list must select both. `column.target` gets the related row itself.
    """
    target, text = at(path), at(shows) if shows else None

    @admin.display(description=description, ordering=path)
    def column(row: Any) -> Any:
        there = target(row)
        return link(there, text(row) if text else known_as(there)) if there else None

    column.__name__ = path  # the CSS class of the cell
    column.target = target  # type: ignore[attr-defined]
    return column
