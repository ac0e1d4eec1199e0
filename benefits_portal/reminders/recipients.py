"""Who gets reminders, and which due dates each has not been told of (R1 to R4, R7)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import Min, Q, QuerySet

from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import RoleAssignment, User
from benefits_portal.tenants.staff_permissions import PROGRAM

from .models import Preference, Rhythm, Silence, Told
from .mornings import LocalCalendar
from .topics import Due, Occasion, Topic

BENEFIT, SUBSCRIPTION = "benefit", "subscription"
# The kind of thing whose silence covers an occasion
SILENCED_BY = {
    Occasion.KEY_EXPIRES: BENEFIT,
    Occasion.CREDIT_EXPIRES: BENEFIT,
    Occasion.CREDIT_MONTH_ENDS: BENEFIT,
    Occasion.SUBSCRIPTION_ENDS: SUBSCRIPTION,
    Occasion.SUBSCRIPTION_DISABLED: SUBSCRIPTION,
    Occasion.SUBSCRIPTION_DELETED: SUBSCRIPTION,
}

type Seen = dict[Due, int]  # the nearest threshold, in days, that a person was told of
type Item = tuple[Due, int]  # a due date and the threshold, in days, at which it is told


@dataclass(frozen=True)
class Recipient:
    """A person at one partner, or in the program team (no partner), with their choices.

    `user` and `partner` are primary keys. `acts_since` is the day on which the person got a role
    that may act.
    """

    user: int
    partner: int | None
    preference: Preference
    silenced: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    acts_since: date = date.min

    @property
    def key(self) -> tuple[int, int | None]:
        return self.user, self.partner

    @property
    def partner_args(self) -> tuple[int, ...]:
        """The partner as the last argument of a prepared query; none for the program team."""
        return () if self.partner is None else (self.partner,)

    @cached_property
    def topics(self) -> frozenset[Topic]:
        return self.preference.topics

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.preference.rhythm)

    def items(self, dues: Iterable[Due], on: date) -> list[Item]:
        """The due dates that have reached a threshold, whether told before or not."""
        days, thresholds = self.rhythm.days_until_next(on), self.preference.thresholds
        return [
            (due, threshold)
            for due in dues
            if self.wants(due) and (threshold := due.threshold(thresholds, on, days)) is not None
        ]

    def wants(self, due: Due) -> bool:
        """Whether the topic is on, the thing not silenced, and the person could still act on it."""
        kind = SILENCED_BY.get(due.occasion)
        return (
            due.occasion.topic in self.topics
            and (kind is None or (kind, due.subject_id) not in self.silenced)
            and not due.lapsed_before(self.acts_since)
        )


def partner_of(args: tuple[int, ...]) -> int | None:
    """The partner in `Recipient.partner_args`: `IS NULL` and `= …` are prepared separately."""
    return args[0] if args else None


def nearest_first(item: Item) -> tuple[date, int]:
    """The sort key of the items in a digest."""
    due, _threshold = item
    return due.due_on, due.subject_id


def untold(items: Iterable[Item], seen: Seen) -> list[Item]:
    """The items whose due date was not told before at a threshold as near (R2, R3)."""
    return [
        (due, threshold) for due, threshold in items if due not in seen or threshold < seen[due]
    ]


def recipients_at(partners: Sequence[int]) -> list[Recipient]:
    """Everyone who may act for one of `partners`; four queries."""
    held = RoleAssignment.objects.acting().filter(partner__in=partners).order_by("partner", "user")
    return recipients(held.values_list("user_id", "partner_id"))


def recipients_of_staff() -> list[Recipient]:
    """The program team; four queries."""
    return recipients((user, None) for user in program_team().values_list("pk", flat=True))


def program_team() -> QuerySet[User]:
    """Active staff with the rights of the program team."""
    may_change = Q(is_superuser=True) | Q(
        pk__in=User.groups.through._base_manager.filter(group__name=PROGRAM).values("user")
    )
    return User.objects.filter(may_change, is_staff=True, is_active=True).order_by("pk")


def entitled(pairs: Iterable[tuple[int, int | None]]) -> set[tuple[int, int | None]]:
    """The `pairs` of user and partner that may get reminders now (R7)."""
    wanted = set(pairs)
    users = {user for user, _partner in wanted}
    partners = {partner for _user, partner in wanted if partner is not None}
    held = RoleAssignment.objects.acting().filter(user__in=users, partner__in=partners)
    found: set[tuple[int, int | None]] = set(held.values_list("user_id", "partner_id"))
    if any(partner is None for _user, partner in wanted):
        team = program_team().filter(pk__in=users)
        found |= {(user, None) for user in team.values_list("pk", flat=True)}
    return found


def recipients(pairs: Iterable[tuple[int, int | None]]) -> list[Recipient]:
    """Recipients for `pairs` of user and partner; three queries besides that of the pairs."""
    wanted = list(pairs)
    users = {user for user, _partner in wanted}
    partners = {partner for _user, partner in wanted if partner is not None}
    return recipients_of(
        wanted,
        Preference.objects.filter(user__in=users),
        Silence.objects.of_users(users),
        days_of_roles().filter(user__in=users, partner__in=partners),
    )


def recipient_of(user: int, partner: int | None) -> Recipient:
    """The same for one pair, by prepared queries, for a page."""
    choices = preferences_of.rows(user)
    roles = [] if partner is None else role_at.rows(user, partner)
    [found] = recipients_of([(user, partner)], choices, silences_of.rows(user), roles)
    return found


@PreparedQuery
def preferences_of(user: int) -> QuerySet[Preference]:
    return Preference.objects.filter(user=user)


@PreparedQuery
def silences_of(user: int) -> QuerySet[Silence]:
    return Silence.objects.of_users([user])


@PreparedQuery
def role_at(user: int, partner: int) -> QuerySet[Any, Any]:
    return days_of_roles().filter(user=user, partner=partner)


def recipients_of(
    wanted: Sequence[tuple[int, int | None]],
    preferences: Iterable[Preference],
    silences: Iterable[Silence],
    roles: Iterable[tuple[int, int, datetime, str]],
) -> list[Recipient]:
    """Recipients for the pairs in `wanted`; `roles` are the rows of `days_of_roles`."""
    chosen = {(each.user_id, each.partner_id): each for each in preferences}
    silenced: defaultdict[tuple[int, int | None], set[tuple[str, int]]] = defaultdict(set)
    for silence in silences:
        silenced[silence.user_id, silence.partner_id].add(silence.thing)
    since: dict[tuple[int, int | None], date] = {
        (user, partner): LocalCalendar(time_zone).day(acts_since)
        for user, partner, acts_since, time_zone in roles
    }
    return [
        Recipient(
            *pair,
            chosen.get(pair) or Preference(user_id=pair[0], partner_id=pair[1]),
            frozenset(silenced.get(pair, ())),
            since.get(pair, date.min),
        )
        for pair in wanted
    ]


def days_of_roles() -> QuerySet[RoleAssignment, Any]:
    """Since when each user may act at each partner, in real time, with the time zone."""
    rows = RoleAssignment.objects.order_by()
    return rows.values_list("user_id", "partner_id", "acts_since", "partner__time_zone")


def seen_by(users: Collection[int], dues: Iterable[Due]) -> dict[int, Seen]:
    """What `users` were told of the things in `dues`, and of things with keys in between, by user.

    One query for a range of primary keys, which an index serves; none without users.
    """
    subjects = {due.subject_id for due in dues}
    if not users:
        return {}
    between = {"subject_id__gte": min(subjects), "subject_id__lte": max(subjects)}
    return nearest_seen(Told.objects.filter(user__in=users, **between))


def seen_of(user: int, dues: Iterable[Due]) -> Seen:
    """What `user` was told of `dues`, or of more; one query, two if that is more than MAX_COUNT."""
    found = seen_rows.rows(user)
    if len(found) > MAX_COUNT:
        rows = Told.objects.filter(user=user, subject_id__in={due.subject_id for due in dues})
        return nearest_seen(rows).get(user, {})
    seen: Seen = {}
    for occasion, subject_id, due_on, threshold in found:
        due = Due(Occasion(occasion), subject_id, due_on)
        seen[due] = min(threshold, seen.get(due, threshold))
    return seen


@PreparedQuery
def seen_rows(user: int) -> QuerySet[Any, Any]:
    """Everything that `user` was told, or MAX_COUNT + 1 rows of it."""
    rows = Told.objects.filter(user=user).order_by()
    return rows.values_list("occasion", "subject_id", "due_on", "threshold")[: MAX_COUNT + 1]


def nearest_seen(reminded: QuerySet[Told]) -> dict[int, Seen]:
    rows = reminded.order_by().values_list("user", "occasion", "subject_id", "due_on")
    seen: defaultdict[int, Seen] = defaultdict(dict)
    for user, occasion, subject_id, due_on, nearest in rows.annotate(nearest=Min("threshold")):
        seen[user][Due(Occasion(occasion), subject_id, due_on)] = nearest
    return seen
