"""Lists that cost the same however long they grow: a count that stops, a search by way of what rows point to."""

# mypy: disable-error-code="type-arg"

from functools import cached_property
from typing import Any, ClassVar

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, Q
from django.http import HttpRequest

SEARCHED_WORDS, MOST_MATCHES = 5, 1_000


def counted(rows: Any, most: int) -> int:
    """How many `rows` there are, or `most` + 1: the database stops there."""
    return int(rows.order_by().values("pk")[: most + 1].count())


class StoppingPaginator(Paginator):
    """Counts to MOST and no further; whoever looks for more narrows the list down, or exports it."""

    MOST: ClassVar[int] = 1_000

    @cached_property
    def counted(self) -> int:
        return counted(self.object_list, self.MOST)

    @cached_property
    def count(self) -> int:
        return min(self.counted, self.MOST)

    @property
    def has_more(self) -> bool:
        return self.counted > self.MOST


class BackOfficeList(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        try:
            return super().get_filters(request)
        except (ValueError, OverflowError) as error:  # a year that no calendar has
            raise IncorrectLookupParameters(error) from error


class SearchThroughMixin:
    """Searches what rows point to, which is little, and then asks for the rows of what was found: never each row's text.

    `search_through` says which relations, and which of their fields.
    """

    model: type[Model]
    search_through: ClassVar[dict[str, tuple[str, ...]]] = {}

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [f"{relation}__{name}" for relation, names in self.search_through.items() for name in names]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        for word in search_term.split()[:SEARCHED_WORDS]:
            found = Q()
            for relation, names in self.search_through.items():
                matching = Q.create([(f"{name}__icontains", word) for name in names], connector=Q.OR)
                related: Any = get_fields_from_path(self.model, relation)[-1].related_model
                numbers = related._default_manager.order_by().filter(matching).values_list("pk", flat=True)
                found |= Q((f"{relation}__in", list(numbers[:MOST_MATCHES])))
            queryset = queryset.filter(found)
        return queryset, False
