"""Reminder emails, and what each of them told (R3 to R6)."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar, Self

from django.db import models, transaction
from django.db.models import Count, F, Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.formats import as_day
from benefits_portal.reminders.topics import MAX_THRESHOLD, WEEK_AFTER, Occasion
from benefits_portal.tenants.models import Partner, User
from benefits_portal.tenants.partner_rows import PartnerRow

from .run import Run

# Waits before the second, third … try (R6)
PAUSES = tuple(timedelta(hours=hours) for hours in (1, 2, 4, 8, 12, 24))
# `problem` of a digest that was dropped: its recipient lost the role, or nothing in it still holds
NOBODY = "Nobody"
LEASE = timedelta(hours=1)  # during which no other process sends a claimed digest


class DigestQuerySet(models.QuerySet["Digest"]):
    def for_partner(self, partner: Partner | None) -> Self:
        """Digests about `partner`; None stands for the program team's."""
        return self.filter(partner=partner)

    def waiting(self) -> Self:
        return self.filter(next_try_at__isnull=False)

    def to_try(self, now: datetime) -> Self:
        return self.filter(next_try_at__lte=now)

    def claim(self, now: datetime, most: int) -> list["Digest"]:
        """Claim up to `most` digests to be sent now, those that wait longest first.

        Counts a try and schedules the next one after LEASE, so no other process gets them before,
        and they are tried again if this one is killed.
        """
        with transaction.atomic():
            due = self.to_try(now).order_by("next_try_at", "pk")
            free = due.select_for_update(skip_locked=True)
            pks = list(free.values_list("pk", flat=True)[:most])
            claimed = self.filter(pk__in=pks)
            if pks:
                claimed.update(tries=F("tries") + 1, next_try_at=now + LEASE)
        return list(claimed.select_related("user", "partner").order_by("pk")) if pks else []

    def mark_sent(self, pks: Iterable[int], at: datetime) -> None:
        """Mark digests that the mail server has accepted."""
        if pks := list(pks):
            self.filter(pk__in=pks).update(next_try_at=None, sent_at=at, problem="")

    def with_counts(self) -> Self:
        """Annotate `told_count`: the number of things in each digest."""
        return self.annotate(told_count=Count("told"))

    def sent(self) -> Self:
        return self.filter(sent_at__isnull=False)

    def overdue(self, since: datetime) -> Self:
        """Digests whose next try was due before `since`."""
        return self.filter(next_try_at__lt=since)

    def given_up(self) -> Self:
        """Digests that the mail server did not accept for three days."""
        return self.filter(gave_up_at__isnull=False).exclude(problem=NOBODY)

    def given_up_since(self, moment: datetime) -> Self:
        return self.given_up().filter(gave_up_at__gt=moment)

    def dropped(self) -> Self:
        """Digests not sent because the recipient lost the role, or nothing in them still holds."""
        return self.filter(gave_up_at__isnull=False, problem=NOBODY)


class Digest(PartnerRow):
    """One reminder email to `user`: at most one per partner and day of its calendar (R4).

    The row is written before anything is sent (R5). Without a partner it is for the program team.
    It waits (`next_try_at`), was sent (`sent_at`) or was given up (`gave_up_at`).
    """

    personal: ClassVar = {"message_id": None, "problem": None}

    user = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="digests",
        verbose_name=_("recipient"),
        editable=False,
        db_index=False,
    )
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        null=True,
        related_name="digests",
        verbose_name=_("partner"),
        editable=False,
    )
    run = models.ForeignKey(
        Run,
        models.SET_NULL,
        null=True,
        related_name="digests",
        verbose_name=_("run"),
        editable=False,
    )
    for_day = models.DateField(_("for the day"), editable=False)
    made_at = models.DateTimeField(_("made at"), default=clock.now, editable=False)
    message_id = models.CharField(_("message id"), max_length=250, unique=True, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, editable=False)
    next_try_at = models.DateTimeField(_("next try at"), null=True, editable=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, editable=False)
    gave_up_at = models.DateTimeField(_("given up at"), null=True, editable=False)
    problem = models.CharField(_("problem"), max_length=80, blank=True, editable=False)

    objects = DigestQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder email")
        verbose_name_plural = _("reminder emails")
        ordering = ["-for_day", "-pk"]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(next_try_at__isnull=False),
                name="digest_waiting",
            ),
            models.Index(fields=["-sent_at"], name="digest_sent"),
            models.Index(fields=["made_at"], name="digest_day"),
            models.Index(
                fields=["id"], condition=Q(gave_up_at__isnull=False), name="digest_gave_up"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "partner", "for_day"],
                name="digest_one_a_day",
                violation_error_message=_("There is one reminder email a day at most."),
            ),
            models.UniqueConstraint(
                fields=["user", "for_day"],
                condition=Q(partner=None),
                name="digest_one_a_day_of_staff",
                violation_error_message=_("There is one reminder email a day at most."),
            ),
            models.CheckConstraint(
                condition=Q(next_try_at__isnull=False, sent_at=None, gave_up_at=None)
                | Q(next_try_at=None, sent_at__isnull=False, gave_up_at=None)
                | Q(next_try_at=None, sent_at=None, gave_up_at__isnull=False),
                name="digest_waits_or_is_done",
                violation_error_message=_("An email waits, was sent or was given up."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {as_day(self.for_day)}"

    @property
    def pause(self) -> timedelta:
        """The wait until the next try, longer after each."""
        return PAUSES[min(self.tries, len(PAUSES)) - 1]


class Told(models.Model):
    """That a person was told of a day of a thing, and at which threshold (R1, R3).

    Never changed. Deleted when its digest is given up, and with its digest after 13 months.
    """

    digest = models.ForeignKey(
        Digest, models.CASCADE, related_name="told", verbose_name=_("email"), editable=False
    )
    user = models.ForeignKey(
        User,
        models.CASCADE,
        related_name="told",
        verbose_name=_("user"),
        editable=False,
        db_index=False,
    )
    occasion = models.CharField(_("what"), max_length=24, choices=Occasion, editable=False)
    subject_id = models.BigIntegerField(_("of which"), editable=False)
    due_on = models.DateField(_("day"), editable=False)
    threshold = models.SmallIntegerField(_("days before"), editable=False)

    class Meta:
        verbose_name = _("reminder sent")
        verbose_name_plural = _("reminders sent")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "subject_id", "occasion", "due_on", "threshold"],
                name="told_once",
                violation_error_message=_("This reminder was already sent."),
            ),
            models.CheckConstraint(
                condition=Q(threshold__gte=WEEK_AFTER, threshold__lte=MAX_THRESHOLD),
                name="told_within_a_year",
                violation_error_message=_("A reminder comes at most 365 days before."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_occasion_display()} {as_day(self.due_on)} ({self.threshold})"
