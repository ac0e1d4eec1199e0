"""Who gets reminders, and what of what is due is new to them (R1 to R4, R7)."""

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
# What a silence covers: the things of that kind
SILENCED_BY = {
    Occasion.KEY_EXPIRES: BENEFIT,
    Occasion.CREDIT_EXPIRES: BENEFIT,
    Occasion.CREDIT_MONTH_ENDS: BENEFIT,
    Occasion.SUBSCRIPTION_ENDS: SUBSCRIPTION,
    Occasion.SUBSCRIPTION_DISABLED: SUBSCRIPTION,
    Occasion.SUBSCRIPTION_DELETED: SUBSCRIPTION,
}

type Seen = dict[Due, int]  # the nearest threshold that was told of it
type Item = tuple[Due, int]  # what is told, at which threshold


@dataclass(frozen=True)
class Recipient:
    """Somebody at one partner, or of the program team, with what they chose."""

    user: int
    partner: int | None
    preference: Preference
    silenced: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    acts_since: date = date.min

    @property
    def key(self) -> tuple[int, int | None]:
        return self.user, self.partner

    @property
    def at(self) -> tuple[int, ...]:
        """The partner as queries by `partner_at` are given it: none for the program team."""
        return () if self.partner is None else (self.partner,)

    @cached_property
    def topics(self) -> frozenset[Topic]:
        return self.preference.topics

    @property
    def rhythm(self) -> Rhythm:
        return Rhythm(self.preference.rhythm)

    def items(self, dues: Iterable[Due], on: date) -> list[Item]:
        """What has passed a threshold; told before or not."""
        days, thresholds = self.rhythm.days_until_next(on), self.preference.thresholds
        return [
            (due, threshold)
            for due in dues
            if self.wants(due) and (threshold := due.threshold(thresholds, on, days)) is not None
        ]

    def wants(self, due: Due) -> bool:
        """Whether its topic is on, the thing not silenced, and it did not lapse before them."""
        kind = SILENCED_BY.get(due.occasion)
        return (
            due.occasion.topic in self.topics
            and (kind is None or (kind, due.subject_id) not in self.silenced)
            and not due.lapsed_before(self.acts_since)
        )


def partner_at(at: tuple[int, ...]) -> int | None:
    """The partner of `Recipient.at`: with one and without, a query is prepared by itself."""
    return at[0] if at else None


def nearest_first(item: Item) -> tuple[date, int]:
    """The order in which things are told."""
    due, _threshold = item
    return due.due_on, due.subject_id


def untold(items: Iterable[Item], seen: Seen) -> list[Item]:
    """Those of which no threshold as near was told yet, of that very day (R2, R3)."""
    return [
        (due, threshold) for due, threshold in items if due not in seen or threshold < seen[due]
    ]


def recipients_at(partners: Sequence[int]) -> list[Recipient]:
    """Whoever may act for one of `partners`; four queries."""
    held = RoleAssignment.objects.acting().filter(partner__in=partners).order_by("partner", "user")
    return recipients(held.values_list("user_id", "partner_id"))


def recipients_of_staff() -> list[Recipient]:
    """The program team: whoever may decide what partners ask for; four queries."""
    return recipients((user, None) for user in program_team().values_list("pk", flat=True))


def program_team() -> QuerySet[User]:
    """Active staff who may change what the program team changes."""
    may_change = Q(is_superuser=True) | Q(
        pk__in=User.groups.through._base_manager.filter(group__name=PROGRAM).values("user")
    )
    return User.objects.filter(may_change, is_staff=True, is_active=True).order_by("pk")


def entitled(pairs: Iterable[tuple[int, int | None]]) -> set[tuple[int, int | None]]:
    """Those of `pairs` who may act at the partner now, or are of the program team now (R7)."""
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
    """Each of `pairs` with what they chose; three queries besides that of the pairs."""
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
    """The same of one, for a page."""
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
    """Each of `wanted`; `roles` are from `days_of_roles`."""
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
    """Since when each came to act at a partner, whose calendar nobody moved."""
    rows = RoleAssignment.objects.order_by()
    return rows.values_list("user_id", "partner_id", "acts_since", "partner__time_zone")


def seen_by(users: Collection[int], dues: Iterable[Due]) -> dict[int, Seen]:
    """What `users` were told of things as `dues` are about, and of those between them, by user.

    One query, by what the index of what was told begins with; none for nobody.
    """
    subjects = {due.subject_id for due in dues}
    if not users:
        return {}
    between = {"subject_id__gte": min(subjects), "subject_id__lte": max(subjects)}
    return nearest_of(Told.objects.filter(user__in=users, **between))


def seen_of(user: int, dues: Iterable[Due]) -> Seen:
    """What `user` was told of `dues`, at least; one query, two for who was told very much."""
    found = heard_by.rows(user)
    if len(found) > MAX_COUNT:
        rows = Told.objects.filter(user=user, subject_id__in={due.subject_id for due in dues})
        return nearest_of(rows).get(user, {})
    seen: Seen = {}
    for occasion, subject_id, due_on, threshold in found:
        due = Due(Occasion(occasion), subject_id, due_on)
        seen[due] = min(threshold, seen.get(due, threshold))
    return seen


@PreparedQuery
def heard_by(user: int) -> QuerySet[Any, Any]:
    """All of it unless that is very much."""
    rows = Told.objects.filter(user=user).order_by()
    return rows.values_list("occasion", "subject_id", "due_on", "threshold")[: MAX_COUNT + 1]


def nearest_of(reminded: QuerySet[Told]) -> dict[int, Seen]:
    rows = reminded.order_by().values_list("user", "occasion", "subject_id", "due_on")
    seen: defaultdict[int, Seen] = defaultdict(dict)
    for user, occasion, subject_id, due_on, nearest in rows.annotate(nearest=Min("threshold")):
        seen[user][Due(Occasion(occasion), subject_id, due_on)] = nearest
    return seen
