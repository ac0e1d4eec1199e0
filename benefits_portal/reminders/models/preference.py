"""What somebody wants to be reminded of, how early and how often; and what they silenced."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits.models import Benefit
from benefits_portal.licensing.models import Subscription
from benefits_portal.personal import Personal
from benefits_portal.reminders.topics import THRESHOLDS, Topic
from benefits_portal.tenants.models import Partner, User
from benefits_portal.tenants.partner_rows import PartnerRow

WEEK = 7


class Rhythm(models.TextChoices):
    """How often a digest comes at most."""

    DAILY = "daily", _("Daily, if there's something")
    WEEKLY = "weekly", _("Weekly, on Monday")
    OFF = "off", _("Never")

    def first_day(self, on: date) -> date:
        """A digest on that day or later is the one of `on`: of a week, since its Monday."""
        return on - timedelta(days=on.weekday()) if self is Rhythm.WEEKLY else on

    def days_until_next(self, on: date) -> int:
        """For how many days after `on` no other digest comes, so that theirs are told too (R1)."""
        return WEEK - 1 - on.weekday() if self is Rhythm.WEEKLY else 0


def default_thresholds() -> list[int]:
    return list(THRESHOLDS)


class PreferenceQuerySet(models.QuerySet["Preference"]):
    def for_partner(self, partner: Partner | None) -> Self:
        """At `partner`; with None those of the program team, about all of them."""
        return self.filter(partner=partner)

    def of(self, user: User, partner: Partner | None) -> "Preference":
        """What `user` chose at `partner`, or what holds for whoever has not chosen; not saved."""
        found = self.for_partner(partner).filter(user=user).first()
        return found or self.model(user=user, partner=partner)


class Preference(PartnerRow):
    """What somebody chose about their reminders at one partner, or as program staff at none."""

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
        _("days before"), default=default_thresholds, help_text=_("Each once, the earliest first.")
    )
    topics_off = models.JSONField(_("turned off"), default=list, blank=True)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("choice about reminders")
        verbose_name_plural = _("choices about reminders")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner"],
                name="reminder_preference_once",
                violation_error_message=_("This person has chosen at this partner already."),
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(partner=None),
                name="reminder_preference_once_of_staff",
                violation_error_message=_("This person has chosen as program staff already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_rhythm_display()})"

    @property
    def wants(self) -> Rhythm:
        return Rhythm(self.rhythm)

    @property
    def topics(self) -> frozenset[Topic]:
        """Those that are on; one that comes new to the portal is."""
        return frozenset(topic for topic in Topic if topic.value not in self.topics_off)


class SilenceQuerySet(models.QuerySet["Silence"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def of_users(self, users: Iterable[int]) -> Self:
        return self.filter(user__in=users)


class Silence(models.Model):
    """One benefit or subscription that somebody does not want to be reminded of."""

    user = models.ForeignKey(User, models.CASCADE, related_name="silences", verbose_name=_("user"))
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="silences", verbose_name=_("partner")
    )
    benefit = models.ForeignKey(
        Benefit,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        verbose_name=_("benefit"),
    )
    subscription = models.ForeignKey(
        Subscription,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="silences",
        verbose_name=_("subscription"),
    )
    silenced_at = models.DateTimeField(_("silenced at"), default=clock.now, editable=False)

    objects = SilenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("silenced thing")
        verbose_name_plural = _("silenced things")
        ordering = ["-silenced_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "benefit"],
                name="silence_once_per_benefit",
                violation_error_message=_("This person silenced this benefit already."),
            ),
            models.UniqueConstraint(
                fields=["user", "subscription"],
                name="silence_once_per_subscription",
                violation_error_message=_("This person silenced this subscription already."),
            ),
            models.CheckConstraint(
                condition=Q(benefit=None, subscription__isnull=False)
                | Q(benefit__isnull=False, subscription=None),
                name="silence_of_one_thing",
                violation_error_message=_("Choose a benefit or a subscription."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.benefit or self.subscription)
