"""Columns that are worked out by Python from other fields of the same row.

So both databases search and sort alike. A row's value is always that of its fields as they are now,
whoever writes it: `save`, `bulk_create`, a fixture, `update` of a DerivedQuerySet, `bulk_update`
that names the column. `stale_rows` finds what was missed, `refresh` mends it (docs/adr/0006).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, override

from django.db import models, transaction
from django.db.models import Q
from django.db.models.query_utils import DeferredAttribute

from benefits_portal.search_text import at_word, finds_nothing, search_terms, search_text, sort_key

MAX_KEYS = 200  # in one statement: of more, the question costs less than writing them down


class _Derived(DeferredAttribute):
    """Reads the value off the row's other fields.

    What the database holds is kept only so that the field counts as loaded.
    """

    field: "DerivedField"

    @override
    def __get__(self, instance: Any, cls: Any = None) -> Any:
        return self if instance is None else self.field.derived(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class DerivedField(models.TextField):  # type: ignore[type-arg]  # no generic at run time
    """Text from the fields named `sources`. PostgreSQL compares it by code point, as SQLite does.

    The database has a default too, so that an older release can write rows while a newer one is
    coming up.
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
        """As `Field` does; that it is here makes `update_or_create` write the column."""
        return super().pre_save(model_instance, add)

    def derived(self, row: Any) -> str:
        return self.of_values({source: getattr(row, source) for source in self.sources})

    def of_values(self, values: Mapping[str, Any]) -> str:
        """Of a row's values, by field name; of what is not among them as if it were empty."""
        return self.of(*(str(values.get(source) or "") for source in self.sources))

    @staticmethod
    def of(*texts: str) -> str:
        raise NotImplementedError


class SortKeyField(DerivedField):
    """What rows are sorted by their name with."""

    @staticmethod
    @override
    def of(*texts: str) -> str:
        return sort_key(*texts)


class SearchTextField(DerivedField):
    """What rows are found by."""

    @staticmethod
    @override
    def of(*texts: str) -> str:
        return search_text(*texts)


class DerivedQuerySet[Row: models.Model](models.QuerySet[Row]):
    """Of a model with derived columns: they follow an update of their sources too.

    A derived column that the update names itself is written as given.
    """

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
    """Write the derived columns of `rows`, some at a time."""
    columns, last = derived_columns(rows.model), 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:batch_size]):
        of_partners_of(batch, rows.model._base_manager.using(rows.db)).bulk_update(batch, columns)
        last = batch[-1].pk


def of_partners_of(batch: Sequence[Any], rows: Any) -> Any:
    """`rows`, where they have a partner only those of the partners of `batch` (P1)."""
    if not hasattr(rows.model, "partner_id"):
        return rows
    return rows.filter(partner__in={row.partner_id for row in batch})


def derived_columns(model: type[models.Model]) -> list[str]:
    """What `bulk_update` has to name beside a source."""
    return [field.name for field in model._meta.concrete_fields if isinstance(field, DerivedField)]


def sort_field(model: type[models.Model], name: str) -> str:
    """What rows of `model` are sorted by the field `name` with: its sort key, where it has one."""
    keys = (
        field.name
        for field in model._meta.concrete_fields
        if isinstance(field, SortKeyField) and field.sources == (name,)
    )
    return next(keys, name)


def with_sort_key(model: type[models.Model], name: str, text: str) -> dict[str, str]:
    """What an update writes so that the field `name` of `model` and its sort key hold `text`."""
    return {name: text, sort_field(model, name): sort_key(text)}


def found_by(query: str, *columns: str, plain: Sequence[str] = ()) -> Q:
    """That a word of one of `columns`, search texts all, begins with each word of `query`.

    Or that a `plain` column, which is no search text, holds it. Without words everything is found
    (W7).
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


def keys_or_question(rows: Any, key: str = "pk") -> Any:
    """For `…__in`: the primary keys of a few `rows`, or their `key`; of more, the question itself.

    By the keys an index finds what points to them. So nothing is left out however many they are,
    and no statement has more parameters than MAX_KEYS (W7).
    """
    question = rows.order_by().values(key)
    few = list(question.values_list(key, flat=True)[: MAX_KEYS + 1])
    return few if len(few) <= MAX_KEYS else question


def stale_rows(model: type[models.Model]) -> Iterator[Any]:
    """The primary keys of rows of `model` whose derived columns are not what their fields say."""
    fields = [field for field in model._meta.concrete_fields if isinstance(field, DerivedField)]
    names = [name for field in fields for name in (field.name, *field.sources)]
    for pk, *values in model._base_manager.order_by("pk").values_list("pk", *names).iterator():
        row = dict(zip(names, values, strict=True))
        if any(row[field.name] != field.of_values(row) for field in fields):
            yield pk


def fill(apps: Any, label: str) -> None:
    """For a migration: write the derived columns of all rows of the model `label` in `apps`."""
    refresh(apps.get_model(label)._base_manager.all())
