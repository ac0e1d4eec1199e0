"""Credit that is assigned to people (U1 to U5)."""

from copy import copy
from datetime import date
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.benefits.credit_exceptions import (
    AssignmentEnded,
    EnrollmentYearOver,
    HoldsItAlready,
    MonthlyNotTransferred,
    NotRemovable,
)
from benefits_portal.benefits.eligibility import Eligibility
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.written_once import ENDED, WrittenOnce, ends_whole
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, User

from .actions import BenefitAction
from .assignment_queryset import AssignmentQuerySet


class Assignment(WrittenOnce):
    """Usage-based credit assigned to a directory user.

    It runs until it is removed or transferred, or until the benefit expires.
    """

    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        related_name="assignments",
        db_index=False,
        verbose_name=gettext_lazy("partner"),
    )
    benefit = models.ForeignKey(
        "benefits.Benefit",
        models.PROTECT,
        related_name="assignments",
        db_index=False,
        verbose_name=gettext_lazy("benefit"),
    )
    directory_user = models.ForeignKey(
        DirectoryUser,
        models.PROTECT,
        related_name="assignments",
        verbose_name=gettext_lazy("directory user"),
    )
    is_exclusive = models.BooleanField(
        gettext_lazy("only one at a time"),
        default=False,
        help_text=gettext_lazy("Bulk credit has one holder at a time."),
    )
    assigned_on = models.DateField(gettext_lazy("assigned on"))
    assigned_at = models.DateTimeField(
        gettext_lazy("assigned at"), default=clock.now, editable=False
    )
    assigned_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=gettext_lazy("assigned by"),
    )
    transferred_from = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="transferred_to",
        verbose_name=gettext_lazy("transferred from"),
    )
    ended_on = models.DateField(gettext_lazy("ended on"), null=True, blank=True)
    ended_at = models.DateTimeField(gettext_lazy("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=gettext_lazy("ended by"),
    )

    once = ENDED
    begun_on = "assigned_on"

    objects = AssignmentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = gettext_lazy("assignment")
        verbose_name_plural = gettext_lazy("assignments")
        ordering = ["-assigned_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["benefit", "directory_user"],
                condition=Q(ended_at=None),
                name="assignment_once_per_person",
                violation_error_message=gettext_lazy("This person holds this credit already."),
            ),
            models.UniqueConstraint(
                fields=["benefit"],
                condition=Q(ended_at=None, is_exclusive=True),
                name="assignment_one_holder_of_bulk_credit",
                violation_error_message=gettext_lazy("Bulk credit has one holder at a time."),
            ),
            ends_whole("assigned_on", "assignment_end_all_or_none"),
        ]
        indexes = [
            models.Index(fields=["assigned_on"], name="assignment_day"),
            models.Index(
                fields=["benefit", "-ended_at", "assigned_at", "id"], name="assignment_in_order"
            ),
            models.Index(fields=["benefit", "assigned_at", "id"], name="assignment_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.directory_user} – {self.benefit}"

    def is_running(self, on: date) -> bool:
        """The same as `AssignmentQuerySet.running`, for this row."""
        return self.ended_at is None and not self.benefit.has_expired(on)

    def as_it_was(self, day: date) -> Self:
        """A copy as it was at the end of `day`, without an end that came later (H1)."""
        if self.ended_on is None or self.ended_on <= day:
            return self
        then = copy(self)
        then.ended_on = then.ended_at = None
        return then

    def last_day_to_act(self, on: date) -> date:
        """The last day to transfer it, while it can be (U3); otherwise the benefit's last day."""
        ends_on: date = self.benefit.membership.ends_on
        return ends_on if self.benefit.can_transfer(on) else self.benefit.expires_on

    def remove(self, *, by: Actor, on: date) -> None:
        """Remove monthly credit from its holder (U2).

        Raises NotRemovable for bulk credit, AssignmentEnded if it does not run any more.
        """
        about = self._about(by) | {"after": self.names}
        with recorded_if_refused(BenefitAction.REMOVED, **about):
            self.check_removable(on)
            self._end(by=by, on=on)
            Record.objects.log(BenefitAction.REMOVED, **about)

    def check_removable(self, on: date) -> None:
        """Raise NotRemovable for bulk credit (U3), AssignmentEnded if it does not run any more."""
        if self.is_exclusive:
            raise NotRemovable
        if not self.is_running(on):
            raise AssignmentEnded

    def transfer(self, person: DirectoryUser, *, by: Actor, on: date) -> "Assignment":
        """Transfer bulk credit to somebody else, within the enrollment year (U3).

        The old assignment ends and is kept.
        """
        about = self._about(by) | {"before": {"person": self.directory_user_id}}
        with recorded_if_refused(BenefitAction.TRANSFERRED, **about, after={"person": person.pk}):
            self._check_successor(person, on)
            list(
                DirectoryUser.objects.select_for_update()
                .filter(pk__in=[person.pk, self.directory_user_id], partner=self.partner_id)
                .order_by("pk")
            )
            self._end(by=by, on=on)
            successor = Assignment.objects.give_under_lock(
                self.benefit, person, by=by, on=on, replacing=self
            )
            Record.objects.log(
                BenefitAction.TRANSFERRED,
                **about | {"tenant": person.tenant},
                after=successor.names,
            )
            return successor

    def check_person(self, person: DirectoryUser, *, by: Actor, on: date) -> None:
        """Raise and record the Refusal that `transfer` would raise, before a review is shown."""
        about = self._about(by) | {"before": {"person": self.directory_user_id}}
        with recorded_if_refused(BenefitAction.TRANSFERRED, **about, after={"person": person.pk}):
            self._check_successor(person, on)
            if refusal := Eligibility(self.benefit, [person], on).refusal(person):
                raise refusal

    def _check_successor(self, person: DirectoryUser, on: date) -> None:
        self.check_transferable(on)
        # Entries with the same name in several tenants are one person (U4)
        if person.user_principal_name == self.directory_user.user_principal_name:
            raise HoldsItAlready

    def check_transferable(self, on: date) -> None:
        """Raise MonthlyNotTransferred or, after the enrollment year, EnrollmentYearOver (U3)."""
        if not self.is_exclusive:
            raise MonthlyNotTransferred
        if not self.benefit.can_transfer(on):
            raise EnrollmentYearOver(date=self.benefit.membership.ends_on)

    @property
    def names(self) -> dict[str, int]:
        """The primary keys of the person and of this row, as the record has them."""
        return {"person": self.directory_user_id, "assignment": self.pk}

    def _about(self, by: Actor) -> dict[str, Any]:
        return {
            "by": by,
            "partner": self.partner,
            "tenant": self.directory_user.tenant,
            "subject": self.benefit,
        }

    def _end(self, *, by: Actor, on: date) -> None:
        """End the row, after locking the benefit first, as everywhere. Raises AssignmentEnded."""
        benefits = type(self.benefit).objects.select_for_update(no_key=True)
        benefits.get(pk=self.benefit_id, partner=self.partner_id)
        # The condition is on the row itself, because PostgreSQL checks a joined one only once, not
        # again after it has waited for the row's lock
        own = Assignment.objects.filter(pk=self.pk, partner=self.partner_id)
        if self.benefit.has_expired(on) or not own.end(by=by, on=on):
            raise AssignmentEnded
        self.benefit.review_use()
