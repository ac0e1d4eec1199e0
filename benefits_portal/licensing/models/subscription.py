"""Subscriptions: what they run for, their status on a day, and the verbs that change them.

The arithmetic of the end-date rules is in `licensing/end_dates.py`. A quote says what redeeming a
key would do; the verbs redeem it, by `redeeming.py`, and do exactly what was quoted.
"""

from collections.abc import Sequence
from copy import copy
from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import ExpressionWrapper, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import Product, ProductKey
from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet
from benefits_portal.derived_fields import SortKeyField
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.exceptions import (
    DifferentProduct,
    NotReactivatable,
    SubscriptionNotActive,
)
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.terms import MAX_EXTENSION_YEARS, Term, in_licenses
from benefits_portal.paths import path_of
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Actor, Partner, Tenant
from benefits_portal.tenants.partner_rows import PartnerRow

from . import redeeming
from .as_of import Run, ledger_of, run_on
from .redemption import Redemption
from .subscription_queryset import DISABLED_DAYS, EXPIRED_DAYS, SubscriptionQuerySet
from .subscription_table import CONSTRAINTS, INDEXES


class Subscription(PartnerRow):
    """A product active in a tenant: licenses, first and last day of service, and the remainder.

    The remainder is what no whole day could hold. What the list sorts by stands on the row, so that
    an index serves every order (docs/adr/0005): redeeming and reversing write the names, renaming
    in the catalog carries them on, and the database works out `is_kept`.
    """

    personal: ClassVar = {"product_name": None, "source_name": None}

    class Status(models.TextChoices):
        ACTIVE = "active", _("Active")
        EXPIRED = "expired", _("Expired")
        DISABLED = "disabled", _("Disabled")
        DELETED = "deleted", _("Deleted")

    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        related_name="subscriptions",
        db_index=False,
        verbose_name=_("partner"),
    )
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        related_name="subscriptions",
        db_index=False,
        verbose_name=_("tenant"),
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="subscriptions", verbose_name=_("product")
    )
    licenses = models.PositiveIntegerField(_("licenses"))
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    carried_license_days = models.PositiveIntegerField(
        _("carried license-days"),
        default=0,
        help_text=_("What a whole day could not hold; it goes into the next calculation."),
    )
    since = models.DateField(
        _("unchanged since"),
        editable=False,
        help_text=_("Since when it runs for these licenses and this end date."),
    )
    withdrawn_on = models.DateField(
        _("withdrawn on"),
        null=True,
        editable=False,
        help_text=_("When the key that started it was replaced."),
    )
    product_name = models.CharField(max_length=120, editable=False)
    source_name = models.CharField(max_length=80, blank=True, editable=False)
    product_sort_name = SortKeyField("product_name")
    source_sort_name = SortKeyField("source_name")
    is_kept = models.GeneratedField(
        expression=ExpressionWrapper(Q(withdrawn_on=None), models.BooleanField()),
        output_field=models.BooleanField(),
        db_persist=True,
        serialize=False,
    )

    # A day on which a query has found that it can come back
    comes_back_on: date | None = None

    objects = SubscriptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        ordering = ["product__sort_name", "pk"]
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.product}, {self.tenant}"

    def get_absolute_url(self) -> str:
        return path_of("licensing:subscription", self.pk)

    @property
    def title(self) -> str:
        """What it is called where the tenant stands beside it."""
        return str(self.product)

    @property
    def licenses_text(self) -> str:
        return in_licenses(self.licenses)

    # What holds on a day

    @property
    def expired_until(self) -> date:
        return self.ends_on + EXPIRED_DAYS

    @property
    def disabled_until(self) -> date:
        return self.expired_until + DISABLED_DAYS

    def status(self, on: date) -> Status:
        """S2: derived, never stored. One that was withdrawn is Deleted at once (K8)."""
        if self.withdrawn_on is not None:
            return self.Status.DELETED
        if on <= self.ends_on:
            return self.Status.ACTIVE
        if on <= self.expired_until:
            return self.Status.EXPIRED
        return self.Status.DISABLED if on <= self.disabled_until else self.Status.DELETED

    def is_active(self, on: date) -> bool:
        return self.status(on) is self.Status.ACTIVE

    def entitles(self, on: date) -> bool:
        """Whether people can have its licenses (L7); `entitling` is the same in SQL."""
        return self.status(on) in (self.Status.ACTIVE, self.Status.EXPIRED)

    def check_active(self, on: date) -> None:
        """Raise SubscriptionNotActive after the last day of service (S4, S6)."""
        if not self.is_active(on):
            raise SubscriptionNotActive(self, on)

    def can_come_back(self, on: date) -> bool:
        """Whether it is the latest Expired or Disabled one of its product in its tenant (S3).

        One query, where that is not at hand.
        """
        if self.comes_back_on == on:
            return True
        pool = self.partner_id, self.tenant_id, self.product_id
        return self == latest_to_come_back.first(*pool, on)

    def last_days(self, on: date) -> list[tuple[Status, date]]:
        """The last day of what it is on day `on` and of what follows; none once Deleted (S2)."""
        if self.withdrawn_on is not None:
            return []
        days = (
            (self.Status.ACTIVE, self.ends_on),
            (self.Status.EXPIRED, self.expired_until),
            (self.Status.DISABLED, self.disabled_until),
        )
        return [(status, last) for status, last in days if on <= last]

    def next_change_on(self, on: date) -> date | None:
        """The day the status changes next; None once it is Deleted."""
        return next((last + timedelta(days=1) for _status, last in self.last_days(on)), None)

    def last_day_of_status(self, on: date) -> date:
        """The last day of what it is on that day, Active, Expired or Disabled."""
        return (self.next_change_on(on) or on) - timedelta(days=1)

    # What a key makes of it

    @classmethod
    def running(cls, term: Term) -> "Subscription":
        """An unsaved subscription that runs for `term`: for its status on a day."""
        return cls(**term.columns)

    @property
    def term(self) -> Term:
        return Term(self.licenses, self.ends_on, self.carried_license_days)

    def run_for(self, term: Term) -> None:
        """Have these licenses, this end and this remainder from now on; saves nothing."""
        for name, value in term.columns.items():
            setattr(self, name, value)

    @property
    def latest_extension_on(self) -> date:
        """The latest day to which one key can move the end date (S5)."""
        return end_dates.latest_extension_on(self.ends_on)

    def extended(self, key_licenses: int) -> Term:
        """The term after *Extend end date* with a key of `key_licenses` (S4, S7)."""
        return end_dates.extended(self.term, key_licenses)

    def with_added_licenses(self, key_licenses: int, on: date) -> Term:
        """The term after *Add licenses* on day `on` with a key of `key_licenses` (S6, S7)."""
        return end_dates.with_added_licenses(self.term, key_licenses, on)

    @classmethod
    def quote(
        cls,
        way: RedemptionKind,
        key: ProductKey,
        tenant: Tenant,
        subscription: "Subscription | None",
        on: date,
    ) -> Quote:
        """What redeeming `key` does on that day; `subscription` is None for a new one.

        Raises, in the order of K7, DifferentProduct, SubscriptionNotActive or NotReactivatable, and
        what the arithmetic raises.
        """
        if (way is RedemptionKind.NEW) != (subscription is None):
            raise ValueError("A new subscription has none before it; every other way changes one.")
        if subscription is None:
            after = end_dates.activated(key.licenses, on)
            return Quote(way, key.pk, tenant.pk, None, on, None, after)
        before, after = subscription.term, subscription.term_after(way, key, on)
        return Quote(way, key.pk, tenant.pk, subscription.pk, on, before, after)

    def check_product(self, key: ProductKey) -> None:
        """Raise DifferentProduct unless `key` is for the product of this subscription."""
        if key.product_id != self.product_id:
            raise DifferentProduct(key.product, self)

    def term_after(self, way: RedemptionKind, key: ProductKey, on: date) -> Term:
        """The term after redeeming `key` for this subscription; raises as `quote`."""
        self.check_product(key)
        if way is RedemptionKind.REACTIVATE:
            if not self.can_come_back(on):
                raise NotReactivatable
        else:
            self.check_active(on)
        return end_dates.redeemed(way, self.term, key.licenses, on)

    # The verbs: each spends one key and changes one subscription, both or neither

    @classmethod
    def activate(
        cls, key: ProductKey, tenant: Tenant, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` for a new subscription in `tenant` (S1)."""
        return cls.redeem(RedemptionKind.NEW, key, tenant, None, by=by, on=on, quote=quote)

    def reactivate(
        self, key: ProductKey, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` to bring this Expired or Disabled subscription back (S3)."""
        return self.redeem(
            RedemptionKind.REACTIVATE, key, self.tenant, self, by=by, on=on, quote=quote
        )

    def extend(
        self, key: ProductKey, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` to move the end date; the licenses stay (S4, S5)."""
        return self.redeem(RedemptionKind.EXTEND, key, self.tenant, self, by=by, on=on, quote=quote)

    def add_licenses(
        self, key: ProductKey, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` to add its licenses and average the end dates (S6)."""
        return self.redeem(RedemptionKind.ADD, key, self.tenant, self, by=by, on=on, quote=quote)

    @classmethod
    def redeem(
        cls,
        way: RedemptionKind,
        key: ProductKey,
        tenant: Tenant,
        subscription: "Subscription | None",
        *,
        by: Actor,
        on: date,
        quote: Quote | None = None,
    ) -> Redemption:
        """What all four verbs do.

        Given the `quote` that was shown, it does exactly that or raises ChangedMeanwhile (S8); the
        same quote a second time returns the first time's redemption (K2). Any other Refusal is
        raised in the order of K7 and put on record.
        """
        return redeeming.redeem(cls, way, key, tenant, subscription, by=by, on=on, shown=quote)

    # Which keys are for it

    def fitting_keys(self, on: date) -> ProductKeyQuerySet:
        """The partner's own keys of its product that lengthen it, what expires first before others.

        While it is Active, those that do not extend it too far (S5); once it has ended, any (S3).
        `with_fitting_key` is the same for a page of subscriptions.
        """
        keys = ProductKey.objects.waiting(self.partner, on, self.product)
        if on > self.ends_on:
            return keys
        return keys.filter(licenses__lte=MAX_EXTENSION_YEARS * self.licenses)

    def fits(self, key: ProductKey, on: date) -> bool:
        """Whether `key`, of its product, is one of `fitting_keys`. No query."""
        return on > self.ends_on or key.licenses <= MAX_EXTENSION_YEARS * self.licenses

    # What held at the end of another day

    def ledger(self) -> list[Redemption]:
        """All that was redeemed for it, in order, each with its reversal: one query."""
        return ledger_of.rows(self.pk)

    def as_of(self, day: date) -> Term | None:
        """What it ran for at the end of `day`; None before it began or once withdrawn (H1).

        A future day has what runs today. One query; `as_they_were` is the same for many rows.
        """
        run = run_on(self, self.ledger(), day)
        return run.term if run else None

    def then(self, run: Run, day: date) -> "Subscription":
        """A copy with what ran at the end of `day`, to be shown and never saved (H1)."""
        then = copy(self)
        then.run_for(run.term)
        then.starts_on = run.starts_on
        if then.since > day:
            then.withdrawn_on = None
        return then

    def as_it_was(
        self, day: date, ledger: Sequence[Redemption] | None = None
    ) -> "Subscription | None":
        """It as it was at the end of `day`, withdrawn or not; None before it began.

        One query, or none with its `ledger`.
        """
        if run := run_on(self, self.ledger() if ledger is None else ledger, day):
            return self.then(run, day)
        return self if self.since <= day else None

    def began_on(self) -> date:
        """The first day on which it ran. One query."""
        ledger = self.ledger()
        if not ledger:
            return self.starts_on
        return ledger[0].before_starts_on or ledger[0].redeemed_on

    def could_come_back(self, day: date) -> bool:
        """What `can_come_back` would have said at the end of `day`. One query."""
        same = Subscription.objects.of_product_in(self.tenant, self.product)
        return self == same.reactivatable_as_of(day).first()

    def entitled_as_of(self, day: date) -> int:
        """How many licenses people could have of it at the end of `day`: Active or Expired (L7)."""
        term = self.as_of(day)
        return term.licenses if term and day <= term.ends_on + EXPIRED_DAYS else 0


@PreparedQuery
def latest_to_come_back(
    partner: int, tenant: int, product: int, on: date
) -> QuerySet[Subscription]:
    return Subscription.objects.of_pool(partner, tenant, product).reactivatable(on)[:1]
