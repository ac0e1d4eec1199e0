"""A benefit: one row of the Azure & cloud products page, and what can be done with it."""

from datetime import date
from typing import Any, ClassVar

from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.credit_exceptions import AlreadyHeld, LicensesNotAssigned
from benefits_portal.benefits.eligibility import Eligibility
from benefits_portal.benefits.exceptions import BenefitExpired, BenefitNotBegun
from benefits_portal.benefits.key_exceptions import KeyStillLive
from benefits_portal.benefits.money import MAX_DECIMALS, MAX_DIGITS, AmountField, quantity_text
from benefits_portal.benefits.naming import benefit_title, benefit_type_text
from benefits_portal.benefits.status import Status as BenefitStatus
from benefits_portal.benefits.status import status_of
from benefits_portal.derived_fields import SortKeyField
from benefits_portal.fields import LineField
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.candidates import Candidate
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner
from benefits_portal.tenants.partner_rows import PartnerRow

from .actions import BenefitAction
from .assignment import Assignment
from .benefit_queryset import BenefitQuerySet
from .benefit_table import CONSTRAINTS, INDEXES
from .catalog import BenefitType, PackageLine, Product
from .product_key import ProductKey, live_key_of

AMOUNT = models.DecimalField(max_digits=MAX_DIGITS, decimal_places=MAX_DECIMALS)

MAX_CANDIDATES = 20  # people shown at a time


