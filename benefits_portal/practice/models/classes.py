"""Classes: who practices together, until when, and the code that lets them in."""

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
MAX_OPEN_CLASSES = 10  # of a trainer
KEPT_DAYS = 30  # are rooms and results after the end (T5)


class ClassQuerySet(models.QuerySet["Class"]):
    def open(self, now: datetime) -> Self:
        return self.filter(closes_at__gt=now)

    def of_trainer(self, user: Any) -> Self:
        """Those that `user` opened, while they are a trainer."""
        teach = Permission.objects.filter(content_type__app_label="practice", codename="teach")
        may = Exists(teach.filter(Q(group__user=user.pk) | Q(user=user.pk)))
        return self.filter(Q(made_by__is_superuser=True) | may, made_by=user.pk)

    def open_for(self, trainer: User, made: "Class") -> "Class":
        """Open `made`, with its first code.

        A form that is sent twice, with the same `entry`, opens one. Raises TooManyClasses.
        """
        with transaction.atomic():
            # One after the other: two would open one too many, or the same one twice
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
    """Rooms that begin with the same situation, opened by a trainer; over when it closes (T5)."""

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
    # Slugs of fixtures/exercises, in whatever order
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
    # Of deleted rooms: by exercise, how many there were with each outcome
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

    # The code

    def code(self) -> str:
        """What lets trainees in; empty where the secret has changed since it was drawn.

        Worked out from the secret: the database holds its digest alone (T3).
        """
        code = codes.derived(f"{self.pk}.{self.code_number}", codes.CLASS_CODE)
        return code if codes.digest(code) == self.code_digest else ""

    def draw_code(self) -> None:
        """Another code; the one before is dead."""
        self.code_number += 1
        code = codes.derived(f"{self.pk}.{self.code_number}", codes.CLASS_CODE)
        self.code_digest = codes.digest(code)
        self.save(update_fields=["code_number", "code_digest"])

    # Its course

    def is_over(self, now: datetime) -> bool:
        return now >= self.closes_at

    def today(self) -> date:
        """The day in its rooms, by their partner's clock; later where one was moved on alone."""
        return clock.today(SITUATIONS[self.situation].time_zone, self.days_ahead)

    @property
    def kept_until(self) -> datetime:
        """When its rooms are deleted, and with them its results."""
        return self.closes_at + timedelta(days=KEPT_DAYS)

    def end(self) -> None:
        """Now: its code is dead, and nobody gets into its rooms any more."""
        now = clock.now()
        Class.objects.filter(pk=self.pk, closes_at__gt=now).update(closes_at=now)

    def count_deleted_room(self, outcomes: Mapping[str, str]) -> None:
        """Keep that there was a room, and its outcome by exercise; not whose it was (T5)."""
        with transaction.atomic():
            # One after the other: of two rooms only one would be counted
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
        """Move every room's calendar forward, and that of rooms to come (T6).

        The partners whose calendar moved; the others are as far already.
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
        """The room of whoever enters as `name`, and whether it is new; nothing is in it yet.

        A form that is sent twice, with the same `entry`, gets one. Raises ClassOver or ClassFull.
        """
        return Room.objects.enter(self, name, entry)
