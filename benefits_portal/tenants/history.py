"""The record page by page: of a benefit, a subscription, a person, or of all that happened at a partner (A2)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import models

from .display import Line, lines
from .middleware import PartnerRequest
from .models.record import RecordQuerySet
from .naming import Names

PAGE = 50


@dataclass(frozen=True)
class History:
    """One page of it, the newest first, and the addresses of the newest page and of the next older one, if there are."""

    lines: list[Line]
    zone: str
    newest_href: str
    older_href: str
    is_real_time: bool  # while the calendar of a practice partner says another day

    def rows(self) -> list[dict[str, str]]:
        return [line.cells() for line in self.lines]


def history(
    request: PartnerRequest, records: RecordQuerySet, known: Iterable[models.Model] = (), anchor: str = "", people: Names | None = None
) -> History:
    """The page of `records` that the address asks for: what comes before the record `?before=`, the newest without it.

    Nothing of another partner's is among them. `known` are rows whose names need no query, `people` those of whoever the
    page names beside them.
    """
    ours, before = records.for_partner(request.partner).for_display(), request.GET.get("before", "")
    latest = ours.filter(pk=int(before[:18])).first() if before.isdecimal() else None
    found = list(ours.before(latest)[: PAGE + 1])
    shown, address = found[:PAGE], request.GET.copy()
    address.pop("before", None)
    newest = f"{request.path}?{address.urlencode()}{anchor}" if latest else ""
    address["before"] = str(shown[-1].pk) if shown else ""
    older = f"{request.path}?{address.urlencode()}{anchor}" if len(found) > PAGE else ""
    return History(lines(shown, request.partner, known, people), request.partner.time_zone, newest, older, request.partner.days_ahead > 0)
