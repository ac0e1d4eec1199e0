"""The record in words: who did what, where, and what it changed (A2).

With people and things by their names.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, as_time, format_number
from benefits_portal.tenants.audit.labels import (
    REFERENCES,
    field_of,
    filters_text,
    label_of,
    list_name,
    subject_model,
)
from benefits_portal.tenants.models import Partner, Record, User
from benefits_portal.tenants.naming import Names

OWN_NAMES = {"list": list_name, "filters": filters_text}  # what on record is a name of ours
# Numbers that lead back to rows, for the back office
UNSAID = {"key", "assignment", "redemption", "guid"}

type Reference = tuple[type[models.Model], int]


@dataclass(frozen=True)
class Change:
    """One fact before and after; either may be empty."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        what = (
            f"{self.before} → {self.after}"
            if self.before and self.after
            else self.before or self.after
        )
        return f"{self.label}: {what}"


@dataclass(frozen=True)
class AuditRow:
    """A record as a page or a spreadsheet shows it; `subject` is what it is about, for a link."""

    at: datetime
    what: str
    refused: str
    who: str
    how: str
    where: str
    about: str
    subject: Reference | None
    changes: list[Change]

    def cells(self) -> dict[str, str]:
        """What a page shows."""
        return {
            "day": as_day(self.at),
            "time": as_time(self.at.time()),
            "what": self.what,
            "refused": render_to_string("tenants/_refused.html", {"why": self.refused})
            if self.refused
            else "",
            "about": self._linked_about() or "–",
            "changes": format_html_join(
                "", '<span class="change">{}</span>', ((change,) for change in self.changes)
            )
            or "–",
            "who": self.who,
            "how": f"{self.how} · {self.where}" if self.where else self.how,
        }

    def _linked_about(self) -> str:
        if not self.about or self.subject is None:
            return self.about
        model, pk = self.subject
        page_of = getattr(model(pk=pk), "get_absolute_url", None)
        return format_html('<a href="{}">{}</a>', page_of(), self.about) if page_of else self.about


def lines(
    records: Iterable[Record],
    partner: Partner,
    known: Iterable[models.Model] = (),
    people: Names | None = None,
) -> list[AuditRow]:
    """`records` in words, with the times and the names of `partner` (P1).

    Times are as its clocks show, and people have the names that they have there. As many queries
    however many records, and none for what the rows in `known` are called.
    """
    records = list(records)
    rows = _referenced(records, {(type(row), row.pk): row for row in known})
    people = people or Names(partner)
    people.learn(
        [
            *(record.actor for record in records),
            *(row for row in rows.values() if isinstance(row, User)),
        ]
    )
    names = {
        reference: people.of(row) if isinstance(row, User) else _name(row)
        for reference, row in rows.items()
    }
    zone = ZoneInfo(partner.time_zone)
    return [_line(record, people.of(record.actor), names, zone) for record in records]


def all_changes(record: Record) -> list[Change]:
    """Every fact on `record` before and after, for the back office.

    Those that lead back to rows too, each by its name.
    """
    names = {reference: str(row) for reference, row in _referenced([record], {}).items()}
    return [
        _change(record, name, names, is_whole=True) for name in {**record.before, **record.after}
    ]


def _line(record: Record, who: str, names: dict[Reference, str], zone: ZoneInfo) -> AuditRow:
    model = subject_model(record)
    kind = str(capfirst(str(model._meta.verbose_name))) if model else ""
    return AuditRow(
        at=record.at.astimezone(zone),
        what=_what(record, zone),
        refused=_refused(record, zone),
        who=who,
        how=record.get_how_display(),
        where=record.tenant.name if record.tenant else "",
        about=names.get((model, record.subject_id), kind) if model and record.subject_id else "",
        subject=(model, record.subject_id) if model and record.subject_id else None,
        changes=[
            _change(record, name, names)
            for name in {**record.before, **record.after}
            if _is_shown(record, name)
        ],
    )


