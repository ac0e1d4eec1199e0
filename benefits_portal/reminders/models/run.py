"""Runs of the command that sends reminders: the proof that they are sent."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock

LATE = timedelta(hours=26)  # since the last complete run, until a monitor and staff are warned


class RunQuerySet(models.QuerySet["Run"]):
    def ended(self) -> Self:
        """Complete runs, the latest first."""
        return self.filter(ended_at__isnull=False).order_by("-ended_at", "-pk")

    def last_whole(self, now: datetime) -> datetime | None:
        """When the latest complete run started; ignores runs that started after `now` (W10)."""
        whole = self.ended().filter(started_at__lte=now).order_by("-started_at")
        return whole.values_list("started_at", flat=True).first()

    def is_late(self, now: datetime) -> bool:
        """Whether no run has completed within the last 26 hours."""
        return not self.filter(ended_at__gt=now - LATE).exists()


class Run(models.Model):
    """One run of `manage.py send_reminders`; without `ended_at` it is running or was killed."""

    started_at = models.DateTimeField(_("started at"), default=clock.now, editable=False)
    ended_at = models.DateTimeField(_("ended at"), null=True, editable=False, db_index=True)
    made = models.PositiveIntegerField(_("made"), default=0, editable=False)
    sent = models.PositiveIntegerField(_("sent"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("failed"), default=0, editable=False)

    objects = RunQuerySet.as_manager()

    class Meta:
        verbose_name = _("sending run")
        verbose_name_plural = _("sending runs")
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"
