"""Steps with an exercise in a room: begun, checked, shown, not offered."""

from typing import ClassVar, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.tenants.audit.append_only import AppendOnly, AppendOnlyQuerySet

from .room import Room


class ExerciseAttemptQuerySet(AppendOnlyQuerySet["ExerciseAttempt"]):
    def current(self) -> Self:
        """Attempts in the room's present world, since it was last started over."""
        return self.filter(generation=F("room__generation"))

    def at(self, room: Room, exercise: str) -> Self:
        return self.current().filter(room=room, exercise=exercise)

    def begun(self) -> Self:
        return self.filter(what=ExerciseAttempt.What.BEGUN)


class ExerciseAttempt(AppendOnly):
    """One step with an exercise. Progress is derived from these rows and never stored.

    `finding` is the code of what was missing, or of why the exercise is not offered; `question` is
    the position, from 1, of the question that found it. `by` is a persona's slug, or "trainer".
    """

    class What(models.TextChoices):
        BEGUN = "begun", _("Begun")
        CHECKED = "checked", _("Checked")
        SHOWN = "shown", _("Shown")
        NOT_OFFERED = "not-offered", _("Not offered")

    personal: ClassVar = dict.fromkeys(("exercise", "finding", "params", "by"))

    room = models.ForeignKey(
        Room, models.CASCADE, related_name="attempts", db_index=False, verbose_name=_("room")
    )
    generation = models.PositiveIntegerField(editable=False)
    exercise = models.SlugField(_("exercise"), max_length=60, db_index=False, editable=False)
    what = models.CharField(_("what"), max_length=11, choices=What, editable=False)
    at = models.DateTimeField(_("time"), default=clock.now, editable=False)
    on = models.DateField(_("day in the room"), editable=False)
    finding = models.SlugField(_("finding"), max_length=60, blank=True, db_index=False)
    question = models.PositiveSmallIntegerField(default=0, editable=False)
    params = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder, editable=False)
    by = models.SlugField(_("by"), max_length=30, blank=True, db_index=False, editable=False)

    objects = ExerciseAttemptQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("attempt at an exercise")
        verbose_name_plural = _("attempts at exercises")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["room", "generation", "exercise", "what"],
                condition=~Q(what="checked"),
                name="exercise_attempt_once",
            ),
            models.CheckConstraint(
                condition=Q(what="checked")
                | Q(what__in=["begun", "shown"], finding="", question=0)
                | (Q(what="not-offered") & ~Q(finding="")),
                name="exercise_attempt_finds_when_checked",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "generation", "exercise"], name="exercise_attempt_room"),
        ]

    def __str__(self) -> str:
        return f"{self.room}: {self.exercise}, {self.get_what_display()}"

    @property
    def is_pass(self) -> bool:
        return self.what == self.What.CHECKED and not self.finding
