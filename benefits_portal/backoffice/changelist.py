"""Change lists that cost the same however many rows there are: capped counts, indexed searches."""

# mypy: disable-error-code="type-arg"

from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import (
    NotRelationField,
    get_fields_from_path,
    lookup_spawns_duplicates,
)
from django.contrib.admin.views.main import ORDER_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import FieldDoesNotExist
from django.core.paginator import Paginator
from django.db.models import Model, Q
from django.http import HttpRequest
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from benefits_portal.derived_fields import found_by, keys_or_subquery, sort_field
from benefits_portal.emails import canonical_email_or_text
from benefits_portal.formats import format_number
from benefits_portal.listing import capped_count
from benefits_portal.search_text import at_word, finds_nothing, search_terms

from .row_numbers import is_too_long_a_number

OFFERED = {"exact", "in", "isnull", "isempty"}  # by filters and links
PERIODS = {"year", "month", "day"}  # by the hierarchy of dates


class CappedPaginator(Paginator):
    """Counts up to MAX; to see more rows, staff filter the list or download it."""

    MAX: ClassVar[int] = 1_000

    @cached_property
    def counted(self) -> int:
        return capped_count(self.object_list, self.MAX)

    @cached_property
    def count(self) -> int:
        return min(self.counted, self.MAX)

    keys: list[Any] | None = None  # primary keys of the page's rows, once it was fetched

    @property
    def has_more(self) -> bool:
        return self.counted > self.MAX

    def _get_page(self, rows: Any, *args: Any, **kwargs: Any) -> Any:
        """Fetch the primary keys of a page's rows first, and related rows for these only.

        In one query, PostgreSQL would join and sort all filtered rows.
        """
        self.keys = list(rows.values_list("pk", flat=True))
        return super()._get_page(rows, *args, **kwargs)  # type: ignore[misc]


def filter_name(list_filter: Any) -> str:
    """The URL parameter of an item of `list_filter`: a field's path, or the filter's own."""
    name = list_filter[0] if isinstance(list_filter, tuple) else list_filter
    return name if isinstance(name, str) else name.parameter_name


def is_offered(
    lookup: str, model: type[Model], filters: set[str], date_hierarchy: str | None
) -> bool:
    """Whether a list of `model` offers `lookup` as a filter or a link.

    Django would accept patterns and ranges on these fields too.
    """
    *path, last = lookup.split("__")
    name = "__".join(path if last in OFFERED else [*path, last])
    if lookup in filters or lookup.split("__")[0] not in {
        field.name for field in model._meta.get_fields()
    }:
        return True  # Django ignores parameters that are no fields
    if last in PERIODS:
        return "__".join(path) == date_hierarchy
    try:
        field = get_fields_from_path(model, name)[-1]
    except (FieldDoesNotExist, NotRelationField, AttributeError):
        return False
    return name in filters or field.is_relation or getattr(field, "primary_key", False)


def can_be_looked_up(value: str) -> bool:
    """Whether every database accepts `value`: no null character, and no number too long."""
    return "\0" not in value and not any(map(is_too_long_a_number, value.split(",")))


class BackOfficeChangeList(ChangeList):
    """Django's change list, titled after its model, with fast rows and checked filters."""

    model_admin: Any

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.title = str(self.opts.verbose_name_plural)

    def get_filters(self, request: HttpRequest) -> Any:
        asked = [
            value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values
        ]
        if not all(map(can_be_looked_up, asked)):
            raise IncorrectLookupParameters
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:  # a year that no calendar has
            raise IncorrectLookupParameters(error) from error

    def get_results(self, request: HttpRequest) -> None:
        """Fetch the page's rows by their primary keys, with only the columns in `list_only`."""
        super().get_results(request)
        rows = self.result_list
        if (keys := self.paginator.keys) is not None:
            rows = self.root_queryset.filter(pk__in=keys).order_by(*self.queryset.query.order_by)
            rows = rows if rows.query.select_related else self.apply_select_related(rows)
        if only := self.model_admin.list_only:
            relations = {path.rpartition("__")[0] for path in only if "__" in path}
            rows = rows.select_related(None).select_related(*relations).only(*only)
        self.result_list = rows

    def stretch(self) -> str:
        """The order in which the filtered rows are one stretch of an index; empty if there is none.

        In another order, PostgreSQL would look for them among all rows.
        """
        for spec in self.filter_specs:
            if order := getattr(spec, "stretch", ""):
                return str(order)
        is_period = f"{self.date_hierarchy}__year" in self.params
        return f"-{self.date_hierarchy}" if is_period else ""

    def get_ordering(self, request: HttpRequest, queryset: Any) -> list[Any]:
        if self.stretch() and ORDER_VAR not in self.params:
            return self._get_default_ordering()
        return list(super().get_ordering(request, queryset))

    def _get_default_ordering(self) -> list[Any]:
        stretch = self.stretch()
        usual = super()._get_default_ordering()  # type: ignore[misc]
        return [stretch, "-pk"] if stretch else list(usual)

    def get_ordering_field(self, field_name: Any) -> Any:
        """Sort names by their sort key, whatever the database's collation: Åsa beside Adam."""
        field = super().get_ordering_field(field_name)
        return sort_field(self.model, field) if isinstance(field, str) else field


