"""Classes: rooms that start alike, opened by a trainer for some time, with a code to enter."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.contrib.auth.models import Permission
from django.db import models, transaction
from django.db.models import Exists, F, Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.fields import NameField
from benefits_portal.practice import codes
from benefits_portal.practice.exceptions import ClassFull, ClassOver, TooManyClasses
from benefits_portal.practice.exercise_files import every_slug
from benefits_portal.practice.situations import SITUATIONS
from benefits_portal.tenants.models import Partner, User

from .room import Room

MAX_ROOMS = 100
MAX_OPEN_CLASSES = 10  # per trainer
KEPT_DAYS = 30  # of rooms and results, after the class has ended (T5)


class ClassQuerySet(models.QuerySet["Class"]):
    def open(self, now: datetime) -> Self:
        return self.filter(closes_at__gt=now)

    def of_trainer(self, user: Any) -> Self:
        """Classes that `user` opened; none if `user` is no longer a trainer."""
        teach = Permission.objects.filter(content_type__app_label="practice", codename="teach")
        may = Exists(teach.filter(Q(group__user=user.pk) | Q(user=user.pk)))
        return self.filter(Q(made_by__is_superuser=True) | may, made_by=user.pk)

    def open_for(self, trainer: User, made: "Class") -> "Class":
        """Save the class `made` for `trainer`, with its first code. Raises TooManyClasses.

        If the same form was submitted before (same `entry`), returns the class of that time.
        """
        with transaction.atomic():
            # One at a time: two requests could open too many, or the same one twice
            User.objects.select_for_update(no_key=True).get(pk=trainer.pk)
            own = self.filter(made_by=trainer)
            if made.entry and (there := own.filter(entry=made.entry).first()):
                return there
            if own.open(clock.now()).count() >= MAX_OPEN_CLASSES:
                raise TooManyClasses(MAX_OPEN_CLASSES)
            made.made_by = trainer
            made.save()
            made.draw_code()
        return made

    def with_code(self, code: str) -> "Class | None":
        return self.filter(code_digest=codes.digest(code)).first()


class Class(models.Model):
    """Rooms that begin with the same situation, until `closes_at` (T5)."""

    personal: ClassVar = {
        "situation": None,
        "exercises": None,
        "language": None,
        "entry": None,
        "code_digest": None,
        "exercise_counts": None,
    }

    title = NameField(_("title"), max_length=80)
    situation = models.SlugField(_("situation"), max_length=30)  # of SITUATIONS
    # Slugs of files in fixtures/exercises, in any order
    exercises = models.JSONField(_("exercises"), default=every_slug)
    language = models.CharField(_("language"), max_length=8)  # a code of settings.LANGUAGES
    max_rooms = models.PositiveSmallIntegerField(_("seats"), default=30)
    made_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name=_("trainer"), editable=False
    )
    entry = models.CharField(max_length=36, blank=True, editable=False)  # of the form that made it
    opens_at = models.DateTimeField(_("opened at"), default=clock.now, editable=False)
    closes_at = models.DateTimeField(_("ends at"))
    days_ahead = models.PositiveIntegerField(_("days ahead"), default=0, editable=False)
    rooms_deleted = models.PositiveSmallIntegerField(default=0, editable=False)
    # The number of deleted rooms by exercise and outcome
    exercise_counts = models.JSONField(default=dict, blank=True, editable=False)
    code_number = models.PositiveIntegerField(default=0, editable=False)
    code_digest = models.CharField(  # noqa: DJ001 - unique
        max_length=64, unique=True, null=True, editable=False
    )

    objects = ClassQuerySet.as_manager()

    class Meta:
        verbose_name = _("class")
        verbose_name_plural = _("classes")
        ordering = ["-opens_at", "-pk"]
        permissions = [("teach", _("Can open classes"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(max_rooms__gte=1, max_rooms__lte=MAX_ROOMS),
                name="class_has_a_few_rooms",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gte=F("opens_at")), name="class_ends_after_it_opens"
            ),
            models.UniqueConstraint(
                fields=["made_by", "entry"], condition=~Q(entry=""), name="class_once_for_a_form"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    # The code that trainees enter

    def code(self) -> str:
        """The code that trainees enter; empty if SECRET_KEY has changed since it was made.

        Derived from SECRET_KEY; the database has its digest only (T3).
        """
        code = codes.derived(f"{self.pk}.{self.code_number}", codes.CLASS_CODE)
        return code if codes.digest(code) == self.code_digest else ""

    def draw_code(self) -> None:
        """Make a new code; the previous one stops working."""
        self.code_number += 1
        code = codes.derived(f"{self.pk}.{self.code_number}", codes.CLASS_CODE)
        self.code_digest = codes.digest(code)
        self.save(update_fields=["code_number", "code_digest"])

    # Its end and its day

    def is_over(self, now: datetime) -> bool:
        return now >= self.closes_at

    def today(self) -> date:
        """The day in its rooms, in their time zone; a single room may have been moved further."""
        return clock.today(SITUATIONS[self.situation].time_zone, self.days_ahead)

    @property
    def kept_until(self) -> datetime:
        """When its rooms are deleted, and with them its results."""
        return self.closes_at + timedelta(days=KEPT_DAYS)

    def end(self) -> None:
        """End the class now: its code and its rooms can no longer be entered."""
        now = clock.now()
        Class.objects.filter(pk=self.pk, closes_at__gt=now).update(closes_at=now)

    def count_deleted_room(self, outcomes: Mapping[str, str]) -> None:
        """Count a deleted room, with its outcome by exercise; nothing about its people (T5)."""
        with transaction.atomic():
            # One at a time: of two rooms at once, only one would be counted
            locked = Class.objects.select_for_update().get(pk=self.pk)
            for exercise, outcome in outcomes.items():
                counts = locked.exercise_counts.setdefault(exercise, {})
                counts[outcome] = counts.get(outcome, 0) + 1
            locked.rooms_deleted += 1
            locked.save(update_fields=["rooms_deleted", "exercise_counts"])

    def check_room_left(self) -> None:
        """Raise ClassOver or ClassFull."""
        if self.is_over(clock.now()):
            raise ClassOver
        if self.rooms.count() >= self.max_rooms:
            raise ClassFull(self.max_rooms)

    def move_calendars_to(self, days_ahead: int) -> list[Partner]:
        """Move the calendars of all rooms forward, and of rooms to come (T6).

        Returns the partners that moved; the others are as far ahead already.
        """
        Class.objects.filter(pk=self.pk, days_ahead__lt=days_ahead).update(days_ahead=days_ahead)
        behind = Partner.objects.filter(
            room__room__of_class=self, is_practice=True, days_ahead__lt=days_ahead
        )
        moved = list(behind)
        behind = Partner.objects.filter(pk__in=[partner.pk for partner in moved])
        behind.filter(days_ahead__lt=days_ahead).update(days_ahead=days_ahead)
        return moved

    def room_for(self, name: str, entry: str) -> tuple[Room, bool]:
        """Make an empty room for the trainee `name`; return it, and whether it is new.

        The same form submitted twice (same `entry`) gets one room. Raises ClassOver or ClassFull.
        """
        return Room.objects.enter(self, name, entry)
