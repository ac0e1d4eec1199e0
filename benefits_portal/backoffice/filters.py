"""Filters of change lists: named cases, a day, and relations with few choices."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from benefits_portal import clock
from benefits_portal.derived_fields import keys_or_subquery
from benefits_portal.prepared import PreparedQuery
from benefits_portal.search_text import sort_key
from benefits_portal.typed_text import read_day

from .columns import Text, known_as

MARGIN = timedelta(days=366)  # days within it of date.min and date.max would overflow in rules


def on_day(day: date) -> str:
    """The day in words, with its time zone."""
    return _("%(day)s (%(zone)s)") % {
        "day": date_format(day, "DATE_FORMAT"),
        "zone": settings.TIME_ZONE,
    }


class CasesFilter(admin.SimpleListFilter):
    """A choice of `cases`: labels and QuerySet methods, by value.

    The dashboard counts the same cases by `of_case`.
    """

    title: Text
    cases: ClassVar[Mapping[str, tuple[Text, Callable[[Any, date], Any]]]]
    # By value, the order in which a case is one stretch of an index
    stretches: ClassVar[Mapping[str, str]] = {}

    @property
    def stretch(self) -> str:
        return self.stretches.get(self.value() or "", "")

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Text]]:
        return [(value, label) for value, (label, _case) in self.cases.items()]

    @classmethod
    def of_case(cls, value: str | None, queryset: Any, on: date) -> Any:
        """The rows of the case `value` on day `on`; all rows if there is no such case."""
        _label, case = cls.cases.get(value or "", ("", lambda everything, _on: everything))
        return case(queryset, on)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return self.of_case(self.value(), queryset, clock.today())


class DayFilter(CasesFilter):
    """Cases on a day: the one in the URL, or today in the project's time zone."""

    DAY = "on"
    template = "admin/day_filter.html"
    chooses_day = True  # False for a second day filter of the same list

    def __init__(self, request: HttpRequest, params: dict[str, Any], *args: Any) -> None:
        self.on = chosen_day(request)
        params.pop(self.DAY, None)
        super().__init__(request, params, *args)
        self.others = [(name, value) for name, value in request.GET.items() if name != self.DAY]
        self.title = _("%(what)s on %(day)s") % {"what": self.title, "day": on_day(self.on)}

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return self.of_case(self.value(), queryset, self.on)


def chosen_day(request: HttpRequest) -> date:
    """The day in the URL; today if there is none, or it is invalid or out of range."""
    try:
        day = read_day(request.GET.get(DayFilter.DAY, ""))
    except ValidationError:
        return clock.today()
    return day if day - date.min > MARGIN and date.max - day > MARGIN else clock.today()


@PreparedQuery
def some_rows(*, model: type[Model], most: int) -> QuerySet[Any, Any]:
    """The first `most` rows in no order, since sorting many rows would be slow."""
    return model._default_manager.order_by()[:most]


class FewChoicesFilter(admin.RelatedFieldListFilter):
    """A relation as a filter, if there are at most MAX choices.

    If there are more, only the chosen one is shown; staff search instead, or follow a link.
    """

    MAX = 30

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: Any
    ) -> list[tuple[str, Text]]:
        model = field.remote_field.model
        some = some_rows.rows(model=model, most=self.MAX + 1)
        if len(some) <= self.MAX:
            return sorted(
                ((str(row.pk), str(known_as(row))) for row in some),
                key=lambda choice: sort_key(choice[1]),
            )
        chosen = [value for value in self.lookup_val or [] if value.isdecimal()]
        rows = model._default_manager.filter(pk__in=chosen) if chosen else ()
        return [(str(row.pk), str(known_as(row))) for row in rows]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Filter by a relation of a relation in two steps: the few rows in between come first."""
        nearby, _relation, rest = self.field_path.partition("__")
        if not (rest and self.lookup_val):
            return super().queryset(request, queryset)
        model: Any = queryset.model._meta.get_field(nearby).related_model
        try:
            found = model._default_manager.filter(**{f"{rest}__in": self.lookup_val})
        except (ValueError, ValidationError) as error:
            raise IncorrectLookupParameters(error) from error
        return queryset.filter(**{f"{nearby}__in": keys_or_subquery(found)})

    def has_output(self) -> bool:
        return super().has_output() or bool(self.lookup_val)
