"""Rooms: worlds to practice in, each with its own partners and people."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q, Value
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.fields import PersonNameField
from benefits_portal.personal import Personal
from benefits_portal.practice import codes
from benefits_portal.practice.situations import SHARED, SITUATIONS, Situation
from benefits_portal.tenants.models import Partner, User

if TYPE_CHECKING:
    from .classes import Class

MAX_NAME = 40
SUFFIX = 4  # characters
SIGNS_OF_LIFE = timedelta(seconds=20)  # `seen_at` is not written more often


class RoomQuerySet(models.QuerySet["Room"]):
    def shared(self) -> "Room | None":
        """The room of the demo's shared world; None if there is none."""
        return self.filter(of_class=None).first()

    def with_return_code(self, code: str) -> "Room | None":
        return self.filter(return_digest=codes.digest(code)).first()

    def enter(self, to: "Class", name: str, entry: str) -> "tuple[Room, bool]":
        """The body of `Class.room_for`."""
        with transaction.atomic():
            # One at a time: two requests could take the last seat, or the same name
            locked = type(to).objects.select_for_update().get(pk=to.pk)
            if there := self.filter(of_class=to, entry=entry).first():
                return there, False
            locked.check_room_left()
            room = self.create(
                of_class=to, name=self.free_name(to, name), suffix=self.free_suffix(), entry=entry
            )
            return room, True

    def free_name(self, to: "Class", name: str) -> str:
        """`name`, followed by a number if the class has that name already.

        Compared by the database, like its constraint: Python's lowercase of İ differs.
        """
        named = self.filter(of_class=to).annotate(lower=Lower("name"))
        number, free = 1, name
        while named.filter(lower=Lower(Value(free))).exists():
            number += 1
            free = f"{name[: MAX_NAME - 4].rstrip()} {number}"
        return free

    def free_suffix(self) -> str:
        while self.filter(suffix=(suffix := codes.drawn(SUFFIX))).exists():
            pass
        return suffix


