"""Tags and filters of the back office's templates."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers
from django.contrib.admin.utils import get_fields_from_path
from django.db.models import Model, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.backoffice.result_rows import table_rows
from benefits_portal.dates import days_in_months
from benefits_portal.prepared import PreparedQuery

register = template.Library()
PARTS = ("year", "month", "day")


@register.simple_tag
def today() -> date:
    """The day that lists and filters are about unless another one is chosen."""
    return clock.today()


@register.inclusion_tag("admin/change_list_results.html")
def result_table(cl: Any) -> dict[str, Any]:
    """Django's `result_list`, with the rows of `table_rows`."""
    headers = list(result_headers(cl))
    return {
        "result_headers": headers,
        "num_sorted_fields": sum(header.get("sorted", False) for header in headers),
        "rows": table_rows(cl, headers),
    }


@register.inclusion_tag("admin/date_hierarchy.html")
def periods(cl: Any) -> dict[str, Any]:
    """The date hierarchy: years, months or days to filter the list by.

    Shows all periods between the first and the last day, which an index finds. Django reads every
    row, to leave out empty periods.
    """
    name: str = cl.date_hierarchy
    chosen = [int(cl.params[f"{name}__{part}"]) for part in PARTS if f"{name}__{part}" in cl.params]
    first, last = (
        as_date(edge.first(model=cl.model, name=name, order=order)) for order in (name, f"-{name}")
    )
    if first is None or last is None:
        return {"show": False}
    return {
        "show": True,
        "field_name": getattr(cl.model_admin, "date_hierarchy_label", None)
        or get_fields_from_path(cl.model, name)[-1].verbose_name,
        "back": period_above(cl, chosen) if chosen else None,
        "choices": [
            {"title": titled(parts), "link": link_to(cl, parts)}
            for parts in within(chosen, first, last)
        ]
        if len(chosen) < len(PARTS)
        else [{"title": titled(chosen)}],
    }


@PreparedQuery
def edge(*, model: type[Model], name: str, order: str) -> QuerySet[Any, Any]:
    return model._default_manager.order_by(order).values_list(name, flat=True)[:1]


def period_above(cl: Any, chosen: list[int]) -> dict[str, str]:
    """The link to the period that contains the chosen one, or to all dates."""
    above = chosen[:-1]
    return {"title": titled(above) if above else _("All dates"), "link": link_to(cl, above)}


def link_to(cl: Any, parts: list[int]) -> str:
    """The URL of the list, filtered by the period of `parts`; unfiltered if it is empty."""
    name = cl.date_hierarchy
    period = {f"{name}__{part}": value for part, value in zip(PARTS, parts, strict=False)}
    return str(cl.get_query_string(period, [f"{name}__"]))


def as_date(value: date | datetime | None) -> date | None:
    return timezone.localtime(value).date() if isinstance(value, datetime) else value


def within(chosen: list[int], first: date, last: date) -> Iterator[list[int]]:
    """The years, a year's months or a month's days from `first` to `last`."""
    numbers = range(first.year, last.year + 1)
    if chosen:
        numbers = (
            range(1, 13)
            if len(chosen) == 1
            else range(1, days_in_months(date(chosen[0], chosen[1], 1), 1) + 1)
        )
    depth = len(chosen) + 1
    bounds = [[day.year, day.month, day.day][:depth] for day in (first, last)]
    return ([*chosen, number] for number in numbers if bounds[0] <= [*chosen, number] <= bounds[1])


def titled(parts: list[int]) -> str:
    """A period in the current language: 2026, November 2026 or November 1."""
    if len(parts) == 1:
        return str(parts[0])
    day = date(*[*parts, 1][:3])
    return capfirst(
        date_format(day, "YEAR_MONTH_FORMAT" if len(parts) == 2 else "MONTH_DAY_FORMAT")
    )
