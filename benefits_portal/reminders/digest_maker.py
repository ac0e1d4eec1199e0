"""Makes the digests of a day, and writes what each tells before it is sent (R4, R5).

Works on CHUNK partners at a time, by a fixed number of queries for each chunk.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.utils import make_msgid
from itertools import batched, chain

from django.db import transaction
from django.db.models import Q

from benefits_portal.tenants.models import Partner
from benefits_portal.tenants.models.mail import mail_domain

from .due import due_at, due_of_staff
from .models import Digest, Rhythm, Run, Told
from .models.preference import WEEK
from .mornings import LocalCalendar, Morning
from .recipients import (
    Item,
    Recipient,
    nearest_first,
    recipients_at,
    recipients_of_staff,
    seen_by,
    untold,
)
from .topics import THRESHOLDS, Due

CHUNK = 1_000  # partners at a time
AT_ONCE = 250  # digests per transaction, so that other runs do not wait for long
MAX_ITEMS = 2_000  # in one digest; the rest comes in the next one
DUES_AT_A_TIME = 2_000  # due dates in memory

type Key = tuple[int, int | None]  # primary keys of user and partner; None for the program team
type Wanted = dict[Key, list[Item]]
type Dues = Iterable[tuple[int | None, Due]]  # with the partner's primary key, or None
type Calendars = Mapping[int | None, LocalCalendar]


@dataclass(frozen=True)
class DigestMaker:
    """Makes digests at one moment; `run` is None if a person asked for theirs."""

    at: datetime
    run: Run | None = None
    is_dry: bool = False  # only count

    def make(self, morning: Morning) -> int:
        """Make the digests of a morning; return how many."""
        if morning.is_of_staff:
            return self.make_of_staff(morning.on)
        return sum(self.make_at(partners, morning.on) for partners in partner_chunks(morning))

    def make_at(self, partners: Calendars, on: date) -> int:
        """Make the digests of one day at some partners; return how many."""
        pks = [pk for pk in partners if pk is not None]
        recipients = recipients_at(pks)
        dues = due_at(pks, on, horizon(recipients))
        return self.make_for(recipients, dues, partners, on)

    def make_of_staff(self, on: date) -> int:
        recipients = recipients_of_staff()
        if not recipients:
            return 0
        dues = without_partner(due_of_staff(on, horizon(recipients)))
        return self.make_for(recipients, dues, {None: LocalCalendar.of(None)}, on)

    def make_for(
        self,
        recipients: Sequence[Recipient],
        dues: Dues,
        calendars: Calendars,
        on: date,
    ) -> int:
        waiting, served = self.digests_of(recipients, calendars, on)
        open_to = [each for each in recipients if each.key not in served]
        wanted = new_items(open_to, dues, on)
        if self.is_dry:
            return len(wanted)
        return sum(self.claim(part, waiting, on) for part in batches(wanted))

    def digests_of(
        self,
        recipients: Sequence[Recipient],
        calendars: Calendars,
        on: date,
    ) -> tuple[dict[Key, int], set[Key]]:
        """Each recipient's waiting digest, and the recipients who get no other one now (R4)."""
        rhythms = {each.key: each.rhythm for each in recipients}
        around = Q(for_day__gt=on - timedelta(days=WEEK), for_day__lte=on)
        rows = Digest.objects.filter(
            around | Q(next_try_at__isnull=False), user__in={user for user, _partner in rhythms}
        )
        waiting, served = {}, {key for key, rhythm in rhythms.items() if rhythm is Rhythm.OFF}
        for digest in rows:
            key = digest.user_id, digest.partner_id
            if (rhythm := rhythms.get(key)) is None:
                continue
            calendar = calendars[digest.partner_id]
            if digest.next_try_at is not None:
                waiting[key] = digest.pk
            elif digest.gave_up_at is None and (
                rhythm.first_day(on) <= digest.for_day <= on or was_sent_on(digest, calendar, on)
            ):
                served.add(key)
        return waiting, served

    def claim(self, wanted: Wanted, waiting: Mapping[Key, int], on: date) -> int:
        """Write new digests and what each tells, in one transaction; return how many are new.

        Unique constraints decide between several processes: one of them gets each digest, and each
        thing is told once. New items go into a waiting digest, unless it is being sent.
        """
        with transaction.atomic():
            into = self.free(waiting, wanted)
            new = [self.digest(*key, on) for key in wanted if key not in waiting]
            Digest.objects.bulk_create(new, ignore_conflicts=True)
            won = Digest.objects.filter(message_id__in=[each.message_id for each in new])
            claimed = {
                (user, partner): pk
                for pk, user, partner in won.order_by().values_list("pk", "user", "partner")
            }
            Told.objects.bulk_create(rows(wanted, claimed | into), ignore_conflicts=True)
            # All of their items have meanwhile been told by another run, for another day
            empty, _each = Digest.objects.filter(pk__in=claimed.values(), told=None).delete()
        return len(claimed) - empty

    def digest(self, user: int, partner: int | None, on: date) -> Digest:
        """A new digest that is to be sent at once."""
        return Digest(
            user_id=user,
            partner_id=partner,
            run=self.run,
            for_day=on,
            made_at=self.at,
            message_id=make_msgid(domain=mail_domain()),
            next_try_at=self.at,
        )

    def free(self, waiting: Mapping[Key, int], wanted: Wanted) -> dict[Key, int]:
        """Lock the `waiting` digests that no process is sending, until the transaction ends."""
        pks = {waiting[key]: key for key in wanted if key in waiting}
        if not pks:
            return {}
        free = Digest.objects.to_try(self.at).select_for_update(skip_locked=True)
        found = free.filter(pk__in=pks).order_by("pk").values_list("pk", flat=True)
        return {pks[pk]: pk for pk in found}


