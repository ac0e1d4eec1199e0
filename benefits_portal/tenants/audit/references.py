"""The people and things that records refer to, with their names of that time (A2)."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from benefits_portal.personal import called_by
from benefits_portal.prepared import PreparedQuery, padded
from benefits_portal.tenants.audit.labels import REFERENCES, field_of
from benefits_portal.tenants.models import DirectoryUser, Partner, Record, User
from benefits_portal.tenants.naming import Names, NamesThen

WHO: dict[str, type[models.Model]] = {"person": DirectoryUser, "user": User}  # in a refusal

type Reference = tuple[type[models.Model], int]


class Referenced:
    """All rows that `records` refer to.

    One query for each model, one for actors, and one for former names; none for rows in `known` or
    `people`. With a partner, names are those in its directory (P1); without one, those of the back
    office.
    """

    def __init__(
        self,
        records: list[Record],
        partner: Partner | None = None,
        known: Iterable[models.Model] = (),
        people: Names | None = None,
    ) -> None:
        actors = [record.actor for record in records if record.actor]
        there = {(type(row), row.pk): row for row in [*known, *actors]}
        self.rows = _referenced(records, there, in_short=partner is not None)
        named = [row for row in self.rows.values() if isinstance(row, (DirectoryUser, User))]
        self.people = people or (Names(partner) if partner else None)
        if self.people:
            self.people.learn(row for row in named if isinstance(row, User))
            named += filter(None, self.people.entries.values())
        self.names = NamesThen(named)

    def who(self, record: Record) -> str:
        """The actor's name in the partner's directory at that time.

        A name is written as is; other descriptions begin with a capital letter.
        """
        if self.people is None:
            return ""
        who = self.people.then(record.actor, self.names, record.at)
        return who if self.people.has_entry(record.actor) else str(capfirst(who))

    def refused(self, record: Record) -> str:
        """The name at that time of the person that a refusal is about; else empty."""
        for name, model in WHO.items():
            if name in record.params:
                pk = record.params[name]
                return self.name((model, pk), record.at) or "" if pk else _("the program")
        return ""

    def name(self, reference: Reference, at: datetime) -> str | None:
        """The name at that time of the row that a value refers to; None if it no longer exists."""
        row = self.rows.get(reference)
        if row is None:
            return None
        if self.people and isinstance(row, User):
            return self.people.then(row, self.names, at)
        if isinstance(row, (DirectoryUser, User)):
            row = self.names.row_then(row, at)
        return _name(row) if self.people else str(row)

    def texts(self, record: Record, name: str) -> tuple[str, str] | None:
        """The former and the new text of a person's field `name`.

        None if the field is not a name or address, or is recorded itself.
        """
        model = record.subject_model
        is_there = name in record.before, name in record.after
        if model is None or name not in called_by(model) or not is_withheld(record, name):
            return None
        row = self.rows.get((model, record.subject_id or 0))
        if row is None:
            return None
        then = self.names.of(row, name, record.at)
        was = self.names.before(row, name, record.at) if all(is_there) else then
        return was if is_there[0] else "", then if is_there[1] else ""


def is_withheld(record: Record, name: str) -> bool:
    return record.before.get(name) is None and record.after.get(name) is None


def reference_of(name: str, field: Any, value: Any) -> Reference | None:
    """The model and primary key that `value` of the field `name` refers to, if any."""
    model = REFERENCES.get(name) or (
        field.related_model if field is not None and field.many_to_one else None
    )
    return (model, value) if model and isinstance(value, int) else None


def _references(record: Record) -> Iterable[Reference | None]:
    for values in (record.before, record.after):
        for name, value in values.items():
            yield reference_of(name, field_of(record, name), value)
    yield from ((WHO[name], record.params[name]) for name in WHO if record.params.get(name))
    if (model := record.subject_model) and record.subject_id:
        yield model, record.subject_id


def _referenced(
    records: list[Record], known: dict[Reference, models.Model], *, in_short: bool
) -> dict[Reference, models.Model]:
    wanted: dict[type[models.Model], set[int]] = {}
    for record in records:
        for found in filter(None, _references(record)):
            if found not in known:
                wanted.setdefault(found[0], set()).add(found[1])
    return known | {
        (model, row.pk): row
        for model, pks in wanted.items()
        for row in _rows_by.rows(*padded(pks, 0), model=model, in_short=in_short)
    }


@PreparedQuery
def _rows_by(*keys: int, model: type[models.Model], in_short: bool) -> models.QuerySet[Any]:
    found: models.QuerySet[Any] = _rows(model, in_short=in_short).filter(pk__in=keys).order_by()
    return found


def _rows(model: type[models.Model], *, in_short: bool) -> Any:
    """All rows of `model`, with what their names need selected."""
    rows = model._default_manager.all()
    if in_short and hasattr(rows, "for_naming"):
        return rows.for_naming()
    if hasattr(rows, "for_display"):
        return rows.for_display()
    related = [field.name for field in model._meta.fields if field.many_to_one]
    return rows.select_related(*related) if related else rows


def _name(row: models.Model) -> str:
    """The name of a row within its partner, shorter than in the back office."""
    names = (getattr(row, name, "") for name in ("title", "display_name", "name"))
    return str(next(filter(None, names), row))
