"""The rows of a change list: Django's HTML, plus a label for each cell.

Django looks up the column for each cell, and the URL for each row. Here columns are looked up once
per list, and the text of each value is rendered once.
"""

import re
from collections.abc import Callable, Iterable
from datetime import date, time
from operator import attrgetter
from typing import Any

from django.contrib.admin.templatetags.admin_urls import add_preserved_filters
from django.contrib.admin.utils import display_for_field, display_for_value, lookup_field
from django.db import models
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from .columns import NOTHING, STAND_IN, around_pk

EMPTY = re.compile(rf"(?:{NOTHING}|&nbsp;|\s)*")
NEVER_WRAPPED = (models.DateField, models.TimeField, models.ForeignKey)


def table_rows(cl: Any, headers: Iterable[dict[str, Any]]) -> SafeString:
    """The `<tr>` elements of a change list."""
    rows = list(cl.result_list)
    if not rows:
        return SafeString("")
    columns = [
        column(cl, name, str(header["text"]), rows[0])
        for name, header in zip(cl.list_display, headers, strict=True)
    ]
    written = ("".join([cell(row) for cell in columns]) for row in rows)
    return SafeString("\n".join(f"<tr>{row}</tr>" for row in written))


def column(cl: Any, name: Any, label: str, row: Any) -> Callable[[Any], str]:
    """A function that writes the column's cell of a row; any `row` serves to look it up."""
    if name == "action_checkbox":
        return checkbox_cells(cl.model_admin.action_checkbox)
    field, attribute, _value = lookup_field(name, row, cl.model_admin)
    value = value_of(name, field, attribute, cl.model_admin)
    called = name.__name__ if callable(name) else name
    label = f' data-label="{escape(capfirst(label))}"'
    classes = f"field-{called} nowrap" if isinstance(field, NEVER_WRAPPED) else f"field-{called}"
    text = text_of(field, is_boolean=getattr(attribute, "boolean", False))
    if name in cl.list_display_links:
        return linked_cells(cl, value, text, f'{label} class="{classes}"')
    return cells(value, text, label, classes)


def checkbox_cells(checkbox: Callable[[Any], str]) -> Callable[[Any], str]:
    """The checkbox cell, rendered once: only the row's name and primary key differ."""
    cell = f'<td class="action-checkbox">{checkbox(AnyRow())}</td>'
    return lambda row: cell.replace(str(AnyRow.pk), str(row.pk)).replace(
        AnyRow.NAME, escape(str(row))
    )


class AnyRow:
    """Stands in for a row when a checkbox is rendered."""

    pk = STAND_IN
    NAME = "the name of any row"

    def __str__(self) -> str:
        return self.NAME


def value_of(name: Any, field: Any, attribute: Any, model_admin: Any) -> Callable[[Any], Any]:
    """A getter for the column's value of a row."""
    if field is not None:
        return attrgetter(name)
    if callable(name) or hasattr(model_admin, name):
        return attribute  # type: ignore[no-any-return]
    return lambda row: lookup_field(name, row, model_admin)[2]


def text_of(field: Any, *, is_boolean: bool) -> Callable[[Any], str]:
    """A function that renders a value as Django does, escaped."""
    if field is None or field.auto_created:
        return lambda value: conditional_escape(display_for_value(value, NOTHING, is_boolean))
    if isinstance(field.remote_field, models.ManyToOneRel):
        return lambda value: NOTHING if value is None else conditional_escape(value)
    return lambda value: conditional_escape(display_for_field(value, field, NOTHING))


def cells(
    value: Callable[[Any], Any], text: Callable[[Any], str], label: str, classes: str
) -> Callable[[Any], str]:
    def write(shown: Any) -> str:
        wrapping = " nowrap" if isinstance(shown, (date, time)) and "nowrap" not in classes else ""
        content = text(shown)
        empty = ' data-empty="yes"' if EMPTY.fullmatch(content) else ""
        return f'<td{label}{empty} class="{classes}{wrapping}">{content}</td>'

    written = Once(write)
    return lambda row: written.of(value(row))


def linked_cells(
    cl: Any, value: Callable[[Any], Any], text: Callable[[Any], str], attributes: str
) -> Callable[[Any], str]:
    """The cells that link to each row's page, with the list's filters, to return to it."""
    before, after = around_pk(cl.model, "change")
    url = f"{before}1{after}"
    back = add_preserved_filters({"preserved_filters": cl.preserved_filters, "opts": cl.opts}, url)
    after += escape(back.removeprefix(url))
    texts = Once(text)

    def cell(row: Any) -> str:
        opener = ""
        if cl.is_popup:
            opener = f' data-popup-opener="{row.serializable_value(cl.to_field or "pk"):d}"'
        link = f'<a href="{before}{row.pk:d}{after}"{opener}>{texts.of(value(row))}</a>'
        return f"<th{attributes}>{link}</th>"

    return cell


class Once(dict[Any, str]):
    """A cache of rendered values, for one column of one list."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        super().__init__()
        self.write = write

    def __missing__(self, value: Any) -> str:
        self[value] = written = self.write(value)
        return written

    def of(self, value: Any) -> str:
        """Render HTML each time: as a key, it equals plain text that looks the same."""
        return self.write(value) if isinstance(value, SafeString) else self[value]
