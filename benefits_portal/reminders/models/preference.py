"""What a person wants to be reminded of, how early and how often."""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal.personal import Personal
from benefits_portal.reminders.exceptions import (
    ThresholdsOutOfRange,
)
from benefits_portal.reminders.topics import MAX_THRESHOLD, MAX_THRESHOLDS, THRESHOLDS, Topic
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.models import Actor, Partner, Record, User
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import RemindersAction

WEEK = 7


class Rhythm(models.TextChoices):
    """How often a person gets a digest, at most."""

    DAILY = "daily", _("Daily, when there is something to report")
    WEEKLY = "weekly", _("Weekly, on Monday")
    OFF = "off", _("Never")

    def first_day(self, on: date) -> date:
        """The first day of the period of `on`: `on` itself, or Monday of its week."""
        return on - timedelta(days=on.weekday()) if self is Rhythm.WEEKLY else on

    def days_until_next(self, on: date) -> int:
        """The number of days after `on` without a digest, whose thresholds `on` includes (R1)."""
        return WEEK - 1 - on.weekday() if self is Rhythm.WEEKLY else 0


def default_thresholds() -> list[int]:
    return list(THRESHOLDS)


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def for_partner(self, partner: Partner | None) -> Self:
        """Preferences at `partner`; None stands for the program team's."""
        return self.filter(partner=partner)

    def of(self, user: User, partner: Partner | None) -> "Preference":
        """What `user` chose at `partner`, or an unsaved row with the defaults."""
        found = self.for_partner(partner).filter(user=user).first()
        return found or self.model(user=user, partner=partner)


def check_thresholds(thresholds: Collection[int]) -> None:
    """Raise ThresholdsOutOfRange unless there are 1 to 6 thresholds from 0 to 365 days."""
    is_few = 1 <= len(thresholds) <= MAX_THRESHOLDS
    if not is_few or min(thresholds) < 0 or max(thresholds) > MAX_THRESHOLD:
        raise ThresholdsOutOfRange


class Preference(PartnerRow):
    """A person's choices about reminders at one partner; as program staff, without a partner."""

    personal: ClassVar = {
        "thresholds": Personal.PREFERENCE,
        "topics_off": Personal.PREFERENCE,
    }

    user = models.ForeignKey(
        User, models.CASCADE, related_name="reminder_preferences", verbose_name=_("user")
    )
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="reminder_preferences",
        verbose_name=_("partner"),
    )
    rhythm = models.CharField(_("how often"), max_length=6, choices=Rhythm, default=Rhythm.DAILY)
    thresholds = models.JSONField(
        _("days before"),
        default=default_thresholds,
        help_text=_("Each number once, the earliest reminder first."),
    )
    topics_off = models.JSONField(_("turned off"), default=list, blank=True)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder settings")
        verbose_name_plural = _("reminder settings")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"],
                name="reminder_preference_once",
                violation_error_message=_(
                    "This person already has reminder settings at this partner."
                ),
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(partner=None),
                name="reminder_preference_once_of_staff",
                violation_error_message=_(
                    "This person already has reminder settings as program staff."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_rhythm_display()})"

    @property
    def choices(self) -> dict[str, Any]:
        """The values for the record."""
        return {
            "rhythm": self.rhythm,
            "thresholds": list(self.thresholds),
            "topics_off": list(self.topics_off),
        }

    def change(
        self, rhythm: Rhythm, thresholds: Iterable[int], topics: Iterable[Topic], *, by: Actor
    ) -> "Preference":
        """Choose rhythm, thresholds in days, and topics (R9). Raises ThresholdsOutOfRange.

        Topics that the person cannot choose stay as they are.
        """
        days = sorted(set(thresholds), reverse=True)
        chosen: dict[str, Any] = {"rhythm": rhythm, "thresholds": days}
        with recorded_if_refused(
            RemindersAction.CHANGED, by=by, partner=self.partner, after=chosen
        ):
            check_thresholds(days)
            own = Topic.of(is_staff=self.partner_id is None)
            off = [topic.value for topic in own if topic not in topics]
            return self._write(RemindersAction.CHANGED, {**chosen, "topics_off": off}, by)

    def stop(self, *, by: Actor) -> "Preference":
        """Turn all reminders off, by the link in an email (R9)."""
        with transaction.atomic():
            return self._write(RemindersAction.STOPPED, {"rhythm": Rhythm.OFF}, by)

    def _write(self, action: RemindersAction, values: dict[str, Any], by: Actor) -> "Preference":
        """Save and record `values`; if nothing differs, record nothing."""
        own, _is_new = Preference.objects.get_or_create(user=self.user, partner=self.partner)
        theirs = Preference.objects.for_partner(self.partner)
        own = theirs.select_for_update(of=("self",)).get(pk=own.pk)
        before = {name: own.choices[name] for name in values}
        if before != values:
            theirs.filter(pk=own.pk).update(**values)
            Record.objects.log(
                action, by=by, partner=self.partner, subject=own, before=before, after=values
            )
            own.refresh_from_db()
        return own

    @property
    def topics(self) -> frozenset[Topic]:
        """The topics that are on; topics added to the portal later are on."""
        return frozenset(topic for topic in Topic if topic.value not in self.topics_off)
