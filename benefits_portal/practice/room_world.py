"""Make and delete a room's world: a copy of a situation's partners and people, and its story.

MPN IDs, domains and email addresses of the copies contain the room's suffix, so that they are
unique.
"""

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any

from django.apps import apps
from django.core.cache import cache
from django.db import models, transaction
from django.db.models import F, Q

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit, Membership, ProductKey
from benefits_portal.licensing.models import LicenseAssignment, Replacement, Subscription
from benefits_portal.reminders.models import Digest, Preference, Told
from benefits_portal.tenants.models import (
    Actor,
    DirectoryUser,
    FormerName,
    How,
    Mail,
    Partner,
    Record,
    RoleAssignment,
    User,
)

from .codes import ALPHABET
from .exceptions import StartedOverMeanwhile
from .handmade import (
    accounts_at,
    all_rows,
    delete,
    forget_accounts,
    models_of_partners,
    partners_of_room,
)
from .models import Persona, PracticeAction, Room, RoomPartner
from .situations import Situation, chapters_of, own_domain, rows_of
from .story import BEFORE_THE_STORY, play

# The account that enrolls the partners of rooms; no one can sign in to it
STORYTELLER = "program-team@benefits-portal.example"
COPIED_MODELS = (
    *("tenants.partner", "tenants.tenant", "tenants.directoryuser", "tenants.user"),
    *("tenants.roleassignment", "practice.roompartner", "practice.persona"),
)
# The models whose rows actions lock, in the order of their locks
LOCKED_BY_ACTIONS: tuple[type[models.Model], ...] = (
    *(Replacement, Membership, DirectoryUser, ProductKey, Benefit, Subscription),
    LicenseAssignment,
)
# Rows that are deleted with an account, at any partner
DELETED_WITH_ACCOUNT = (RoleAssignment, User.groups.through, User.user_permissions.through)


def open_room(room: Room) -> None:
    """Make the world of `room` unless it is there; of two requests at once, one makes it."""
    with transaction.atomic():
        locked = Room.objects.select_for_update(of=("self",)).get(pk=room.pk)
        if locked.generation == 0:
            _fill(room)
    room.refresh_from_db(fields=["generation"])


def start_over(room: Room, *, by: User | None = None, generation: int | None = None) -> None:
    """Replace the world of `room` in one transaction; its people are signed out (T7).

    If a trainer does it (`by`), that is the first entry of the new record. Raises
    StartedOverMeanwhile unless the room is of `generation`, or none is given.
    """
    with transaction.atomic():
        locked = Room.objects.select_for_update(of=("self",)).get(pk=room.pk)
        if generation not in (None, locked.generation):
            raise StartedOverMeanwhile
        empty_room(room)
        _fill(room)
        for partner in room.partners() if by else ():
            Record.objects.log(
                PracticeAction.STARTED_OVER,
                by=Actor(by, How.TRAINER),
                partner=partner,
                subject=partner,
            )
        Room.objects.filter(pk=room.pk).update(hand_raised_at=None)
    cache.clear()  # the filters of a list are kept for a minute
    room.refresh_from_db(fields=["generation", "hand_raised_at"])


def _fill(room: Room) -> None:
    """Make the world in the language and on the day of the room's class (T6)."""
    of_class = room.of_class
    assert of_class is not None  # noqa: S101 - the shared world is reset as a whole
    on = clock.today()
    furnish(room, room.situation, on)
    User.objects.filter(persona__room=room).update(language=of_class.language)
    room.partners().update(days_ahead=of_class.days_ahead)
    Room.objects.filter(pk=room.pk).update(generation=F("generation") + 1, story_on=on)


def furnish(room: Room, situation: Situation, on: date) -> None:
    """Make the world of the empty `room` as of `on`. Raises StoryError."""
    with transaction.atomic():
        with clock.frozen_at(on - BEFORE_THE_STORY, "UTC"):
            partners = Copy(room, situation).make()
        users = room.users() | {"programme": storyteller()}
        for mpn_id, partner in partners.items():
            play(chapters_of(situation)[mpn_id], partner, users, on, room.suffix)


def storyteller() -> User:
    """The account that acts for the program team in stories; no one can sign in to it."""
    name = {"name": "Program team", "password": "!", "is_staff": True, "is_active": False}
    return User.objects.get_or_create(email=STORYTELLER, defaults=name)[0]


