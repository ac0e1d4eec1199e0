"""Subscriptions: what they run for, their status on a day, and the verbs that change them.

The arithmetic of the end-date rules is in `licensing/end_dates.py`, the steps of redeeming a key in
`redeeming.py`.
"""

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
from benefits_portal.licensing.terms import (
    DISABLED_DAYS,
    EXPIRED_DAYS,
    MAX_EXTENSION_YEARS,
    Term,
    in_licenses,
)
from benefits_portal.paths import path_of
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Actor, Partner, Tenant
from benefits_portal.tenants.partner_rows import PartnerRow

from .redeeming import redeem_key
from .redemption import Redemption
from .subscription_queryset import SubscriptionQuerySet
from .subscription_table import CONSTRAINTS, INDEXES


class Subscription(PartnerRow):
    """A product that runs in a tenant: its licenses, and its first and last day of service.

    `carried_license_days` is the remainder that did not make a whole day for all licenses. The
    columns that the list sorts by are denormalized, so that an index serves every order
    (docs/adr/0005): redeeming, reversing and renaming in the catalog write the names, and the
    database computes `is_kept`.
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

    # The day on which it can be reactivated, if a query has found that already
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
        """Its name where the context shows the tenant."""
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
        """Derived from the end date (S2). A withdrawn subscription is Deleted at once (K8)."""
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
        """Whether people can have its licenses (L7); the same as `entitling` in SQL."""
        return self.status(on) in (self.Status.ACTIVE, self.Status.EXPIRED)

    def check_active(self, on: date) -> None:
        """Raise SubscriptionNotActive after the last day of service (S4, S6)."""
        if not self.is_active(on):
            raise SubscriptionNotActive(self, on)

    def can_come_back(self, on: date) -> bool:
        """Whether it is the latest Expired or Disabled one of its product in its tenant (S3).

        One query, unless `comes_back_on` holds the answer.
        """
        if self.comes_back_on == on:
            return True
        pool = self.partner_id, self.tenant_id, self.product_id
        return self == latest_to_come_back.first(*pool, on)

    def last_days(self, on: date) -> list[tuple[Status, date]]:
        """The status on day `on` and those that follow, each with its last day (S2).

        Empty once it is Deleted, because that has no last day.
        """
        if self.withdrawn_on is not None:
            return []
        days = (
            (self.Status.ACTIVE, self.ends_on),
            (self.Status.EXPIRED, self.expired_until),
            (self.Status.DISABLED, self.disabled_until),
        )
        return [(status, last) for status, last in days if on <= last]

    def next_change_on(self, on: date) -> date | None:
        """The first day of the next status; None once it is Deleted."""
        return next((last + timedelta(days=1) for _status, last in self.last_days(on)), None)

    def last_day_of_status(self, on: date) -> date:
        """The last day of its status on day `on`: Active, Expired or Disabled."""
        return (self.next_change_on(on) or on) - timedelta(days=1)

    # Its term, and the term after a key

    @classmethod
    def with_term(cls, term: Term) -> "Subscription":
        """An unsaved subscription with `term`, to ask for its status on a day."""
        return cls(**term.columns)

    @property
    def term(self) -> Term:
        return Term(self.licenses, self.ends_on, self.carried_license_days)

    def set_term(self, term: Term) -> None:
        """Set the licenses, end date and carried license-days of `term`. Does not save."""
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

    def check_product(self, key: ProductKey) -> None:
        """Raise DifferentProduct unless `key` is for this subscription's product."""
        if key.product_id != self.product_id:
            raise DifferentProduct(key.product, self)

    def term_after(self, way: RedemptionKind, key: ProductKey, on: date) -> Term:
        """The term after redeeming `key` for this subscription (S3 to S7).

        Raises, in the order of K7, DifferentProduct, SubscriptionNotActive or NotReactivatable, and
        what `end_dates.redeemed` raises.
        """
        self.check_product(key)
        if way is RedemptionKind.REACTIVATE:
            if not self.can_come_back(on):
                raise NotReactivatable
        else:
            self.check_active(on)
        return end_dates.redeemed(way, self.term, key.licenses, on)

    # The verbs: each spends one key and changes one subscription, in one transaction.
    # `redeem_key` says what `quote` is for, and what they raise.

    @classmethod
    def activate(
        cls, key: ProductKey, tenant: Tenant, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` for a new subscription in `tenant` (S1)."""
        return redeem_key(RedemptionKind.NEW, key, tenant, None, by=by, on=on, quote=quote)

    def reactivate(
        self, key: ProductKey, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` to bring this Expired or Disabled subscription back (S3)."""
        way = RedemptionKind.REACTIVATE
        return redeem_key(way, key, self.tenant, self, by=by, on=on, quote=quote)

    def extend(
        self, key: ProductKey, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` to move the end date; the licenses stay (S4, S5)."""
        way = RedemptionKind.EXTEND
        return redeem_key(way, key, self.tenant, self, by=by, on=on, quote=quote)

    def add_licenses(
        self, key: ProductKey, *, by: Actor, on: date, quote: Quote | None = None
    ) -> Redemption:
        """Redeem `key` to add its licenses and average the end dates (S6)."""
        way = RedemptionKind.ADD
        return redeem_key(way, key, self.tenant, self, by=by, on=on, quote=quote)

    # Which keys are for it

    def fitting_keys(self, on: date) -> ProductKeyQuerySet:
        """The partner's unused keys that can extend or reactivate it, the first to expire first.

        While it is Active, those that do not extend it too far (S5); once it has ended, any (S3).
        `SubscriptionQuerySet.with_fitting_key` finds the first one for many subscriptions.
        """
        keys = ProductKey.objects.waiting(self.partner, on, self.product)
        if on > self.ends_on:
            return keys
        return keys.filter(licenses__lte=MAX_EXTENSION_YEARS * self.licenses)

    def fits(self, key: ProductKey, on: date) -> bool:
        """Whether an unused `key` for its product is one of `fitting_keys`. No query."""
        return on > self.ends_on or key.licenses <= MAX_EXTENSION_YEARS * self.licenses


@PreparedQuery
def latest_to_come_back(
    partner: int, tenant: int, product: int, on: date
) -> QuerySet[Subscription]:
    return Subscription.objects.of_pool(partner, tenant, product).reactivatable(on)[:1]
