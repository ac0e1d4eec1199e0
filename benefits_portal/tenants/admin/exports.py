"""Streamed CSV downloads of the back office's lists, as filtered."""

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from html import unescape
from operator import attrgetter
from typing import Any, cast

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.columns import admin_url, at
from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.tenants.downloads import log_download, masked
from benefits_portal.tenants.models import Actor, How, User

BATCH = 500
PLAIN = re.compile(r"[0-9][0-9TZ:.+ -]{0,40}|True|False")
SLUG = re.compile(r"[a-z0-9.:_-]{1,40}")
CHECKBOX = "action_checkbox"


def rows(listing: Any) -> Iterator[list[Any]]:
    """The header row, then all rows, fetched in batches by primary key.

    `export_columns` replaces the list's columns, for files that can be imported again.
    """
    model_admin = listing.model_admin
    names = getattr(model_admin, "export_columns", None)
    if names:
        yield list(names)
        cells = list(names.values())
    else:
        shown = [name for name in listing.list_display if name != CHECKBOX]
        yield [label_for_field(name, listing.model, model_admin) for name in shown]
        cells = [column(name, model_admin) for name in shown]
    last, everything = 0, listing.queryset.order_by("pk")
    while batch := list(everything.filter(pk__gt=last)[:BATCH]):
        yield from ([as_text(cell(row)) for cell in cells] for row in batch)
        last = batch[-1].pk


class ExportMixin:
    """A model admin whose filtered list can be downloaded."""

    opts: Any
    admin_site: Any

    def get_urls(self) -> list[Any]:
        export = self.admin_site.admin_view(require_safe(self.export))
        return [
            path("export/", export, name=f"{self.opts.app_label}_{self.opts.model_name}_export"),
            *super().get_urls(),  # type: ignore[misc]
        ]

    def export(self, request: HttpRequest) -> HttpResponseBase:
        """Download the list as CSV; no list contains product keys (K3)."""
        listed: Any = self
        if not listed.has_view_or_change_permission(request):
            raise PermissionDenied
        try:
            listing = listed.get_changelist_instance(request)
        except IncorrectLookupParameters:
            return redirect(admin_url(listed.model, "changelist"))
        by = Actor(cast("User", request.user), How.BACK_OFFICE)
        log_download(
            request,
            self.opts.label_lower,
            listing.queryset,
            filters_on_record(request, listed.model),
            by=by,
        )
        return spreadsheet(str(self.opts.model_name), rows(listing))


def filters_on_record(request: HttpRequest, model: type[models.Model]) -> dict[str, str]:
    """The URL's filters for the record; typed text, which may be a name, is masked."""
    return {
        name: value if is_plain(name, value, model) else masked(value)
        for name, value in request.GET.dict().items()
    }


def is_plain(name: str, value: str, model: type[models.Model]) -> bool:
    """Whether `value` is a number, a day, or one of the filter's choices."""
    if PLAIN.fullmatch(value):
        return True
    try:
        field = model._meta.get_field(name.partition("__")[0])
    except FieldDoesNotExist:  # a filter of ours, whose cases are slugs
        return name != "q" and bool(SLUG.fullmatch(value))
    return value in dict(getattr(field, "flatchoices", ()))


def column(name: Any, model_admin: Any) -> Callable[[models.Model], object]:
    """A getter for a column's value, looked up once.

    For a column of links, the linked object.
    """
    if hasattr(name, "target"):
        return name.target  # type: ignore[no-any-return]
    try:
        field = model_admin.model._meta.get_field(name)
    except FieldDoesNotExist:
        return lambda row: lookup_field(name, row, model_admin)[2]
    value_of, labels = (
        attrgetter(name),
        {value: str(label) for value, label in getattr(field, "flatchoices", None) or ()},
    )
    return (lambda row: labels.get(value_of(row), value_of(row))) if labels else value_of


def columns_of(**paths: str) -> dict[str, Any]:
    """Getters for `export_columns`: names with lookup paths."""
    return {name: at(path) for name, path in paths.items()}


def as_text(value: object) -> str:
    """`value` as text for a spreadsheet.

    ISO days, links without URLs, empty for None.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    return unescape(strip_tags(str(value))) if hasattr(value, "__html__") else str(value)
