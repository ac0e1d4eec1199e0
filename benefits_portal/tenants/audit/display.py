"""Records in words: who did what, where, and what it changed (A2)."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.text import capfirst
from django.utils.timezone import localtime
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from benefits_portal.formats import as_day, as_time, format_number
from benefits_portal.tenants.audit.labels import (
    field_of,
    filters_text,
    label_of,
    list_name,
    page_name,
)
from benefits_portal.tenants.audit.references import Reference, Referenced, reference_of
from benefits_portal.tenants.models import How, Partner, Record
from benefits_portal.tenants.naming import Names

OWN_NAMES = {
    "address": page_name,
    "list": list_name,
    "filters": filters_text,
}  # what on record is a name of ours
# Primary keys, shown in the back office only
UNSAID = {"key", "assignment", "redemption", "guid"}
LISTS_OF_NUMBERS = {"thresholds"}  # shown in full
STAND_IN = "77777777777"


@dataclass(frozen=True)
class Change:
    """One value before and after, in words; either may be empty."""

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
    """A record in words; `subject` is the object that it is about, for a link."""

    at: datetime
    what: str
    refused: str
    who: str
    how: str
    through: str  # the value of `how`, for the page's style
    where: str
    about: str
    subject: Reference | None
    tenant: int | None
    changes: list[Change]

    def cells(self) -> dict[str, Any]:
        """The values for tenants/_records.html."""
        return {
            "day": as_day(self.at),
            "time": as_time(self.at.time()),
            "what": self.what,
            "refused": self.refused,
            "about": self.about,
            "href": self.href,
            "changes": self.changes,
            "who": self.who,
            "how": self.how,
            "where": self.where,
            "through": self.through,
        }

    @property
    def href(self) -> str:
        """The URL of the subject's page; empty if it has none.

        A product's page depends on the current tenant, so its URL names the record's tenant.
        """
        if self.subject is None:
            return ""
        model, pk = self.subject
        page = url_of(model).replace(STAND_IN, str(pk))
        is_catalog = not hasattr(model, "partner")
        return f"{page}?tenant={self.tenant}" if page and is_catalog and self.tenant else page


@cache
def url_of(model: type[models.Model]) -> str:
    """The URL of such a row's page with STAND_IN as its primary key; empty if it has none."""
    page_of = getattr(model(pk=int(STAND_IN)), "get_absolute_url", None)
    return page_of() if page_of else ""


def lines(
    records: Iterable[Record],
    partner: Partner,
    known: Iterable[models.Model] = (),
    people: Names | None = None,
) -> list[AuditRow]:
    """`records` in words, with the times and people's names at `partner` (P1).

    Times are in its time zone; names are those of the time of the record. A fixed number of
    queries; none for the names of rows in `known`.
    """
    records = list(records)
    referenced, zone = Referenced(records, partner, known, people), ZoneInfo(partner.time_zone)
    return [_line(record, referenced, zone) for record in records]


def all_changes(record: Record) -> list[Change]:
    """All values of `record` before and after, for the back office.

    Primary keys are shown with the row's name.
    """
    referenced = Referenced([record])
    changes = [
        _change(record, name, referenced, is_whole=True)
        for name in {**record.before, **record.after}
    ]
    return [change for change in changes if change]


def refused_because(record: Record, referenced: Referenced | None = None) -> str:
    """The sentence of a refusal, with people's names of that time; else empty."""
    referenced = referenced or Referenced([record] if record.refused else [])
    return str(record.refused_because_of(referenced.refused(record)))


def _line(record: Record, referenced: Referenced, zone: ZoneInfo) -> AuditRow:
    model = record.subject_model
    subject = (model, record.subject_id) if model and record.subject_id else None
    changes = (
        _change(record, name, referenced)
        for name in {**record.before, **record.after}
        if _is_shown(record, name) and not _is_nothing_new(record, name)
    )
    return AuditRow(
        at=record.at.astimezone(zone),
        what=_what(record, zone),
        refused=_refused(record, referenced, zone),
        who=referenced.who(record),
        how=_how(record.how, get_language()),
        through=record.how,
        where=record.tenant.name if record.tenant else "",
        about=referenced.name(subject, record.at) or _kind(subject[0]) if subject else "",
        subject=subject,
        tenant=record.tenant_id,
        changes=[change for change in changes if change],
    )


def _kind(model: type[models.Model]) -> str:
    return str(capfirst(str(model._meta.verbose_name)))


@cache
def _how(value: str, _language: str | None) -> str:
    """The entry point in words; cached per language."""
    return str(How(value).label)


def _what(record: Record, zone: ZoneInfo) -> str:
    """The action in words, with its count if it was repeated."""
    what = str(record.action_label)
    if record.refused or record.last_at is None:
        return what
    return f"{what}, {times_until(record.times, record.last_at.astimezone(zone))}"


def _refused(record: Record, referenced: Referenced, zone: ZoneInfo) -> str:
    """The sentence of the refusal, with its count if it was repeated."""
    why = refused_because(record, referenced)
    if not record.refused or record.last_at is None:
        return why
    return f"{why} {times_until(record.times, record.last_at.astimezone(zone))}"


def times_until(times: int, last_at: datetime) -> str:
    """How often it was repeated within the hour, and when last, in words."""
    return _("%(times)s times until %(time)s.") % {
        "times": format_number(times),
        "time": as_time(last_at.time()),
    }


def _is_shown(record: Record, name: str) -> bool:
    """Whether a value is shown: it changed, or is not stored itself (a name)."""
    before, after = record.before.get(name), record.after.get(name)
    return name not in UNSAID and (name not in record.before or before != after or before is None)


def _is_nothing_new(record: Record, name: str) -> bool:
    """Whether a new row begins with the number 0, which says nothing."""
    value = record.after.get(name)
    if value != 0 or isinstance(value, bool) or name in record.before:
        return False
    return getattr(field_of(record, name), "default", None) == 0


def _change(
    record: Record, name: str, referenced: Referenced, *, is_whole: bool = False
) -> Change | None:
    """The value `name` before and after; `is_whole` lists numbers instead of counting them.

    None for a name of a person who was not there.
    """
    field, values = field_of(record, name), []
    label = label_of(name, field)
    if texts := referenced.texts(record, name):
        return Change(label, *texts)
    for value in (record.before.get(name), record.after.get(name)):
        if is_whole and isinstance(value, list):
            values.append(", ".join(map(str, value)))
        else:
            values.append(_value(name, field, value, referenced, record.at))
    return Change(label, *values) if any(values) else None


def _value(name: str, field: Any, value: Any, referenced: Referenced, at: datetime) -> str:
    """`value` in words; a list as its length, unless it is one of numbers."""
    if value is None or value == "":
        return ""
    if reference := reference_of(name, field, value):
        return referenced.name(reference, at) or _("no longer there")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        is_read = name in LISTS_OF_NUMBERS
        return "; ".join(map(str, value)) if is_read else format_number(len(value))
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
    """A day, or a day and a time in the reader's time zone."""
    with suppress(ValueError):
        return as_day(date.fromisoformat(value))
    with suppress(ValueError):
        at = localtime(datetime.fromisoformat(value))
        return f"{as_day(at)} {as_time(at.time())}"
    return value