class BoundedActionsMixin:
    """Limits actions on all rows of a filtered list to what one request can carry out."""

    MAX_AT_ONCE: ClassVar[int] = 500  # rows

    def response_action(
        self, request: HttpRequest, queryset: Any, *args: Any, **kwargs: Any
    ) -> Any:
        across = request.POST.get("select_across", "0") not in ("", "0")
        if across and capped_count(queryset, self.MAX_AT_ONCE) > self.MAX_AT_ONCE:
            most = {"most": format_number(self.MAX_AT_ONCE)}
            message = (
                _(
                    "Up to %(most)s rows can be changed at once. Narrow the list down; nothing "
                    "was changed."
                )
                % most
            )
            messages.error(request, message)
            return redirect(request.get_full_path())
        return super().response_action(request, queryset, *args, **kwargs)  # type: ignore[misc]


class FoldedSearchMixin:
    """Searches normalized text (W7).

    Fields named `search_text` by normalized words; other fields, which are ASCII, as typed.
    """

    opts: Any

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        fields = list(self.get_search_fields(request))  # type: ignore[attr-defined]
        normalized = [name for name in fields if name.endswith("search_text")]
        found = found_by(search_term, *normalized) if normalized else Q()
        if plain := [name for name in fields if name not in normalized]:
            emails = [canonical_email_or_text(word) for word in search_term.split()]
            found &= Q(
                *(
                    Q.create([(f"{name}__icontains", word) for name in plain], connector=Q.OR)
                    for word in emails
                )
            )
        return queryset.filter(found), any(
            lookup_spawns_duplicates(self.opts, name) for name in fields
        )


class SearchThroughMixin:
    """Searches the few related rows first, and then finds the rows that refer to them.

    `search_through` lists the relations, or OWN for the row itself. Those models have a column
    `search_text`, or a QuerySet method `keys_known_by`.
    """

    OWN: ClassVar[str] = "pk"
    model: type[Model]
    search_fields: ClassVar[Any]
    search_through: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Set `search_fields`: Django needs it for the search box and for autocomplete."""
        super().__init_subclass__(**kwargs)
        through = (f"{relation}__" for relation in cls.search_through)
        cls.search_fields = [f"{path.removeprefix('pk__')}search_text" for path in through]

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        for term in search_terms(search_term):
            found: list[Any] = [self.found_by(relation, term) for relation in self.search_through]
            queryset = queryset.filter(Q.create(found, connector=Q.OR))
        return queryset.none() if finds_nothing(search_term) else queryset, False

    def found_by(self, relation: str, term: str) -> tuple[str, Any]:
        if relation == self.OWN:
            return "pk__in", keys_known_by(self.model, term)
        model: Any = get_fields_from_path(self.model, relation)[-1].related_model
        found = f"{relation}__in", keys_known_by(model, term)
        if lookup_spawns_duplicates(self.model._meta, relation):
            return "pk__in", keys_or_subquery(self.model._default_manager.filter(found))
        return found


def keys_known_by(model: type[Model], term: str) -> Any:
    """The value for `…__in`: keys of the rows of `model` with a word that begins with `term`."""
    rows: Any = model._default_manager.all()
    if hasattr(rows, "keys_known_by"):
        return rows.keys_known_by(term)
    return keys_or_subquery(rows.filter(search_text__contains=at_word(term)))
