"""Credit given to people, and the offers that it cannot be combined with (rules U1 to U5)."""

from datetime import date
from typing import TYPE_CHECKING, Any, Never, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy

from benefits_portal import clock
from benefits_portal.benefits.eligibility import Eligibility
from benefits_portal.benefits.exceptions import (
    AssignmentEnded,
    EnrollmentYearOver,
    HoldsItAlready,
    MonthlyNotTransferred,
    NotRemovable,
)
from benefits_portal.derived import DerivedQuerySet, SearchTextField
from benefits_portal.fields import NameField
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.written_once import WrittenOnce, WrittenOnceQuerySet
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, User

from .actions import BenefitAction
from .catalog import Product

if TYPE_CHECKING:
    from .benefit import Benefit


class ExternalOffer(models.Model):
    """An offer from elsewhere that some credit cannot be combined with (U4).

    An Enterprise Agreement, Azure Pass …
    """

    name = NameField(gettext_lazy("name"), max_length=80, unique=True)
    excludes = models.ManyToManyField(
        Product,
        blank=True,
        related_name="excluded_by",
        limit_choices_to=~Q(kind=Product.Kind.LICENSES),
        verbose_name=gettext_lazy("cannot be combined with"),
    )
    search_text = SearchTextField("name")

    objects = DerivedQuerySet["ExternalOffer"].as_manager()

    class Meta:
        verbose_name = gettext_lazy("external offer")
        verbose_name_plural = gettext_lazy("external offers")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class HeldOfferQuerySet(models.QuerySet["HeldOffer"]):
    def held(self, on: date) -> Self:
        return self.filter(Q(until=None) | Q(until__gte=on), since__lte=on)

    def excluding(self, product: Product) -> Self:
        return self.filter(external_offer__excludes=product)


