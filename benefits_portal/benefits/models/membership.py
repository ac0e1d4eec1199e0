"""A partner's enrolment in an offer, and the provisioning of its benefits (rules B1, B2)."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.exceptions import NoCreditInCurrency
from benefits_portal.benefits.productkeys import draw
from benefits_portal.tenants.models import Actor, Partner, Record

from .actions import BenefitAction
from .benefit import Benefit
from .catalogue import Offer, PackageLine

ENROLMENT_YEAR = timedelta(days=365)
GRACE = timedelta(days=30)  # between a membership's end and its benefits' expiration


class MembershipQuerySet(models.QuerySet["Membership"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner).select_related("offer")

    def overlapping(self, starts_on: date, ends_on: date) -> Self:
        return self.filter(starts_on__lte=ends_on, ends_on__gte=starts_on)

    def running(self, on: date) -> Self:
        return self.overlapping(on, on)

    def ending_within(self, days: int, on: date) -> Self:
        return self.running(on).filter(ends_on__lte=on + timedelta(days=days))

    def usable(self, on: date) -> Self:
        """Begun, and with benefits that have not expired (B1)."""
        return self.filter(starts_on__lte=on, benefits_expire_on__gte=on)

    def upcoming(self, on: date) -> Self:
        return self.filter(starts_on__gt=on)

    def ended(self, on: date) -> Self:
        return self.filter(ends_on__lt=on)


class Membership(models.Model):
    """One enrolment year of a partner in an offer. Its last day and its benefits' are stored, each included (B1)."""

    partner = models.ForeignKey(Partner, models.PROTECT, related_name="memberships", verbose_name=_("partner"))
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="memberships", verbose_name=_("offer"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), editable=False)
    benefits_expire_on = models.DateField(_("benefits expire on"), editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-starts_on", "offer__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "offer", "starts_on"],
                name="membership_once_per_start",
                violation_error_message=_("This partner is already enrolled in this offer from that day."),
            ),
            models.CheckConstraint(
                condition=Q(ends_on__gt=F("starts_on")) & Q(benefits_expire_on__gt=F("ends_on")),
                name="membership_days_in_order",
                violation_error_message=_("A membership starts before it ends, and its benefits expire after that."),
            ),
        ]
        indexes = [
            models.Index(fields=["starts_on"], name="membership_starts"),
            models.Index(fields=["ends_on"], name="membership_ends"),
        ]

    def __str__(self) -> str:
        return f"{self.partner}: {self.offer} ({self.starts_on})"

    def clean(self) -> None:
        """Set the last days, and refuse a second enrolment in the same offer at the same time."""
        if not (self.starts_on and self.partner_id and self.offer_id):
            return
        self.set_days()
        same = Membership.objects.filter(partner=self.partner, offer=self.offer).exclude(pk=self.pk)
        if other := same.overlapping(self.starts_on, self.ends_on).first():
            raise ValidationError(
                {"starts_on": _("The enrolment from %(start)s to %(end)s overlaps. Start after it ends.")
                 % {"start": other.starts_on, "end": other.ends_on}}
            )  # fmt: skip

    def set_days(self) -> None:
        """B1: 365 days after the start; the benefits 30 days after that."""
        self.ends_on = self.starts_on + ENROLMENT_YEAR
        self.benefits_expire_on = self.ends_on + GRACE

    @classmethod
    def enrol(cls, partner: Partner, offer: Offer, starts_on: date, *, by: Actor, draw_key: Callable[[], str] = draw) -> "Membership":
        """Enrol `partner` and provision the package.

        Raises ValidationError for an overlapping enrolment, NoCreditInCurrency for a package without the partner's currency.
        """
        membership = cls(partner=partner, offer=offer, starts_on=starts_on)
        with transaction.atomic():
            Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)  # one enrolment after the other: they may not overlap
            membership.full_clean(exclude=["ends_on", "benefits_expire_on"])
            membership.save()
            membership.provision(by=by, draw_key=draw_key)
        return membership

    def provision(self, *, by: Actor, draw_key: Callable[[], str] = draw) -> list[Benefit]:
        """Make what the package holds and this membership lacks: benefits, with a key for each license-based one (B2).

        Returns the new benefits; a second call makes nothing. Raises NoCreditInCurrency.
        """
        with transaction.atomic():
            membership = Membership.objects.select_for_update(of=("self",)).select_related("partner").get(pk=self.pk)
            have = set(membership.benefits.values_list("package_line", flat=True))
            lines = PackageLine.objects.of_package(self.offer, self.starts_on).exclude(pk__in=have)
            benefits = [membership._provision_line(line, by=by, draw_key=draw_key) for line in lines]
            if benefits:
                Record.objects.note(
                    BenefitAction.PROVISIONED, by=by, partner=self.partner, subject=self, after={"benefits": [b.pk for b in benefits]}
                )
            return benefits

    def _provision_line(self, line: PackageLine, *, by: Actor, draw_key: Callable[[], str]) -> Benefit:
        currency = self.partner.currency if line.product.is_usage_based else ""
        amount = line.amount_in(currency) if currency else None
        if currency and amount is None:
            raise NoCreditInCurrency(line, currency)
        benefit = Benefit.objects.create(
            partner=self.partner,
            membership=self,
            package_line=line,
            product=line.product,
            benefit_type=line.benefit_type,
            competency=line.competency,
            quantity=line.quantity,
            credit_amount=amount,
            currency=currency,
            expires_on=self.benefits_expire_on,
        )
        if not line.product.is_usage_based:
            benefit.issue_key(by=by, text=draw_key())
        return benefit
