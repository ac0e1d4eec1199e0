"""Queries for benefits, in the words of the domain (B1, B5)."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, Subquery

from benefits_portal.benefits.redeemed_then import counted_on
from benefits_portal.benefits.status import Status, status_condition
from benefits_portal.derived_fields import DerivedQuerySet
from benefits_portal.tenants.models import Partner

from .assignment import Assignment
from .catalog import Product
from .product_key import ProductKey

if TYPE_CHECKING:
    from .benefit import Benefit  # noqa: F401 - named in the text below


class BenefitQuerySet(DerivedQuerySet["Benefit"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def for_display(self) -> Self:
        """Join everything that a row or a page shows of the benefit itself."""
        return self.select_related("product", "membership__offer")

    def with_excluding_offers(self) -> Self:
        """Annotate `excluding_offers`: the offers that its credit cannot be combined with (U4).

        One name per line, unordered.
        """
        product = Product.objects.filter(pk=OuterRef("product")).order_by().with_excluding_offers()
        offers = product.values("excluding_offers")  # type: ignore[misc]  # annotated
        return self.annotate(excluding_offers=Subquery(offers))

    def usage_based(self) -> Self:
        return self.filter(is_license_based=False)

    def license_based(self) -> Self:
        return self.filter(is_license_based=True)

    def usable(self, on: date) -> Self:
        """Begun (B1) and not expired (B5)."""
        return self.filter(starts_on__lte=on, expires_on__gte=on)

    def not_begun(self, on: date) -> Self:
        return self.filter(starts_on__gt=on)

    def ended(self, on: date) -> Self:
        """Expired, whether used or not."""
        return self.filter(expires_on__lt=on)

    def expiring_within(self, days: int, on: date) -> Self:
        return self.usable(on).filter(expires_on__lte=on + timedelta(days=days))

    def unused(self) -> Self:
        """Neither redeemed nor assigned: lost on the expiration date."""
        return self.filter(is_used=False)

    def with_use_then(self, day: date) -> Self:
        """Annotate `is_used_then`: `is_used` at the end of `day` (H1)."""
        # The second condition excludes nothing. Without it PostgreSQL, which does not know that
        # only a page is needed, would hash all assignments there are
        its = Q(benefit=OuterRef("pk")) & Q(benefit__lte=OuterRef("pk"))
        held = Assignment.objects.on(day).filter(its)
        keys = ProductKey.objects.filter(counted_on(day), its)
        # Only credit is assigned, and only licenses have keys
        is_held = Q(is_license_based=False) & Q(Exists(held))
        is_redeemed = Q(is_license_based=True) & Q(Exists(keys))
        is_used = ExpressionWrapper(is_held | is_redeemed, BooleanField())
        return self.annotate(is_used_then=is_used)

    def losable(self, on: date) -> Self:
        """Usable but not used: for home, reminders and calendars."""
        return self.losable_until(on, on)

    def losable_until(self, on: date, day: date) -> Self:
        """Unused and usable on some day from `on` to `day`."""
        return self.filter(starts_on__lte=day, expires_on__gte=on).unused()

    def lapsed_within(self, days: int, on: date) -> Self:
        """Expired unused within the last `days` days."""
        return self.ended(on).unused().filter(expires_on__gte=on - timedelta(days=days))

    def with_status(self, status: Status, on: date) -> Self:
        """Filter by status: the same as `Benefit.status`."""
        return self.filter(status_condition(status, on))

    def with_status_then(self, status: Status, day: date) -> Self:
        """Filter by status at the end of `day`."""
        return self.with_use_then(day).filter(status_condition(status, day, "is_used_then"))

    def unused_then(self, day: date) -> Self:
        """Neither redeemed nor assigned at the end of `day`."""
        return self.with_use_then(day).filter(is_used_then=False)