class HeldOffer(models.Model):
    """That a person, or a whole partner, holds an external offer."""

    external_offer = models.ForeignKey(
        ExternalOffer,
        models.PROTECT,
        related_name="holders",
        verbose_name=gettext_lazy("external offer"),
    )
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="held_offers", verbose_name=gettext_lazy("partner")
    )
    directory_user = models.ForeignKey(
        DirectoryUser,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="held_offers",
        verbose_name=gettext_lazy("directory user"),
        help_text=gettext_lazy("Empty: the whole partner holds it."),
    )
    since = models.DateField(gettext_lazy("since"))
    until = models.DateField(
        gettext_lazy("until"),
        null=True,
        blank=True,
        help_text=gettext_lazy("The last day, included."),
    )

    objects = HeldOfferQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("held offer")
        verbose_name_plural = gettext_lazy("held offers")
        ordering = ["partner__name", "external_offer__name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(until=None) | Q(until__gte=F("since")),
                name="held_offer_days_in_order",
                violation_error_message=gettext_lazy("An offer cannot end before it began."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.external_offer}: {self.directory_user or self.partner}"

    def clean(self) -> None:
        """Whoever holds it for the partner is in the partner's own directory."""
        if (
            self.partner_id
            and self.directory_user
            and self.directory_user.tenant.partner_id != self.partner_id
        ):
            raise ValidationError(
                {
                    "directory_user": gettext_lazy(
                        "This person is in the directory of another partner."
                    )
                }
            )


class AssignmentQuerySet(WrittenOnceQuerySet["Assignment"]):
    def delete(self) -> Never:
        raise TypeError("Assignments are ended, never deleted (A1).")

    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def running(self, on: date) -> Self:
        """Not ended by anybody, nor by the benefit's expiration (U5)."""
        return self.filter(ended_at=None, benefit__expires_on__gte=on)

    def of_disabled(self) -> Self:
        """Held by somebody who has been disabled in the directory since."""
        return self.filter(directory_user__partner=F("partner"), directory_user__is_disabled=True)

    def for_display(self) -> Self:
        return self.in_order().select_related(
            "directory_user__tenant",
            "assigned_by",
            "ended_by",
            "partner",
            "benefit__product",
            "benefit__membership__offer",
        )

    def in_order(self) -> Self:
        """As a benefit shows who holds it and then who held it."""
        return self.order_by(F("ended_at").desc(nulls_first=True), "assigned_at", "pk")

    def latest_first(self) -> Self:
        """As a chain is read back: from who holds it to who held it first (U3)."""
        return self.order_by("-assigned_at", "-pk")

    def ended(self) -> Self:
        """Taken away or passed on."""
        return self.filter(ended_at__isnull=False)

    def kept(self) -> Self:
        """Neither taken away nor passed on."""
        return self.filter(ended_at=None)

    def end(self, *, by: Actor, on: date) -> int:
        """End what has not ended; how many that were.

        A calendar that was put right may be before the day it began (W10).
        """
        last_day = Greatest("assigned_on", Value(on, models.DateField()))
        return self.update(ended_on=last_day, ended_at=clock.now(), ended_by=by.user)

    def give(
        self, benefit: "Benefit", person: DirectoryUser, *, by: Actor, on: date
    ) -> "Assignment":
        """The body of `Benefit.assign`."""
        about: dict[str, Any] = {
            "by": by,
            "partner": benefit.partner,
            "tenant": person.tenant,
            "subject": benefit,
        }
        about["after"] = {"person": person.pk}
        with recorded_if_refused(BenefitAction.ASSIGNED, **about):
            assignment = self.give_under_lock(benefit, person, by=by, on=on)
            Record.objects.log(BenefitAction.ASSIGNED, **about | {"after": assignment.names})
            return assignment

    def give_under_lock(
        self,
        benefit: "Benefit",
        person: DirectoryUser,
        *,
        by: Actor,
        on: date,
        replacing: "Assignment | None" = None,
    ) -> "Assignment":
        """Check under locks and write.

        Locks are taken in one order: the person in all tenants, then the benefit.
        """
        entries = DirectoryUser.objects.same_people([person]).order_by("pk")
        person = next(
            entry
            for entry in entries.select_for_update(of=("self",)).select_related("tenant")
            if entry.pk == person.pk
        )
        benefits = (
            type(benefit)
            .objects.select_for_update(of=("self",))
            .select_related("product", "membership", "partner")
        )
        benefit = benefits.get(pk=benefit.pk)
        benefit.check_assignable(on, replacing)
        if refusal := Eligibility(benefit, [person], on).refusal(person):
            raise refusal
        benefit.begin_use()
        return self.create(
            partner=benefit.partner,
            benefit=benefit,
            directory_user=person,
            is_exclusive=benefit.product.is_bulk_credit,
            assigned_on=on,
            assigned_by=by.user,
            transferred_from=replacing,
        )


class Assignment(WrittenOnce):
    """A usage-based benefit given to a directory user.

    Until it is removed, transferred, or the benefit expires.
    """

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="assignments", verbose_name=gettext_lazy("partner")
    )
    benefit = models.ForeignKey(
        "benefits.Benefit",
        models.PROTECT,
        related_name="assignments",
        verbose_name=gettext_lazy("benefit"),
    )
    directory_user = models.ForeignKey(
        DirectoryUser,
        models.PROTECT,
        related_name="assignments",
        verbose_name=gettext_lazy("directory user"),
    )
    is_exclusive = models.BooleanField(
        gettext_lazy("exclusive"),
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
        verbose_name=gettext_lazy("ended by"),
    )

    once = {"ended_at": {"ended_at", "ended_on", "ended_by"}}

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
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_on=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_on__isnull=False, ended_on__gte=F("assigned_on")),
                name="assignment_end_all_or_none",
                violation_error_message=gettext_lazy(
                    "An assignment's end has a day and a time, not before its beginning."
                ),
            ),
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

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise TypeError("Assignments are ended, never deleted (A1).")

    def is_running(self, on: date) -> bool:
        """The same as `AssignmentQuerySet.running`, asked of the row."""
        return self.ended_at is None and not self.benefit.has_expired(on)

    def remove(self, *, by: Actor, on: date) -> None:
        """Take monthly credit away again (U2).

        Raises NotRemovable for bulk credit, AssignmentEnded if nothing runs.
        """
        about = self._about(by) | {"after": self.names}
        with recorded_if_refused(BenefitAction.REMOVED, **about):
            self.check_removable(on)
            self._end(by=by, on=on)
            Record.objects.log(BenefitAction.REMOVED, **about)

    def check_removable(self, on: date) -> None:
        """Raise NotRemovable for bulk credit (U3), AssignmentEnded if nothing runs any more."""
        if self.is_exclusive:
            raise NotRemovable
        if not self.is_running(on):
            raise AssignmentEnded

    def transfer(self, person: DirectoryUser, *, by: Actor, on: date) -> "Assignment":
        """Give bulk credit to somebody else, within the enrollment year (U3).

        The old assignment ends and is kept.
        """
        about = self._about(by) | {"before": {"person": self.directory_user_id}}
        with recorded_if_refused(BenefitAction.TRANSFERRED, **about, after={"person": person.pk}):
            self.check_transferable(on)
            # In another tenant too: one person (U4)
            if person.user_principal_name == self.directory_user.user_principal_name:
                raise HoldsItAlready
            list(
                DirectoryUser.objects.select_for_update()
                .filter(pk__in=[person.pk, self.directory_user_id])
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

    def check_transferable(self, on: date) -> None:
        """Raise NotTransferable unless this is bulk credit within its enrollment year (U3)."""
        if not self.is_exclusive:
            raise MonthlyNotTransferred
        if not self.benefit.can_transfer(on):
            raise EnrollmentYearOver(date=self.benefit.membership.ends_on)

    @property
    def names(self) -> dict[str, int]:
        """What stands for it on record."""
        return {"person": self.directory_user_id, "assignment": self.pk}

    def _about(self, by: Actor) -> dict[str, Any]:
        return {
            "by": by,
            "partner": self.partner,
            "tenant": self.directory_user.tenant,
            "subject": self.benefit,
        }

    def _end(self, *, by: Actor, on: date) -> None:
        """End the assignment of a benefit that is locked first, as everywhere."""
        type(self.benefit).objects.select_for_update(no_key=True).get(pk=self.benefit_id)
        # The condition is on the row itself: behind a join it would not be asked again once the
        # row's lock is free.
        if self.benefit.has_expired(on) or not Assignment.objects.filter(pk=self.pk).end(
            by=by, on=on
        ):
            raise AssignmentEnded
        self.benefit.review_use()