class Benefit(PartnerRow):
    """A right to a quantity of a product, or to an amount of credit, until it expires (B5).

    The columns that lists sort and filter by are denormalized, so that an index serves every order
    (docs/adr/0005): the database computes `is_license_based` and `size`, renaming in the catalog
    writes the names, and the verbs that redeem, revoke, assign and end update `is_used`.
    """

    personal: ClassVar = dict.fromkeys(("competency", "currency", "product_name", "offer_name"))

    Status = BenefitStatus

    # All indexes of lists begin with it; PostgreSQL might prefer an index of it alone
    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="benefits", db_index=False, verbose_name=_("partner")
    )
    # The index of a unique constraint begins with it
    membership = models.ForeignKey(
        "benefits.Membership",
        models.PROTECT,
        related_name="benefits",
        db_index=False,
        verbose_name=_("membership"),
    )
    package_line = models.ForeignKey(
        PackageLine, models.PROTECT, related_name="benefits", verbose_name=_("package line")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="benefits", verbose_name=_("product")
    )
    benefit_type = models.CharField(_("benefit type"), max_length=11, choices=BenefitType)
    competency = LineField(_("competency"), max_length=80, blank=True)
    quantity = models.PositiveIntegerField(_("licenses"), null=True, blank=True)
    credit_amount = AmountField(_("credit"), null=True, blank=True)
    currency = LineField(_("currency"), max_length=3, blank=True)
    starts_on = models.DateField(_("first day"))
    expires_on = models.DateField(_("expiration date"))
    is_used = models.BooleanField(_("redeemed or assigned"), default=False, editable=False)
    product_name = models.CharField(max_length=120, editable=False)
    offer_name = models.CharField(max_length=80, editable=False)
    product_sort_name = SortKeyField("product_name")
    offer_sort_name = SortKeyField("offer_name")
    sort_competency = SortKeyField("competency")
    is_license_based = models.GeneratedField(
        expression=ExpressionWrapper(Q(credit_amount=None), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
        serialize=False,
    )
    size = models.GeneratedField(
        expression=Coalesce(
            "credit_amount",
            Cast("quantity", AMOUNT),
        ),
        output_field=AMOUNT,
        db_persist=True,
        serialize=False,
    )

    objects = BenefitQuerySet.as_manager()

    class Meta:
        verbose_name = _("benefit")
        verbose_name_plural = _("benefits")
        ordering = ["product__sort_name", "pk"]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.partner.known_as}: {self.product}"

    def get_absolute_url(self) -> str:
        """Its page is in a higher app, so settings.ABSOLUTE_URL_OVERRIDES names it."""
        raise NotImplementedError

    @property
    def is_usage_based(self) -> bool:
        return self.credit_amount is not None

    @property
    def quantity_text(self) -> str:
        """Its licenses, or its credit per month or per year, in the reader's language."""
        return quantity_text(
            self.quantity,
            self.credit_amount,
            self.currency,
            per_year=self.is_usage_based and self.product.is_bulk_credit,
        )

    @property
    def title(self) -> str:
        return benefit_title(
            self.product.name, self.quantity_text, is_usage_based=self.is_usage_based
        )

    @property
    def type_text(self) -> str:
        return benefit_type_text(self.get_benefit_type_display(), self.competency)

    def has_begun(self, on: date) -> bool:
        """Whether its membership has begun: usable from that day on (B1)."""
        return self.starts_on <= on

    def is_usable(self, on: date) -> bool:
        """Whether it can be used: through its expiration date, inclusive (B5)."""
        return self.has_begun(on) and not self.has_expired(on)

    def has_expired(self, on: date) -> bool:
        return on > self.expires_on

    def check_usable(self, on: date) -> None:
        """Raise BenefitNotBegun before its first day (B1), BenefitExpired after its last (B5)."""
        if not self.has_begun(on):
            raise BenefitNotBegun(self)
        if not self.is_usable(on):
            raise BenefitExpired(self)

    def can_transfer(self, on: date) -> bool:
        """U3: bulk credit, within the enrollment year."""
        return self.product.is_bulk_credit and on <= self.membership.ends_on

    def status(self, on: date) -> BenefitStatus:
        """Derived, never stored; `with_status` is the same in SQL."""
        values = {"is_usage_based": self.is_usage_based, "is_used": self.is_used}
        return status_of(**values, starts_on=self.starts_on, expires_on=self.expires_on, on=on)

    def begin_use(self) -> None:
        """Mark it as used, because its key is redeemed or it is assigned.

        Within the caller's transaction.
        """
        Benefit.objects.filter(pk=self.pk, partner=self.partner_id).update(is_used=True)
        self.is_used = True

    def review_use(self) -> None:
        """Recompute whether it is used, after a key was revoked or an assignment ended.

        Within the caller's transaction. It locks the benefit, then reads: if two requests end the
        last two assignments at once, the second one sees that none is left.
        """
        benefit = Benefit.objects.filter(pk=self.pk, partner=self.partner_id)
        benefit.select_for_update(no_key=True).get()
        redeemed = ProductKey.objects.filter(benefit=self.pk, revoked_at=None).redeemed()
        assigned = Assignment.objects.filter(benefit=self.pk, ended_at=None)
        self.is_used = redeemed.exists() or assigned.exists()
        benefit.update(is_used=self.is_used)

    def live_key(self) -> ProductKey | None:
        """The one key that is not revoked, or None."""
        key: Any = live_key_of.first(self.pk)
        if key is None:
            return None
        key.benefit, key.product, key.partner = self, self.product, self.partner  # loaded already
        key.follows_another = key.is_second
        live: ProductKey = key
        return live

    def issue_key(self, *, by: Actor, text: str = "") -> ProductKey:
        """Create the benefit's key. Raises IntegrityError if it already has a live one."""
        [key] = ProductKey.objects.issue([(self, text or key_encryption.draw())], by=by)
        return key

    def issue_another_key(self, *, by: Actor, on: date) -> ProductKey:
        """Create another key after one was revoked.

        Raises BenefitNotBegun, BenefitExpired, or KeyStillLive: a benefit has one key at a time
        (K8).
        """
        with recorded_if_refused(
            BenefitAction.KEY_ISSUED, by=by, partner=self.partner, subject=self
        ):
            # Of two members of staff at once, the second one finds the first one's key
            benefits = Benefit.objects.select_for_update(of=("self",))
            benefits.get(pk=self.pk, partner=self.partner_id)
            self.check_key_missing(on)
            return self.issue_key(by=by)

    def check_key_missing(self, on: date) -> None:
        """Raise what `issue_another_key` raises."""
        self.check_usable(on)
        if self.is_usage_based or self.live_key():
            raise KeyStillLive

    def candidates(self, search_query: str, on: date) -> Excerpt[Candidate]:
        """The first people of the partner's directory that match by name or email (U6).

        Each has the reason why they cannot be chosen, if so.
        """
        people = DirectoryUser.objects.first_matching(self.partner, search_query, MAX_CANDIDATES)
        eligibility = Eligibility(self, people, on)
        return people.showing([Candidate(person, eligibility.refusal(person)) for person in people])

    def check_assignable(self, on: date, replacing: Assignment | None = None) -> None:
        """Raise a Refusal if it cannot be assigned on that day.

        NotAssignable for licenses, BenefitNotBegun, BenefitExpired (U5), or AlreadyHeld: bulk
        credit has one holder (U3). In a transfer, the assignment that is replaced does not count.
        """
        if not self.is_usage_based:
            raise LicensesNotAssigned
        self.check_usable(on)
        if self.product.is_bulk_credit:
            held = self.assignments.filter(ended_at=None).exclude(
                pk=replacing.pk if replacing else 0
            )
            if holder := held.select_related("directory_user").first():
                raise AlreadyHeld(
                    name=holder.directory_user.display_name, person=holder.directory_user_id
                )

    def check_person(self, person: DirectoryUser, *, by: Actor, on: date) -> None:
        """Raise and record the Refusal that `assign` would raise, before a review is shown."""
        Assignment.objects.check_person(self, person, by=by, on=on)

    def assign(self, person: DirectoryUser, *, by: Actor, on: date) -> Assignment:
        """Assign the credit to `person` (U1 to U5). Raises a Refusal, which is recorded."""
        return Assignment.objects.give(self, person, by=by, on=on)
