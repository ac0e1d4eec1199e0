"""Columns of lists: links along the relations."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any

from django.contrib import admin
from django.db import models
from django.urls import reverse
from django.utils.html import format_html

NOTHING = "–"  # in a list and on a page alike

type Text = Any  # a string, or one that is translated when it is shown


def admin_url(model: type[models.Model] | models.Model, page: str, *args: Any) -> str:
    """Where the back office shows a page of `model`."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def link(target: models.Model | None) -> Any:
    """`target`, as a link to its own page; nothing for nobody."""
    return (
        format_html('<a href="{}">{}</a>', admin_url(target, "change", target.pk), target)
        if target
        else None
    )


def at(path: str) -> Callable[[Any], Any]:
    """What `path` leads to from a row."""
    return attrgetter(path.replace("__", "."))


def linked(path: str, description: Text) -> Callable[[Any], Any]:
    """A column with the object that `path` leads to, as a link; `target` is the object alone.

    The list must fetch it with its rows.
    """
    target = at(path)

    @admin.display(description=description, ordering=path)
    def column(row: Any) -> Any:
        return link(target(row))

    column.target = target  # type: ignore[attr-defined]
    return column
