"""The attempts and refusals of many rooms, without model instances."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import Q

from benefits_portal.practice.models import ExerciseAttempt, Room
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Record

What = ExerciseAttempt.What


class AttemptRow(NamedTuple):
    """The values of an ExerciseAttempt: a class has thousands."""

    exercise: str
    what: str
    at: datetime
    finding: str
    question: int
    params: dict[str, Any]
    by: str

    @property
    def is_pass(self) -> bool:
        return self.what == What.CHECKED and not self.finding


def attempts_in(rooms: Sequence[Room]) -> dict[int, list[AttemptRow]]:
    found: dict[int, list[AttemptRow]] = defaultdict(list)
    current = ExerciseAttempt.objects.current().filter(room__in=[room.pk for room in rooms])
    for room, *values in current.order_by("at", "pk").values_list("room", *AttemptRow._fields):
        found[room].append(AttemptRow(*values))
    return found


def refusals_in(
    rooms: Sequence[Room], taken: dict[int, list[AttemptRow]], since: datetime | None
) -> dict[int, list["RefusalRow"]]:
    """Refusals of trainees by room, after `since` or the beginning of the first exercise.

    Without refusals of trainers.
    """
    found: dict[int, list[RefusalRow]] = defaultdict(list)
    begun = [each.at for own in taken.values() for each in own if each.what == What.BEGUN]
    since = since or min(begun, default=None)
    if since is None:
        return found
    pks = [room.pk for room in rooms]
    trainers = {room.of_class.made_by_id for room in rooms if room.of_class}
    refused = Record.objects.exclude(refused="").filter(
        Q(at__gte=since) | Q(last_at__gte=since),
        partner__room__room__in=pks,
        actor__is_staff=False,
    )
    refused = refused.exclude(actor__in=trainers)
    rows = refused.order_by("at", "pk").values_list(
        "partner__room__room", "at", "last_at", "times", "refused", "params"
    )
    for room, *row in rows:
        found[room].append(RefusalRow(*row))
    return found


@dataclass(frozen=True)
class RefusalRow:
    """A refusal on record, and how often it occurred within an hour."""

    at: datetime
    last_at: datetime | None
    times: int
    code: str
    params: dict[str, Any]

    @property
    def message(self) -> str:
        return str(Refusal.message_of(self.code, self.params))

    @property
    def latest(self) -> datetime:
        return self.last_at or self.at

    def times_since(self, moment: datetime) -> int:
        return self.times if self.at >= moment else 1
