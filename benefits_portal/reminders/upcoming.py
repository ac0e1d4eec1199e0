"""What somebody will be told next, and on which day (R1 to R4)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, partial
from typing import Any

from django.db.models import QuerySet

from benefits_portal.listing.excerpt import MAX_ROWS, NO_QUERY, Excerpt, PageQuery
from benefits_portal.prepared import PreparedQuery

from .due import Nearest, due_of_staff, nearest_due_at
from .due_item import DueItem
from .due_item_finders import items_of
from .models import Digest, Rhythm
from .models.preference import WEEK
from .recipients import Recipient, partner_at, seen_of
from .topics import Due

DAYS_AHEAD, MAX_SHOWN = 60, 12


@dataclass(frozen=True)
class Upcoming:
    """A thing, and the day on which it is told."""

    on: date
    item: DueItem

    @property
    def sentence(self) -> str:
        """With the days that are left on that day."""
        return self.item.sentence(self.on)


def upcoming(recipient: Recipient, on: date, asked: PageQuery = NO_QUERY) -> Excerpt[Upcoming]:
    """The first of what is told within 60 days, as it stands now; all of it where asked for.

    Of very many dates it looks at the nearest of each kind, and says that there are more.
    """
    if recipient.rhythm is Rhythm.OFF:
        return Excerpt([], 0)
    dues, has_more = dues_ahead(recipient, on)
    seen = seen_of(recipient.user, dues)
    days = list(days_of_digests(recipient, on))
    wanted = filter(recipient.wants, dues)
    plan = cache(partial(next_day, recipient, days))
    planned = {due: day for due in wanted if (day := plan(on_its_day(due), seen.get(due)))}
    first = sorted(planned.items(), key=order)
    href = asked.all_of("next")
    shown = dict(first[: MAX_SHOWN if href else MAX_ROWS])
    items = items_of(dict.fromkeys(shown, on))
    rows = [Upcoming(day, items[due]) for due, day in shown.items() if due in items]
    total = len(planned) - (len(shown) - len(rows))
    return Excerpt(rows, total, href, is_total_capped=has_more)


def dues_ahead(recipient: Recipient, on: date) -> Nearest:
    """What may be told within 60 days."""
    farthest = max(recipient.preference.thresholds) + DAYS_AHEAD
    if recipient.partner is None:
        return Nearest(due_of_staff(on, farthest), has_more=False)
    return nearest_due_at(recipient.partner, on, farthest)


def order(planned: tuple[Due, date]) -> tuple[date, bool, date, int]:
    """By the day of the email; what lapsed before it stands in its end, as in the email."""
    due, day = planned
    return day, due.lapsed_before(day), due.due_on, due.subject_id


def on_its_day(due: Due) -> Due:
    """The same for all that are due alike: many things are on one day."""
    return due._replace(subject_id=0)


def next_day(
    recipient: Recipient, days: Sequence[date], due: Due, last_threshold: int | None
) -> date | None:
    """The first of `days` on which it is told at a threshold as near as none was before.

    What happens by itself once its day is over is not known before.
    """
    thresholds, rhythm = recipient.preference.thresholds, recipient.rhythm

    def reminds(day: date) -> bool:
        threshold = due.threshold(thresholds, day, rhythm.days_until_next(day))
        return threshold is not None and (last_threshold is None or threshold < last_threshold)

    # Up to its day, thresholds only come nearer
    until = max(bisect_right(days, due.due_on), 1)
    first = bisect_left(days, True, hi=until, key=reminds)
    return days[first] if first < until else None


def days_of_digests(recipient: Recipient, on: date) -> Iterator[date]:
    """When a digest may come, from the next one on."""
    rhythm, day = recipient.rhythm, on
    has_one = digests_between.rows(recipient.user, rhythm.first_day(on), on, *recipient.at)
    step = WEEK if rhythm is Rhythm.WEEKLY else 1
    if has_one:
        day = rhythm.first_day(on) + timedelta(days=step)
    while day <= on + timedelta(days=DAYS_AHEAD):
        yield day
        day = rhythm.first_day(day) + timedelta(days=step)


@PreparedQuery
def digests_between(user: int, first: date, last: date, *at: int) -> QuerySet[Any, Any]:
    """One of them, if there is any."""
    theirs = Digest.objects.filter(user=user, partner=partner_at(at))
    found = theirs.filter(for_day__gte=first, for_day__lte=last).order_by()
    return found.values_list("pk")[:1]
