"""Columns of lists: links along the relations."""

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
STAND_IN = 1_234_567_890  # in an address, for the number of any row

type Text = Any  # a string, or one that is translated when it is shown


def admin_url(model: type[models.Model] | models.Model, page: str, *args: Any) -> str:
    """Where the back office shows a page of `model`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@cache
def around_number(model: type[models.Model], page: str) -> tuple[str, str]:
    """What stands before and after the number of a row in the address of its `page`."""
    before, _number, after = admin_url(model, page, STAND_IN).partition(str(STAND_IN))
    return before, after


def link(target: models.Model | None, text: Any = "") -> Any:
    """`target`, or `text` in its place, as a link to its own page; nothing for nobody."""
    if target is None:
        return None
    before, after = around_number(type(target), "change")
    shown: Any = text or target
    return SafeString(f'<a href="{before}{target.pk:d}{after}">{conditional_escape(shown)}</a>')


def known_as(row: models.Model) -> Any:
    """What `row` is called among others: by more than a name where several may have the same."""
    return getattr(row, "known_as", row)


def opened(description: Text, *, shows: str = "") -> Callable[[Any], Any]:
    """A column that leads to the row's own page; its text is the row, or what `shows` leads to."""

    @admin.display(description=description)
    def column(row: Any) -> Any:
        return link(row, at(shows)(row) if shows else row)

    return column


def at(path: str) -> Callable[[Any], Any]:
    """What `path` leads to from a row."""
    return attrgetter(path.replace("__", "."))


def linked(path: str, description: Text, *, shows: str = "") -> Callable[[Any], Any]:
    """A column with the object that `path` leads to, as a link; `target` is the object alone.

    `shows` leads to what the link is called, where the list says the rest in other columns. The
    list must fetch both with its rows.
    """
    target, text = at(path), at(shows) if shows else None

    @admin.display(description=description, ordering=path)
    def column(row: Any) -> Any:
        there = target(row)
        return link(there, text(row) if text else known_as(there)) if there else None

    column.__name__ = path  # which is the cell's class
    column.target = target  # type: ignore[attr-defined]
    return column