class Copy:
    """Copies the part of a situation's fixture that a room gets."""

    def __init__(self, room: Room, situation: Situation) -> None:
        self.room, self.situation = room, situation
        # By model label and the primary key in the fixture
        self.made: dict[tuple[str, int], models.Model] = {("practice.room", 1): room}

    def make(self) -> dict[str, Partner]:
        """Its partners by the MPN IDs that they have in the fixture."""
        rows = rows_of(self.situation)
        for label in COPIED_MODELS:
            for row in rows:
                if row["model"] == label and (made := self.copy(row)):
                    made.save()
                    self.made[label, row["pk"]] = made
        return {
            row["fields"]["mpn_id"]: partner
            for row in rows
            if isinstance(partner := self.made.get((row["model"], row["pk"])), Partner)
        }

    def copy(self, row: dict[str, Any]) -> models.Model | None:
        """An unsaved copy of a fixture's row; None for rows of other partners or of staff."""
        fields, model = row["fields"], apps.get_model(row["model"])
        if fields.get("mpn_id", self.situation.partners[0]) not in self.situation.partners:
            return None
        if model is User and "directory_user" not in fields:
            return None
        values = {}
        for name, value in fields.items():
            related = model._meta.get_field(name).related_model
            if not related:
                values[name] = OWN[name](value, self.room.suffix) if name in OWN else value
            elif found := self.made.get((related._meta.label_lower, value)):
                values[name] = found
            else:
                return None
        made: models.Model = model(**values)
        return made


def own_mpn_id(mpn_id: str, suffix: str) -> str:
    """The room's MPN ID for a fixture's: ten digits, from its last one and the suffix."""
    number = 0
    for letter in suffix:
        number = number * len(ALPHABET) + ALPHABET.index(letter)
    return f"52{mpn_id[-1]}{number:07}"


# Fields whose values differ from room to room
OWN: dict[str, Callable[[str, str], Any]] = {
    "mpn_id": own_mpn_id,
    "guid": lambda _guid, _suffix: uuid.uuid4(),
    "domain": own_domain,
    "user_principal_name": own_domain,
    "email": own_domain,
}


def empty_room(room: Room) -> None:
    """Delete the world of `room` with its partners and accounts; the room itself stays.

    Accounts that rows of other partners refer to are closed and lose their names instead.
    """
    partners = partners_of_room(room)
    personas = set(room.personas.values_list("user", flat=True))
    with transaction.atomic():
        lock_rows_of(partners)
        delete(all_rows(Persona).filter(room=room))
        accounts = personas | set(accounts_at(partners).values_list("pk", flat=True))
        delete(all_rows(RoomPartner).filter(room=room))
        all_rows(User).filter(directory_user__partner__in=partners).update(directory_user=None)
        forget_people(partners, accounts)
        for model in models_of_partners():
            delete(all_rows(model).filter(partner__in=partners))
        kept = close(seen_elsewhere(accounts))
        forget_accounts(list(accounts - kept), User.objects.none())
        delete(all_rows(Partner).filter(pk__in=partners))


def lock_rows_of(partners: list[int]) -> None:
    """Lock all rows of `partners`: wait for running actions, and let no new one begin.

    In the order of locks that actions use (docs/architecture.md). The partners come last, because
    each record refers to them. Rows that only refer to locked ones need no lock: their foreign
    keys are checked when the action commits.
    """
    theirs = all_rows(Partner).filter(pk__in=partners)
    lock(theirs, no_key=True)
    others = [each for each in models_of_partners() if each not in (*LOCKED_BY_ACTIONS, Record)]
    for model in (*LOCKED_BY_ACTIONS, *others):
        lock(all_rows(model).filter(partner__in=partners), no_key=True)
    lock(theirs)


def lock(rows: models.QuerySet[Any], *, no_key: bool = False) -> None:
    list(rows.order_by("pk").select_for_update(no_key=no_key).values_list("pk"))


def forget_people(partners: list[int], accounts: set[int]) -> None:
    """Delete rows without a partner that belong to `accounts` or to people of `partners`."""
    people = all_rows(DirectoryUser).filter(partner__in=partners).values("pk")
    delete(all_rows(FormerName).filter(Q(person__in=people) | Q(user__in=accounts)))
    digests = all_rows(Digest).filter(partner__in=partners).values("pk")
    delete(all_rows(Told).filter(Q(digest__in=digests) | Q(user__in=accounts)))
    delete(all_rows(Preference).filter(user__in=accounts))
    delete(all_rows(Mail).filter(recipient__in=accounts))
    delete(all_rows(Record).filter(partner=None, actor__in=accounts))


def seen_elsewhere(accounts: set[int]) -> set[int]:
    """The `accounts` that rows still refer to."""
    seen: set[int] = set()
    for model in apps.get_models(include_auto_created=True):
        for field in [] if model in DELETED_WITH_ACCOUNT else model._meta.concrete_fields:
            if field.related_model is User:
                rows = all_rows(model).filter(**{f"{field.name}__in": accounts})
                seen |= set(rows.order_by().values_list(field.name, flat=True))
    return seen


def close(accounts: set[int]) -> set[int]:
    """Close `accounts`, and remove names, email addresses and roles; return their keys."""
    for pk in accounts:
        email = f"gone-{pk}@{STORYTELLER.partition('@')[2]}"
        all_rows(User).filter(pk=pk).update(email=email, name="–", is_active=False)
    delete(all_rows(RoleAssignment).filter(user__in=accounts))
    return accounts