class Room(models.Model):
    """A world to practice in.

    `suffix` is part of its MPN IDs, domains and email addresses. The shared room has no suffix and
    no class.
    """

    personal: ClassVar = {
        "suffix": None,
        "entry": None,
        "seen_as": None,
        "return_digest": Personal.SECRET,
    }

    of_class = models.ForeignKey(
        "practice.Class",
        models.CASCADE,
        null=True,
        related_name="rooms",
        verbose_name=_("class"),
        editable=False,
    )
    name = PersonNameField(_("name"), max_length=MAX_NAME, blank=True)
    suffix = models.SlugField(_("suffix"), max_length=8, blank=True, unique=True, editable=False)
    # How often its world was made: 0 while it is empty, more than 1 once it was started over
    generation = models.PositiveIntegerField(default=0, editable=False)
    story_on = models.DateField(null=True, editable=False)  # the day of its story, when made last
    entry = models.CharField(max_length=36, blank=True, editable=False)  # of the form that made it
    # The number of the only browser that may be in it: a return code brings the next one
    browser = models.PositiveIntegerField(default=1, editable=False)
    return_digest = models.CharField(  # noqa: DJ001 - unique
        max_length=64, null=True, unique=True, editable=False
    )
    entered_at = models.DateTimeField(_("entered at"), default=clock.now, editable=False)
    seen_at = models.DateTimeField(_("last sign of life"), null=True, editable=False)
    seen_as = models.CharField(_("persona"), max_length=30, blank=True, editable=False)
    hand_raised_at = models.DateTimeField(_("hand raised at"), null=True, editable=False)

    objects = RoomQuerySet.as_manager()

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(of_class=None, suffix="") | (Q(of_class__gt=0) & ~Q(suffix="")),
                name="room_of_a_class_has_a_suffix",
            ),
            models.UniqueConstraint("of_class", Lower("name"), name="room_name_once_in_a_class"),
            models.UniqueConstraint(fields=["of_class", "entry"], name="room_once_for_a_form"),
        ]

    def __str__(self) -> str:
        return self.name or str(_("shared world"))

    @property
    def situation(self) -> Situation:
        """The situation that its world begins with."""
        return SITUATIONS[self.of_class.situation] if self.of_class else SHARED

    # Who is there

    def new_return_code(self, submission: str = "") -> str:
        """Make a code with which its trainee can return (T4); the previous one stops working.

        The same for the same `submission`, so a double click shows a code that works (W11).
        """
        code = (
            codes.derived(f"return.{self.pk}.{submission}", codes.RETURN_CODE)
            if submission
            else codes.drawn(codes.RETURN_CODE)
        )
        Room.objects.filter(pk=self.pk).update(return_digest=codes.digest(code))
        return code

    def forget_form(self) -> None:
        """Let no one in again with the form that made it: a browser may still have it (W9)."""
        Room.objects.filter(pk=self.pk).update(entry=str(uuid.uuid4()))

    def change_browser(self) -> None:
        """Let another browser in, after a return code; the previous browser has to leave."""
        Room.objects.filter(pk=self.pk).update(browser=models.F("browser") + 1)
        self.refresh_from_db(fields=["browser"])

    def sign_of_life(self, slug: str, now: datetime) -> None:
        """Store that someone is there, as the persona `slug` (empty for no persona)."""
        is_new = self.seen_at is None or self.seen_at < now - SIGNS_OF_LIFE
        if is_new or (slug and slug != self.seen_as):
            Room.objects.filter(pk=self.pk).update(seen_at=now, seen_as=slug or self.seen_as)

    def raise_hand(self, *, up: bool) -> None:
        Room.objects.filter(pk=self.pk).update(hand_raised_at=clock.now() if up else None)

    def rename(self, name: str) -> None:
        """Rename the room; a name that is taken gets a number."""
        assert self.of_class is not None  # noqa: S101 - the shared one has no name
        with transaction.atomic():
            type(self.of_class).objects.select_for_update().get(pk=self.of_class.pk)
            others = Room.objects.exclude(pk=self.pk)
            self.name = others.free_name(self.of_class, name)
            Room.objects.filter(pk=self.pk).update(name=self.name)

    def partners(self) -> models.QuerySet[Partner]:
        return Partner.objects.filter(room__room=self)

    def users(self) -> dict[str, User]:
        """The personas' users by slug."""
        return {persona.slug: persona.user for persona in self.personas.select_related("user")}

    def user_as(self, slug: str) -> User | None:
        """The active user of the persona `slug`, or None."""
        return User.objects.filter(persona__room=self, persona__slug=slug, is_active=True).first()


class RoomPartnerQuerySet(models.QuerySet["RoomPartner"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)


class RoomPartner(models.Model):
    """A partner of a room: the only link from rooms to partners' rows."""

    room = models.ForeignKey(
        Room, models.CASCADE, related_name="room_partners", verbose_name=_("room")
    )
    partner = models.OneToOneField(
        Partner, models.CASCADE, related_name="room", verbose_name=_("partner")
    )

    objects = RoomPartnerQuerySet.as_manager()

    class Meta:
        verbose_name = _("partner of a room")
        verbose_name_plural = _("partners of rooms")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.room}: {self.partner}"


class Persona(models.Model):
    """An account that everyone in the room can sign in to by one click."""

    personal: ClassVar = {"slug": None}

    room = models.ForeignKey(Room, models.CASCADE, related_name="personas", verbose_name=_("room"))
    slug = models.SlugField(_("persona"), max_length=30)
    user = models.OneToOneField(
        User, models.CASCADE, related_name="persona", verbose_name=_("user")
    )

    class Meta:
        verbose_name = _("persona")
        verbose_name_plural = _("personas")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["room", "slug"], name="persona_once_in_a_room"),
        ]

    def __str__(self) -> str:
        return f"{self.room}: {self.slug}"
