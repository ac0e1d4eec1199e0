"""Columns that Python computes from other fields of the same row (docs/adr/0006).

So PostgreSQL and SQLite search and sort alike. Written by `save`, `bulk_create`, fixtures, `update`
of a DerivedQuerySet, and `bulk_update` if it names the column. `stale_rows` finds rows that were
missed, and `refresh` repairs them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, override

from django.db import models, transaction
from django.db.models import Q
from django.db.models.query_utils import DeferredAttribute

from benefits_portal.search_text import at_word, finds_nothing, search_terms, search_text, sort_key

MAX_KEYS = 200  # in one statement; for more, a subquery is cheaper


class _Derived(DeferredAttribute):
    """Computes the value from the instance's other fields.

    The stored value is set only so that the field counts as loaded.
    """

    field: "DerivedField"

    @override
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        return self if instance is None else self.field.derived(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class DerivedField(models.TextField):  # type: ignore[type-arg]  # no generic at run time
    """Text computed from the fields named `sources`, compared by code point on both databases.

    The column has a database default, so that the previous release can insert rows during an
    update.
    """

    descriptor_class = _Derived

    def __init__(self, *sources: str, **kwargs: Any) -> None:
        self.sources = sources
        super().__init__(
            **{"editable": False, "serialize": False, "default": "", "db_default": "", **kwargs}
        )

    @override
    def deconstruct(self) -> Any:
        name, path, _args, kwargs = super().deconstruct()
        for given in ("editable", "serialize", "default", "db_default"):
            kwargs.pop(given, None)
        return name, path, list(self.sources), kwargs

    @override
    def db_parameters(self, connection: Any) -> Any:
        collation = "C" if connection.vendor == "postgresql" else None
        return super().db_parameters(connection) | {"collation": collation}

    @override
    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Overridden only so that `update_or_create` writes the column."""
        return super().pre_save(model_instance, add)

    def derived(self, row: Any) -> str:
        return self.of_values({source: getattr(row, source) for source in self.sources})

    def of_values(self, values: Mapping[str, Any]) -> str:
        """The value for a row's values by field name; missing ones count as empty."""
        return self.of(*(str(values.get(source) or "") for source in self.sources))

    @staticmethod
    def of(*texts: str) -> str:
        raise NotImplementedError


class SortKeyField(DerivedField):
    """The key by which rows are sorted by name."""

    @staticmethod
    @override
    def of(*texts: str) -> str:
        return sort_key(*texts)


class SearchTextField(DerivedField):
    """The normalized text in which rows are searched."""

    @staticmethod
    @override
    def of(*texts: str) -> str:
        return search_text(*texts)


class DerivedQuerySet[Row: models.Model](models.QuerySet[Row]):
    """A queryset whose `update` also updates derived columns, unless it names them itself."""

    @override
    def update(self, **changes: Any) -> int:
        sources = {
            source
            for field in self.model._meta.concrete_fields
            if isinstance(field, DerivedField) and field.name not in changes
            for source in field.sources
        }
        if not sources & changes.keys():
            return super().update(**changes)
        with transaction.atomic(using=self.db):
            keys = list(self.values_list("pk", flat=True))
            count = super().update(**changes)
            refresh(self.model._base_manager.using(self.db).filter(pk__in=keys))
        return count


def refresh(rows: Any, batch_size: int = 2_000) -> None:
    """Write the derived columns of `rows` again, in batches."""
    columns, last = derived_columns(rows.model), 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:batch_size]):
        of_partners_of(batch, rows.model._base_manager.using(rows.db)).bulk_update(batch, columns)
        last = batch[-1].pk


def of_partners_of(batch: Sequence[Any], rows: Any) -> Any:
    """`rows`, limited to the partners of `batch` if they have partners (P1)."""
    if not hasattr(rows.model, "partner_id"):
        return rows
    return rows.filter(partner__in={row.partner_id for row in batch})


def derived_columns(model: type[models.Model]) -> list[str]:
    """The derived columns, which `bulk_update` must name together with their sources."""
    return [field.name for field in model._meta.concrete_fields if isinstance(field, DerivedField)]


def sort_field(model: type[models.Model], name: str) -> str:
    """The field to sort by for the field `name`: its sort key if it has one, else itself."""
    keys = (
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, SortKeyField) and field.sources == (name,)
    )
    return next(keys, name)


def with_sort_key(model: type[models.Model], name: str, text: str) -> dict[str, str]:
    """The values for an `update` that sets the field `name` to `text`, and its sort key."""
    return {name: text, sort_field(model, name): sort_key(text)}


def found_by(query: str, *columns: str, plain: Sequence[str] = ()) -> Q:
    """A condition: each word of `query` begins a word in one of `columns`, which are search texts.

    Or a `plain` column, which is not normalized, contains it. A query without words finds
    everything (W7).
    """
    if finds_nothing(query):
        return Q(pk__in=[])
    every = (
        Q.create(
            [
                *((f"{column}__contains", at_word(term)) for column in columns),
                *((f"{column}__contains", term) for column in plain),
            ],
            connector=Q.OR,
        )
        for term in search_terms(query)
    )
    return Q(*every)


def keys_or_subquery(rows: Any, key: str = "pk") -> Any:
    """The value for `…__in`: the values of `key` of up to MAX_KEYS `rows`; for more, a subquery.

    With a list of keys, PostgreSQL uses an index to find the rows that refer to them. Nothing is
    left out (W7).
    """
    subquery = rows.order_by().values(key)
    few = list(subquery.values_list(key, flat=True)[: MAX_KEYS + 1])
    return few if len(few) <= MAX_KEYS else subquery


def stale_rows(model: type[models.Model]) -> Iterator[Any]:
    """The primary keys of rows of `model` whose derived columns are out of date."""
    fields = [field for field in model._meta.concrete_fields if isinstance(field, DerivedField)]
    names = [name for field in fields for name in (field.name, *field.sources)]
    for pk, *values in model._base_manager.order_by("pk").values_list("pk", *names).iterator():
        row = dict(zip(names, values, strict=True))
        if any(row[field.name] != field.of_values(row) for field in fields):
            yield pk


def fill(apps: Any, label: str) -> None:
    """For a migration: write the derived columns of all rows of the model `label` in `apps`."""
    refresh(apps.get_model(label)._base_manager.all())