def partner_chunks(morning: Morning) -> Iterator[Calendars]:
    """The calendars of a morning's partners by primary key, CHUNK at a time."""
    last = 0
    partners = Partner.objects.filter(morning.partners).order_by("pk")
    while found := list(
        partners.filter(pk__gt=last).values_list("pk", "time_zone", "days_ahead")[:CHUNK]
    ):
        last = found[-1][0]
        yield {pk: LocalCalendar(time_zone, ahead) for pk, time_zone, ahead in found}


def batches(wanted: Wanted) -> Iterator[Wanted]:
    """`wanted` in parts of AT_ONCE digests."""
    items = list(wanted.items())
    for first in range(0, len(items), AT_ONCE):
        yield dict(items[first : first + AT_ONCE])


def horizon(recipients: Iterable[Recipient]) -> int:
    """The number of days ahead that any of `recipients` may be told of."""
    chosen = {max(each.preference.thresholds, default=0) for each in recipients}
    return max(chosen | {max(THRESHOLDS)}) + WEEK


def without_partner(dues: Iterable[Due]) -> Dues:
    return ((None, due) for due in dues)


def new_items(recipients: Iterable[Recipient], dues: Dues, on: date) -> Wanted:
    """The items that each recipient is told, the nearest day first; only recipients with items.

    Reads `dues` in batches and keeps only what is told: a partner may have very many.
    """
    by_partner: defaultdict[int | None, list[Recipient]] = defaultdict(list)
    for each in recipients:
        by_partner[each.partner].append(each)
    wanted: Wanted = {}
    for some in batched(dues, DUES_AT_A_TIME, strict=False) if by_partner else ():
        for key, items in new_items_among(some, by_partner, on).items():
            wanted[key] = sorted(wanted.get(key, []) + items, key=nearest_first)[:MAX_ITEMS]
    return wanted


def new_items_among(
    dues: Dues, recipients: Mapping[int | None, list[Recipient]], on: date
) -> Wanted:
    """The same for one batch of `dues`, with `recipients` by partner; in no order."""
    found: defaultdict[int | None, list[Due]] = defaultdict(list)
    for partner, due in dues:
        found[partner].append(due)
    passed = {
        each.key: items
        for partner, theirs in found.items()
        for each in recipients.get(partner, ())
        if (items := each.items(theirs, on))
    }
    seen = seen_by({user for user, _partner in passed}, chain.from_iterable(found.values()))
    new = {key: untold(items, seen.get(key[0], {})) for key, items in passed.items()}
    return {key: items for key, items in new.items() if items}


def rows(wanted: Wanted, claimed: Mapping[Key, int]) -> list[Told]:
    return [
        Told(
            digest_id=claimed[key],
            user_id=key[0],
            occasion=due.occasion,
            subject_id=due.subject_id,
            due_on=due.due_on,
            threshold=threshold,
        )
        for key, items in wanted.items()
        if key in claimed
        for due, threshold in items
    ]


def was_sent_on(digest: Digest, calendar: LocalCalendar, on: date) -> bool:
    """Whether `digest` was sent on the local day `on`, whichever day it was made for (R4)."""
    return digest.sent_at is not None and calendar.day(digest.sent_at) == on
