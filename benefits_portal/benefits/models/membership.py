"""A partner's enrollment in an offer, and the provisioning of its benefits (B1, B2)."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits.exceptions import (
    AlreadyEnrolled,
    MembershipOver,
    NotEndable,
    PlanChanged,
    RenewedAfterEnding,
    RenewedTooEarly,
    RenewedTooLate,
)
from benefits_portal.benefits.key_encryption import draw
from benefits_portal.fields import validate_day
from benefits_portal.formats import as_day
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.models import Actor, Partner, Record
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import BenefitAction
from .benefit import Benefit
from .catalog import Offer
from .membership_queryset import MembershipQuerySet
from .membership_table import CONSTRAINTS, INDEXES
from .plan import Plan
from .product_key import ProductKey

DAY = timedelta(days=1)
ENROLLMENT_YEAR = timedelta(days=365)
GRACE = timedelta(days=30)  # between a membership's end and its benefits' expiration


class Membership(PartnerRow):
    """One enrollment year of a partner in an offer.

    Its last day and the last day of its benefits are stored; both are included (B1). A membership
    that begins the day after a full year in the same offer is the renewal of that year, however it
    was created.
    """

    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        related_name="memberships",
        db_index=False,  # membership_of_partner begins with it
        verbose_name=_("partner"),
    )
    offer = models.ForeignKey(
        Offer, models.PROTECT, related_name="memberships", verbose_name=_("offer")
    )
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"), editable=False)
    benefits_expire_on = models.DateField(_("benefits expire on"), editable=False)
    is_renewal = models.BooleanField(
        _("renewal"),
        default=False,
        db_default=False,
        editable=False,
        help_text=_(
            "It follows a year in the same offer, and ends 365 days after the last day of that "
            "year."
        ),
    )
    provisioned_at = models.DateTimeField(
        _("provisioned at"),
        null=True,
        editable=False,
        help_text=_("After that, changes to the package don't affect it."),
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-starts_on", "offer__position"]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.partner.known_as}: {self.title}"

    @property
    def title(self) -> str:
        """Its name where the partner is clear from the context."""
        return f"{self.offer} ({as_day(self.starts_on)})"

    def clean(self) -> None:
        """Set the last days. Raises ValidationError if another one in the same offer overlaps."""
        if not (self.starts_on and self.partner_id and self.offer_id):
            return
        try:
            validate_day(self.starts_on)
        except ValidationError as error:
            raise ValidationError({"starts_on": error}) from error
        same = Membership.objects.filter(partner=self.partner, offer=self.offer).exclude(pk=self.pk)
        self.is_renewal = self.renews_one_of(same.filter(ends_on=self.starts_on - DAY))
        self.set_days()
        self.check_apart(same.filter(ends_on__gte=self.starts_on))

    def check_apart(self, others: Iterable["Membership"]) -> None:
        """Raise ValidationError if it overlaps one of `others`, with a day from which it would not.

        `others` are the partner's memberships in the same offer, at least those that end later.
        """
        others = list(others)
        for other in others:
            if other.starts_on <= self.ends_on and other.ends_on >= self.starts_on:
                message = _(
                    "The membership from %(start)s to %(end)s overlaps. Start on %(day)s or later."
                ) % {
                    "start": as_day(other.starts_on),
                    "end": as_day(other.ends_on),
                    "day": as_day(max(each.ends_on for each in others) + DAY),
                }
                raise ValidationError({"starts_on": message})

    def renews_one_of(self, others: Iterable["Membership"]) -> bool:
        """Whether it begins the day after one of `others` that was not ended early (B1).

        `others` are the partner's memberships in the same offer.
        """
        return any(
            other.ends_on + DAY == self.starts_on and not other.was_ended_early for other in others
        )

    def set_days(self) -> None:
        """Set the last day of the year, and that of the benefits, 30 days later (B1)."""
        self.ends_on = self.whole_year_ends_on
        self.benefits_expire_on = self.ends_on + GRACE

    @property
    def whole_year_ends_on(self) -> date:
        """365 days after the first day (B1).

        For a renewal, 365 days after the last day of the year before; otherwise each year would
        begin a day later.
        """
        return (self.starts_on - DAY if self.is_renewal else self.starts_on) + ENROLLMENT_YEAR

    # What holds on a day

    def has_begun(self, on: date) -> bool:
        return self.starts_on <= on

    @property
    def was_ended_early(self) -> bool:
        return self.ends_on < self.whole_year_ends_on

    def renewal(self) -> "Membership":
        """The next year's membership, not saved."""
        renewal = Membership(
            partner=self.partner, offer=self.offer, starts_on=self.ends_on + DAY, is_renewal=True
        )
        renewal.set_days()
        return renewal

    def renewed_as(self) -> "Membership | None":
        """The next year's membership in the same offer, or None if the partner is not enrolled."""
        same = Membership.objects.filter(partner=self.partner_id, offer=self.offer_id)
        return same.filter(starts_on=self.ends_on + DAY).first()

    def check_renewable(self, on: date) -> None:
        """Raise NotRenewable if it has not begun, was ended early, or the next year is over too."""
        if not self.has_begun(on):
            raise RenewedTooEarly
        if self.was_ended_early:
            raise RenewedAfterEnding
        if self.renewal().ends_on < on:
            raise RenewedTooLate

    def plan(self) -> Plan:
        """What provisioning will create from the package. Raises NoCreditInCurrency."""
        return Plan.of(self)

    # The verbs

    @classmethod
    def enroll(
        cls,
        partner: Partner,
        offer: Offer,
        starts_on: date,
        *,
        by: Actor,
        shown: str = "",
        draw_key: Callable[[], str] = draw,
    ) -> "Membership":
        """Enroll `partner` and provision the package.

        `shown` is the fingerprint of the plan that was confirmed, if any. Raises AlreadyEnrolled
        for the same first day, ValidationError for an overlap, PlanChanged if the plan is not the
        one `shown`, or NoCreditInCurrency if the package has no credit in the partner's currency.
        """
        membership = cls(partner=partner, offer=offer, starts_on=starts_on)
        tried = {"offer": offer.pk, "starts_on": starts_on}
        with recorded_if_refused(BenefitAction.PROVISIONED, by=by, partner=partner, after=tried):
            # Serialize enrollments of a partner: they must not overlap
            Partner.objects.select_for_update(no_key=True).get(pk=partner.pk)
            membership.check_enrollable(shown)
            membership.save()
            membership.provision(by=by, draw_key=draw_key)
        return membership

    def check_enrollable(self, shown: str) -> None:
        """Raise what `enroll` raises. The partner must be locked."""
        same = Membership.objects.filter(
            partner=self.partner, offer=self.offer, starts_on=self.starts_on
        )
        if there := same.first():
            raise AlreadyEnrolled(there)
        self.full_clean(exclude=["ends_on", "benefits_expire_on"])
        if shown and shown != self.plan().fingerprint:
            raise PlanChanged

    def renew(
        self, *, by: Actor, on: date, shown: str = "", draw_key: Callable[[], str] = draw
    ) -> "Membership":
        """Enroll for the next year, with its own benefits and keys.

        Raises NotRenewable, and what `enroll` raises.
        """
        with recorded_if_refused(
            BenefitAction.PROVISIONED, by=by, partner=self.partner, subject=self
        ):
            self.check_renewable(on)
        return Membership.enroll(
            self.partner,
            self.offer,
            self.renewal().starts_on,
            by=by,
            shown=shown,
            draw_key=draw_key,
        )

    def provision(self, *, by: Actor, draw_key: Callable[[], str] = draw) -> list[Benefit]:
        """Create the package's benefits, with a key for each license-based one (B2).

        Returns the new benefits. Provisioning happens once: a second call creates nothing, and
        later additions to the package are for future memberships only. Raises NoCreditInCurrency.
        """
        with recorded_if_refused(
            BenefitAction.PROVISIONED, by=by, partner=self.partner, subject=self
        ):
            own = Membership.objects.filter(pk=self.pk, partner=self.partner_id)
            if not own.filter(provisioned_at=None).update(provisioned_at=clock.now()):
                return []
            self.refresh_from_db()
            benefits = Benefit.objects.bulk_create(self.plan().benefits)
            with_key = [each for each in benefits if not each.is_usage_based]
            ProductKey.objects.issue([(each, draw_key()) for each in with_key], by=by)
            made = {"benefits": [benefit.pk for benefit in benefits]}
            Record.objects.log(
                BenefitAction.PROVISIONED, by=by, partner=self.partner, subject=self, after=made
            )
            return benefits

    def end(self, last_day: date, *, by: Actor, on: date) -> None:
        """End it early, on `last_day`.

        Its benefits expire 30 days later (B1); subscriptions go on (B5). Raises MembershipOver, or
        NotEndable if `last_day` is past or outside the enrollment year.
        """
        # If `last_day` is after `ends_on`, this is only recorded with the refusal
        after = {"ends_on": last_day, "benefits_expire_on": min(last_day, self.ends_on) + GRACE}
        before = {name: getattr(self, name) for name in after}
        about: AuditContext = {
            "by": by,
            "partner": self.partner,
            "subject": self,
            "before": before,
            "after": after,
        }
        with recorded_if_refused(BenefitAction.ENDED, **about):
            earliest = max(on, self.starts_on + DAY)
            own = Membership.objects.filter(pk=self.pk, partner=self.partner_id)
            running = own.filter(ends_on=self.ends_on, ends_on__gt=last_day)
            if self.ends_on <= earliest:
                raise MembershipOver
            if last_day < earliest or not running.update(**after):
                raise NotEndable(earliest, self.ends_on - DAY)
            self.benefits.filter(partner=self.partner_id).update(expires_on=last_day + GRACE)
            Record.objects.log(BenefitAction.ENDED, **about)
        self.ends_on, self.benefits_expire_on = last_day, last_day + GRACE
