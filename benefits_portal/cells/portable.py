"""Convert rows for a file, so that another portal can read them, and back.

Primary keys stay. References to shared rows become natural keys, and secrets are sealed for the
receiver. The same row gives the same text in both portals, so that what arrived can be compared
with what was sent.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from benefits_portal.benefits.key_encryption import decrypted, digests, encrypted
from benefits_portal.benefits.models import ProductKey
from benefits_portal.reminders.models import Digest
from benefits_portal.tenants.audit.labels import field_of
from benefits_portal.tenants.audit.references import WHO, reference_of
from benefits_portal.tenants.models import Partner, Record, User

from .belongings import SHARED, columns, references
from .natural_keys import MODELS, NaturalKeys, subject_model
from .sealing import Seal

type Row = dict[str, Any]

BATCH = 500
REFERENCE = "$"  # in JSON: [model, natural key] in place of a primary key
VALUES = ("before", "after")
KEY = "key"  # a product key, in place of its two forms at rest
# Values that belong to one portal only
OF_HERE: dict[type[Model], Row] = {
    Partner: {"moving_until": None, "moved_to": ""},
    Digest: {"run_id": None},
}


class Portable:
    """Converts rows of this portal to those of a file and back."""

    def __init__(self, seal: Seal | None, natural_keys: NaturalKeys) -> None:
        self.seal, self.natural_keys = seal, natural_keys

    def rows(self, rows: QuerySet[Model]) -> Iterator[Row]:
        """`rows` as in the file."""
        for batch in read(rows):
            self._learn(rows.model, batch)
            yield from (self.out(rows.model, row) for row in batch)

    def out(self, model: type[Model], row: Row) -> Row:
        row |= OF_HERE.get(model, {})
        if model is Record:
            self._record_out(row)
        for column, shared in references(model).items():
            if row[column] is not None:
                row[column] = self.natural_keys.key(shared, row[column])
        if model is ProductKey:
            key = decrypted(row.pop("ciphertext"))
            row |= {"digest": None, KEY: self.seal.close(key) if self.seal else None}
        if model is User:
            password = row["password"]
            row["password"] = self.seal.close(password) if self.seal else None
        return row

    def back(self, model: type[Model], row: Row) -> Row:
        """The row as this portal stores it. Raises KeyError for an unknown natural key."""
        for column, shared in references(model).items():
            if row[column] is not None:
                row[column] = self._pk(shared, row[column])
        if model is Record:
            self._record_back(row)
        assert self.seal  # noqa: S101 - a copy without secrets is never read back
        if model is ProductKey:
            key = self.seal.open(row.pop(KEY))
            row |= {"digest": digests(key)[0], "ciphertext": encrypted(key)}
        if model is User:
            row["password"] = self.seal.open(row["password"])
        return row

    def _pk(self, model: type[Model], key: Iterable[Any]) -> int:
        pk = self.natural_keys.pk(model, key)
        if pk is None:
            raise KeyError(model._meta.label, *key)
        return pk

    def _learn(self, model: type[Model], batch: list[Row]) -> None:
        """Look up the accounts that the batch names, in one query."""
        named = [column for column, shared in references(model).items() if shared is User]
        users = {row[column] for row in batch for column in named}
        if model is Record:
            users |= {row["params"].get("user") for row in batch}
            users |= {
                row["subject_id"]
                for row in batch
                if subject_model(row["subject_type_id"], self.natural_keys) is User
            }
        self.natural_keys.learn_users(users - {None})

    def _record_out(self, row: Row) -> None:
        record = Record(**{name: row[name] for name in ("subject_type_id", "action", *VALUES)})
        for side in VALUES:
            row[side] = {
                name: self._written(reference_of(name, field_of(record, name), value), value)
                for name, value in row[side].items()
            }
        row["params"] = {
            name: self._written((WHO[name], value) if name in WHO else None, value)
            for name, value in row["params"].items()
        }
        if row["subject_id"] is not None:
            model = subject_model(row["subject_type_id"], self.natural_keys)
            row["subject_id"] = self._written((model, row["subject_id"]), row["subject_id"])

    def _written(self, reference: tuple[type[Model] | None, int] | None, value: Any) -> Any:
        """`value` for the file: a reference to a shared row becomes its natural key.

        A row that no longer exists gets an empty key, which also finds nothing in the receiving
        portal.
        """
        if not reference or reference[0] not in SHARED or value is None:
            return value
        model, pk = reference
        assert model  # noqa: S101 - it is one of those
        if model is User:
            self.natural_keys.learn_users([pk])
        key = self.natural_keys.key(model, pk)
        return {REFERENCE: [model._meta.label, *(key or ())]}

    def _record_back(self, row: Row) -> None:
        for side in (*VALUES, "params"):
            row[side] = {name: self._value(value) for name, value in row[side].items()}
        row["subject_id"] = self._value(row["subject_id"])

    def _value(self, value: Any) -> Any:
        if not isinstance(value, dict) or REFERENCE not in value:
            return value
        label, *key = value[REFERENCE]
        return self._pk(MODELS[label], key) if key else 0  # finds nothing, as it did


def read(rows: QuerySet[Model]) -> Iterator[list[Row]]:
    """Rows in batches, as PostgreSQL converts them to JSON, with full precision."""
    try:
        query, params = rows.values_list(*columns_by_name(rows.model)).query.sql_with_params()
    except EmptyResultSet:  # Django knows that there are none
        return
    with connection.chunked_cursor() as cursor:
        # Our own columns and tables
        cursor.execute(f"SELECT to_jsonb(sent)::text FROM ({query}) sent", params)  # noqa: S608
        while batch := cursor.fetchmany(BATCH):
            yield [json.loads(text) for (text,) in batch]


def write(model: type[Model], rows: list[Row]) -> None:
    """Insert `rows`, which PostgreSQL reads from JSON. Raises IntegrityError."""
    table = connection.ops.quote_name(model._meta.db_table)
    names = ", ".join(map(connection.ops.quote_name, columns(model)))
    with connection.cursor() as cursor:
        cursor.execute(
            # Our own columns and tables
            f"INSERT INTO {table} ({names}) SELECT {names} "  # noqa: S608
            f"FROM jsonb_populate_recordset(NULL::{table}, %s)",
            [json.dumps(rows)],
        )


def columns_by_name(model: type[Model]) -> list[str]:
    """The names for `values_list` that select `columns`, in that order."""
    stored = (field for field in model._meta.concrete_fields if not field.generated)
    return [field.attname for field in stored]
