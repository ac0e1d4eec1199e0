"""Pages of the record: of a benefit, a subscription, a person, or a whole partner (A2)."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import QuerySet
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from benefits_portal.formats import format_number
from benefits_portal.listing import CappedCount, total_text
from benefits_portal.prepared import PlannedQuery, PreparedQuery
from benefits_portal.regions import time_zone_name
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import DirectoryUser, Record, User
from benefits_portal.tenants.naming import Names

from .display import AuditRow, lines
from .record_queryset import RecordQuerySet

PAGE = 50


@dataclass(frozen=True)
class History:
    """One page of a history, the newest first, and the URLs of the pages around it.

    URLs are empty if there is no such page.
    """

    lines: list[AuditRow]
    zone: str
    newest_href: str
    newer_href: str
    older_href: str
    is_real_time: bool  # the calendar of a practice partner is ahead, so times need an explanation
    total: int | None = None  # up to MAX_COUNT + 1; None if it was not counted

    def rows(self) -> list[dict[str, Any]]:
        return [line.cells() for line in self.lines]

    @property
    def is_cut(self) -> bool:
        return bool(self.newest_href or self.older_href)

    @property
    def summary(self) -> str:
        """How many lines are shown, of how many, and whether there are older ones (W7)."""
        shown = format_number(len(self.lines))
        if self.total is not None and self.is_cut:
            return _("%(shown)s lines shown of %(total)s") % {
                "shown": shown,
                "total": total_text(self.total),
            }
        if self.older_href:
            return _("%(shown)s lines shown; there are older ones.") % {"shown": shown}
        if self.newer_href:
            return _("The oldest lines: %(shown)s.") % {"shown": shown}
        return ngettext("%(count)s line", "%(count)s lines", len(self.lines)) % {"count": shown}


def history(
    request: PartnerRequest,
    records: RecordQuerySet,
    known: Iterable[models.Model] = (),
    anchor: str = "",
    people: Names | None = None,
    *,
    is_counted: bool = True,
) -> History:
    """The page of `records` that the URL asks for: those before the record `?before=`.

    Limited to the partner. `known` are rows whose names need no query, `people` those shown on the
    same page. Count only what an index finds.
    """
    ours = records.for_partner(request.partner).for_lines()
    latest = record_asked_for(request, ours)
    found = fetch_page(ours, latest, is_counted=is_counted)
    newer = ours.page_ends_before(latest, PAGE) if latest else None
    return shown(request, found, known, anchor, people, latest=latest, newer=newer)


def newest_history(request: PartnerRequest, *, hides_sign_ins: bool) -> History:
    """The newest page of the partner's whole record; counted including sign-ins."""
    found = newest.rows(request.partner.pk, hides_sign_ins=hides_sign_ins)
    return shown(request, found, (), "", None)


@PreparedQuery
def newest(partner: int, *, hides_sign_ins: bool) -> QuerySet[Record]:
    ours = Record.objects.filter(partner=partner)
    if hides_sign_ins:
        return ours.without_sign_ins().for_lines()[: PAGE + 1]
    return ours.for_lines().annotate(total_in_list=CappedCount(ours))[: PAGE + 1]


def history_of(
    request: PartnerRequest, subject: models.Model, anchor: str = "", people: Names | None = None
) -> History:
    """The page of the records about `subject`, counted."""
    if "before" in request.GET:
        return history(request, Record.objects.about(subject), [subject], anchor, people)
    kind = ContentType.objects.get_for_model(subject).pk
    found = newest_about.rows(request.partner.pk, kind, subject.pk)
    return shown(request, found, [subject], anchor, people)


@PlannedQuery
def newest_about(partner: int, kind: int, subject: int) -> QuerySet[Record]:
    """The newest records about `subject`, for a page, as in `fetch_page`."""
    records = Record.objects.filter(partner=partner, subject_type=kind, subject_id=subject)
    page = records.for_lines().annotate(total_in_list=CappedCount(records))
    return page[: PAGE + 1]


def history_concerning(
    request: PartnerRequest, person: DirectoryUser, account: User | None, anchor: str
) -> History:
    """The page of the records that concern a person or their account."""
    if "before" in request.GET:
        return history(request, Record.objects.concerning(person, account), [person], anchor)
    keys = [row.pk for row in (person, account) if row]
    found = newest_concerning.rows(request.partner.pk, *keys)
    return shown(request, found, [person], anchor, None)


@PreparedQuery
def newest_concerning(partner: int, person: int, *accounts: int) -> QuerySet[Record]:
    """The same as `newest_about` for a person, and their account if they have one."""
    account = next((User(pk=pk) for pk in accounts), None)
    ours = Record.objects.filter(partner=partner)
    records = ours.given_to_or_about(DirectoryUser(pk=person), account)
    page = records.for_lines().annotate(total_in_list=CappedCount(records))
    return page[: PAGE + 1]


def shown(
    request: PartnerRequest,
    found: list[Record],
    known: Iterable[models.Model],
    anchor: str,
    people: Names | None,
    *,
    latest: Record | None = None,
    newer: Record | None = None,
) -> History:
    """The page with the records `found` before `latest`; the previous one begins before `newer`."""
    shown = found[:PAGE]
    return History(
        lines=lines(shown, request.partner, known, people),
        zone=time_zone_name(request.partner.time_zone, get_language() or ""),
        newest_href=href_before(request, None, anchor) if latest else "",
        newer_href=href_before(request, newer, anchor) if latest else "",
        older_href=href_before(request, shown[-1], anchor) if len(found) > PAGE else "",
        is_real_time=request.partner.days_ahead > 0,
        total=getattr(found[0], "total_in_list", None) if found else 0,
    )


def record_asked_for(request: PartnerRequest, records: RecordQuerySet) -> Record | None:
    """The record of `?before=`, if it is one of `records`."""
    before = request.GET.get("before", "")
    return records.filter(pk=int(before[:18])).first() if before.isdecimal() else None


def fetch_page(records: RecordQuerySet, latest: Record | None, *, is_counted: bool) -> list[Record]:
    """The records before `latest`, with one more if there is another page.

    If counted, each has `total_in_list`, by the same query.
    """
    page = records.before(latest)
    if is_counted:
        page = page.annotate(total_in_list=CappedCount(records))
    return list(page[: PAGE + 1])


def href_before(request: PartnerRequest, record: Record | None, anchor: str) -> str:
    """The URL of the page that begins before `record`; of the newest page without one."""
    query = request.GET.copy()
    query.pop("before", None)
    if record:
        query["before"] = str(record.pk)
    return f"{request.path}?{query.urlencode()}{anchor}"
