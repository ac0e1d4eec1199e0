"""Lists that cost the same however long they grow.

A count that stops, and a search by way of what rows point to.
"""

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

from benefits_portal.derived_fields import found_by, keys_or_question, sort_field
from benefits_portal.emails import canonical_email_or_text
from benefits_portal.formats import format_number
from benefits_portal.listing import capped_count
from benefits_portal.search_text import at_word, finds_nothing, search_terms

from .row_numbers import is_too_long_a_number

OFFERED = {"exact", "in", "isnull", "isempty"}  # by filters and links
PERIODS = {"year", "month", "day"}  # by the hierarchy of dates


class CappedPaginator(Paginator):
    """Counts to MAX and no further; whoever looks for more narrows the list down, or exports it."""

    MAX: ClassVar[int] = 1_000

    @cached_property
    def counted(self) -> int:
        return capped_count(self.object_list, self.MAX)

    @cached_property
    def count(self) -> int:
        return min(self.counted, self.MAX)

    keys: list[Any] | None = None  # of a page's rows, once it was asked for

    @property
    def has_more(self) -> bool:
        return self.counted > self.MAX

    def _get_page(self, rows: Any, *args: Any, **kwargs: Any) -> Any:
        """Find a page's rows by their keys alone, and what they refer to for these only.

        Asked for both at once, PostgreSQL joins all that the filters leave and sorts that.
        """
        self.keys = list(rows.values_list("pk", flat=True))
        return super()._get_page(rows, *args, **kwargs)  # type: ignore[misc]


def filter_name(list_filter: Any) -> str:
    """What an item of `list_filter` is called in a query.

    A field's path, or the parameter of a filter of our own.
    """
    name = list_filter[0] if isinstance(list_filter, tuple) else list_filter
    return name if isinstance(name, str) else name.parameter_name


def is_offered(
    lookup: str, model: type[Model], filters: set[str], date_hierarchy: str | None
) -> bool:
    """Whether a list of `model` has a filter or a link of this kind.

    Django would take a pattern or a range too.
    """
    *path, last = lookup.split("__")
    name = "__".join(path if last in OFFERED else [*path, last])
    if lookup in filters or lookup.split("__")[0] not in {
        field.name for field in model._meta.get_fields()
    }:
        return True  # what is no field at all is left out
    if last in PERIODS:
        return "__".join(path) == date_hierarchy
    try:
        field = get_fields_from_path(model, name)[-1]
    except (FieldDoesNotExist, NotRelationField, AttributeError):
        return False
    return name in filters or field.is_relation or getattr(field, "primary_key", False)


def can_be_looked_up(value: str) -> bool:
    """Whether every database takes `value`: no null character, and of numbers those that it has."""
    return "\0" not in value and not any(map(is_too_long_a_number, value.split(",")))


class BackOfficeChangeList(ChangeList):
    """Django's own, named after what it lists; a filter that makes no sense is refused."""

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
        """The page's rows, with what the list shows of them and nothing else (`list_only`).

        What was found is not filtered once more.
        """
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
        """The field of which the rows are a stretch, as they were narrowed down; empty for all.

        In its order they are read off its index, which in another one are looked for among all.
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
        """A name is sorted by its sort key: Åsa beside Adam, whatever the database's collation."""
        field = super().get_ordering_field(field_name)
        return sort_field(self.model, field) if isinstance(field, str) else field


class BoundedActionsMixin:
    """Actions on what was chosen, and on *all* that a list's filters leave.

    The latter as long as one page can carry them out.
    """

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
    """Searches as people type (W7).

    In search texts by folded words; in other fields, which hold ASCII alone, as they stand.
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
    """Searches what rows point to, which is little, and then asks for the rows of what was found.

    So it never searches each row's text. `search_through` says which relations; their rows have a
    search text, or `keys_known_by` words in an index. OWN is the row itself.
    """

    OWN: ClassVar[str] = "pk"
    model: type[Model]
    search_fields: ClassVar[Any]
    search_through: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Name the fields as Django asks for them: to show the box, and to choose by typing."""
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
            return "pk__in", keys_or_question(self.model._default_manager.filter(found))
        return found


def keys_known_by(model: type[Model], term: str) -> Any:
    """For `…__in`: the rows of `model` of which a word begins with `term`."""
    rows: Any = model._default_manager.all()
    if hasattr(rows, "keys_known_by"):
        return rows.keys_known_by(term)
    return keys_or_question(rows.filter(search_text__contains=at_word(term)))
