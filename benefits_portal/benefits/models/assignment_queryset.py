"""Queries for assignments, in the words of the domain, and creating one (U1 to U5)."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import Case, F, OuterRef, Q, Subquery, When

from benefits_portal.benefits.eligibility import Eligibility
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.written_once import EndedOnceQuerySet
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, User

from .actions import BenefitAction
from .catalog import Product

if TYPE_CHECKING:
    from .assignment import Assignment
    from .benefit import Benefit


class AssignmentQuerySet(EndedOnceQuerySet["Assignment"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def running(self, on: date) -> Self:
        """Neither ended by anybody nor by the benefit's expiration (U5)."""
        return self.filter(ended_at=None, benefit__expires_on__gte=on)

    def over(self, on: date) -> Self:
        """The opposite of `running`: ended by somebody, or by the benefit's expiration."""
        return self.filter(Q(ended_at__isnull=False) | Q(benefit__expires_on__lt=on))

    def on(self, day: date) -> Self:
        """Held at the end of that day (H1), unless the benefit had expired.

        What is removed or transferred on a day is not held at its end.
        """
        return self.filter(assigned_on__lte=day).filter(Q(ended_at=None) | Q(ended_on__gt=day))

    def running_then(self, day: date) -> Self:
        """The same as `running`, at the end of another day."""
        return self.on(day).filter(benefit__expires_on__gte=day)

    def as_they_were(self, day: date) -> Self:
        """Those created by the end of `day`, in the order that `in_order` had then."""
        ended = Case(When(ended_on__lte=day, then=F("ended_at")))
        made = self.filter(assigned_on__lte=day).alias(ended_then=ended)
        return made.order_by(F("ended_then").desc(nulls_first=True), "assigned_at", "pk")

    def of_disabled(self) -> Self:
        """Held by somebody who has since been disabled in the directory."""
        return self.filter(directory_user__partner=F("partner"), directory_user__is_disabled=True)

    def held_by_disabled(self, on: date) -> Self:
        """Running, and held by somebody who was disabled: for home, reminders and calendars."""
        return self.running(on).of_disabled()

    def by_last_day_to_act(self, on: date) -> Self:
        """Sort by `Assignment.last_day_to_act`, the day that pages and emails show."""
        can_transfer = Q(
            benefit__product__kind=Product.Kind.BULK_CREDIT, benefit__membership__ends_on__gte=on
        )
        last_on = Case(
            When(can_transfer, then=F("benefit__membership__ends_on")),
            default=F("benefit__expires_on"),
        )
        return self.order_by(last_on, "pk")

    def for_display(self) -> Self:
        return self.in_order().select_related(
            "directory_user__tenant",
            "assigned_by",
            "ended_by",
            "partner",
            "benefit__product",
            "benefit__membership__offer",
        )

    def with_language(self) -> Self:
        """Annotate `language`, which the person reads at the portal; empty or None if unknown."""
        accounts = User.objects.filter(directory_user=OuterRef("directory_user")).order_by("pk")
        return self.annotate(language=Subquery(accounts.values("language")[:1]))

    def in_order(self) -> Self:
        """Present holders first, then former ones, as a benefit's page lists them."""
        return self.order_by(F("ended_at").desc(nulls_first=True), "assigned_at", "pk")

    def latest_first(self) -> Self:
        """From the present holder back to the first one, for a chain of transfers (U3)."""
        return self.order_by("-assigned_at", "-pk")

    def kept(self) -> Self:
        """Neither removed nor transferred."""
        return self.filter(ended_at=None)

    def give(
        self, benefit: "Benefit", person: DirectoryUser, *, by: Actor, on: date
    ) -> "Assignment":
        """The body of `Benefit.assign`."""
        about = about_assigning(benefit, person, by)
        with recorded_if_refused(BenefitAction.ASSIGNED, **about):
            assignment = self.give_under_lock(benefit, person, by=by, on=on)
            Record.objects.log(BenefitAction.ASSIGNED, **about | {"after": assignment.names})
            return assignment

    def check_person(
        self, benefit: "Benefit", person: DirectoryUser, *, by: Actor, on: date
    ) -> None:
        """The body of `Benefit.check_person`."""
        with recorded_if_refused(BenefitAction.ASSIGNED, **about_assigning(benefit, person, by)):
            benefit.check_assignable(on)
            if refusal := Eligibility(benefit, [person], on).refusal(person):
                raise refusal

    def give_under_lock(
        self,
        benefit: "Benefit",
        person: DirectoryUser,
        *,
        by: Actor,
        on: date,
        replacing: "Assignment | None" = None,
    ) -> "Assignment":
        """Check and write under locks; in a transfer, `replacing` has ended already."""
        entries, benefit = lock_for_assigning(benefit, [person])
        person = entries[person.pk]
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


def about_assigning(benefit: "Benefit", person: DirectoryUser, by: Actor) -> AuditContext:
    """What the record says of an attempt to assign `benefit` to `person`."""
    return {
        "by": by,
        "partner": benefit.partner,
        "tenant": person.tenant,
        "subject": benefit,
        "after": {"person": person.pk},
    }


def lock_for_assigning(
    benefit: "Benefit", people: Iterable[DirectoryUser]
) -> tuple[dict[int, DirectoryUser], "Benefit"]:
    """Lock `people` in all tenants, then the benefit; return them as they are now.

    The locks are always taken in that order, and held until the transaction ends.
    """
    entries = (
        DirectoryUser.objects.same_people(people)
        .order_by("pk")
        .select_for_update(of=("self",))
        .select_related("tenant")
    )
    benefits = (
        type(benefit)
        .objects.select_for_update(of=("self",))
        .select_related("product", "membership", "partner")
    )
    return {entry.pk: entry for entry in entries}, benefits.get(
        pk=benefit.pk, partner=benefit.partner_id
    )