def _what(record: Record, zone: ZoneInfo) -> str:
    """What was done, and how often until when where it was more than once."""
    what = str(record.action_label)
    if record.refused or record.last_at is None:
        return what
    return f"{what}, {times_until(record.times, record.last_at.astimezone(zone))}"


def _refused(record: Record, zone: ZoneInfo) -> str:
    """Why, and how often until when where it was more than once."""
    why = str(record.refused_because)
    if not record.refused or record.last_at is None:
        return why
    return f"{why} {times_until(record.times, record.last_at.astimezone(zone))}"


def times_until(times: int, last_at: datetime) -> str:
    """How often the same was refused or done within the hour, and when for the last time."""
    return _("%(times)s times until %(time)s.") % {
        "times": format_number(times),
        "time": as_time(last_at.time()),
    }


def _is_shown(record: Record, name: str) -> bool:
    """What stayed as it was is no change."""
    return name not in UNSAID and (
        name not in record.before or record.before[name] != record.after.get(name)
    )


def _change(
    record: Record, name: str, names: dict[Reference, str], *, is_whole: bool = False
) -> Change:
    """The fact `name` before and after; whole, with the numbers of a list instead of how many."""
    field, values = field_of(record, name), []
    for value in (record.before.get(name), record.after.get(name)):
        if is_whole and isinstance(value, list):
            values.append(", ".join(map(str, value)))
        else:
            values.append(_value(name, field, value, names))
    return Change(capfirst(str(label_of(name, field))), *values)


def _value(name: str, field: Any, value: Any, names: dict[Reference, str]) -> str:
    """`value` as people write it; a list is counted."""
    if value is None or value == "":
        return ""
    if reference := _reference(name, field, value):
        return names.get(reference, _("no longer there"))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return format_number(len(value))
    if name in OWN_NAMES and isinstance(value, str):
        return OWN_NAMES[name](value)
    if choices := dict(getattr(field, "flatchoices", ()) or ()):
        return str(choices.get(value, value))
    if isinstance(field, models.DateField) and isinstance(value, str):
        return _day_or_moment(value)
    if name in UNSAID or not isinstance(value, int):
        return str(value)
    return format_number(value)


def _day_or_moment(value: str) -> str:
    """A day, or a day and a time by the clocks where the reader acts."""
    with suppress(ValueError):
        return as_day(date.fromisoformat(value))
    with suppress(ValueError):
        at = localtime(datetime.fromisoformat(value))
        return f"{as_day(at)} {as_time(at.time())}"
    return value


# What numbers stand for


def _reference(name: str, field: Any, value: Any) -> Reference | None:
    model = REFERENCES.get(name) or (
        field.related_model if field is not None and field.many_to_one else None
    )
    return (model, value) if model and isinstance(value, int) else None


def _referenced(
    records: list[Record], known: dict[Reference, models.Model]
) -> dict[Reference, models.Model]:
    """Everything that `records` refer to by number: one query for each kind of thing."""
    wanted: dict[type[models.Model], set[int]] = {}
    for record in records:
        model = subject_model(record)
        references = [
            _reference(name, field_of(record, name), value)
            for values in (record.before, record.after)
            for name, value in values.items()
        ]
        if model and record.subject_id:
            references.append((model, record.subject_id))
        for found in filter(None, references):
            if found not in known:
                wanted.setdefault(found[0], set()).add(found[1])
    return known | {
        (model, pk): row
        for model, pks in wanted.items()
        for pk, row in _rows(model).in_bulk(pks).items()
    }


def _rows(model: type[models.Model]) -> Any:
    """All rows of `model`, each with what it takes to say its name."""
    rows = model._default_manager.all()
    if hasattr(rows, "for_display"):
        return rows.for_display()
    related = [field.name for field in model._meta.fields if field.many_to_one]
    return rows.select_related(*related) if related else rows


def _name(row: models.Model) -> str:
    """What it is called where it is clear whose it is; that is shorter than in the back office."""
    names = (getattr(row, name, "") for name in ("title", "display_name", "name"))
    return str(next(filter(None, names), row))
