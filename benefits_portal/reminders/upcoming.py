"""What a person will be reminded of next, and when (R1 to R4)."""

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
from .due_item_finders import find_due_items
from .models import Digest, Rhythm
from .models.preference import WEEK
from .recipients import Recipient, partner_of, seen_of
from .topics import Due

DAYS_AHEAD, MAX_SHOWN = 60, 12


@dataclass(frozen=True)
class Upcoming:
    """An item, and the day on which it will be told."""

    on: date
    item: DueItem

    @property
    def sentence(self) -> str:
        """As the email will say it, with the days left on that day."""
        return self.item.sentence(self.on)


def upcoming(recipient: Recipient, on: date, asked: PageQuery = NO_QUERY) -> Excerpt[Upcoming]:
    """What is told within DAYS_AHEAD days, as things stand; the first, or all if `asked` says so.

    Looks at no more than the nearest dates of each kind; if there are more, the total is capped.
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
    items = find_due_items(dict.fromkeys(shown, on))
    rows = [Upcoming(day, items[due]) for due, day in shown.items() if due in items]
    total = len(planned) - (len(shown) - len(rows))
    return Excerpt(rows, total, href, is_total_capped=has_more)


def dues_ahead(recipient: Recipient, on: date) -> Nearest:
    """The due dates that may be told within DAYS_AHEAD days."""
    farthest = max(recipient.preference.thresholds) + DAYS_AHEAD
    if recipient.partner is None:
        return Nearest(due_of_staff(on, farthest), has_more=False)
    return nearest_due_at(recipient.partner, on, farthest)


def order(planned: tuple[Due, date]) -> tuple[date, bool, date, int]:
    """Sort by the day of the email, then as the email does: lapsed items last."""
    due, day = planned
    return day, due.lapsed_before(day), due.due_on, due.subject_id


def on_its_day(due: Due) -> Due:
    """`due` without its thing, as a cache key: many things are due on the same day."""
    return due._replace(subject_id=0)


def next_day(
    recipient: Recipient, days: Sequence[date], due: Due, last_threshold: int | None
) -> date | None:
    """The first of `days` on which `due` is told at a nearer threshold than `last_threshold`.

    Only until its day: whether it is told afterwards depends on what happens until then.
    """
    thresholds, rhythm = recipient.preference.thresholds, recipient.rhythm

    def reminds(day: date) -> bool:
        threshold = due.threshold(thresholds, day, rhythm.days_until_next(day))
        return threshold is not None and (last_threshold is None or threshold < last_threshold)

    # Until its day `reminds` turns true once, so bisect finds the first day
    until = max(bisect_right(days, due.due_on), 1)
    first = bisect_left(days, True, hi=until, key=reminds)
    return days[first] if first < until else None


def days_of_digests(recipient: Recipient, on: date) -> Iterator[date]:
    """The days on which a digest may be sent, from the next one on."""
    rhythm, day = recipient.rhythm, on
    has_one = digests_between.rows(
        recipient.user, rhythm.first_day(on), on, *recipient.partner_args
    )
    step = WEEK if rhythm is Rhythm.WEEKLY else 1
    if has_one:
        day = rhythm.first_day(on) + timedelta(days=step)
    while day <= on + timedelta(days=DAYS_AHEAD):
        yield day
        day = rhythm.first_day(day) + timedelta(days=step)


@PreparedQuery
def digests_between(user: int, first: date, last: date, *partner: int) -> QuerySet[Any, Any]:
    """One digest of those days, if there is any; `partner` is `Recipient.partner_args`."""
    theirs = Digest.objects.filter(user=user, partner=partner_of(partner))
    found = theirs.filter(for_day__gte=first, for_day__lte=last).order_by()
    return found.values_list("pk")[:1]
