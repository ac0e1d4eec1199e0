"""Queries for memberships, in the words of the domain (B1)."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, Subquery

from benefits_portal.tenants.models import Partner

from .catalog import Offer, PackageLine

if TYPE_CHECKING:
    from .membership import Membership


ENDED_SHOWN = timedelta(days=365)


class MembershipQuerySet(models.QuerySet["Membership"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner).select_related("offer")

    def overlapping(self, starts_on: date, ends_on: date) -> Self:
        return self.filter(starts_on__lte=ends_on, ends_on__gte=starts_on)

    def running(self, on: date) -> Self:
        return self.overlapping(on, on)

    def ending_within(self, days: int, on: date) -> Self:
        return self.running(on).filter(ends_on__lte=on + timedelta(days=days))

    def ending_until(self, on: date, day: date) -> Self:
        """Those whose last day is from `on` to `day`, even if they have not begun."""
        return self.filter(ends_on__gte=on, ends_on__lte=day)

    def not_renewed(self) -> Self:
        """Those not followed by a later year of the same partner in the same offer (B1)."""
        later = self.model.objects.filter(
            partner=OuterRef("partner"), offer=OuterRef("offer"), starts_on__gt=OuterRef("ends_on")
        )
        return self.filter(~Exists(later))

    def usable(self, on: date) -> Self:
        """Begun, with benefits that have not expired (B1)."""
        return self.filter(starts_on__lte=on, benefits_expire_on__gte=on)

    def upcoming(self, on: date) -> Self:
        return self.filter(starts_on__gt=on)

    def shown_on_home(self, on: date) -> Self:
        """Present, future, and those of the past year; first those whose benefits are usable."""
        is_over = ExpressionWrapper(Q(benefits_expire_on__lt=on), models.BooleanField())
        return self.filter(ends_on__gte=on - ENDED_SHOWN).order_by(is_over, "ends_on", "pk")

    def with_next_year(self) -> Self:
        """Annotate `next_starts_on`: the first day of the next year in its offer, or None."""
        later = self.model.objects.filter(
            partner=OuterRef("partner"), offer=OuterRef("offer"), starts_on__gt=OuterRef("ends_on")
        )
        first = later.order_by("starts_on").values("starts_on")[:1]
        return self.annotate(next_starts_on=Subquery(first))

    def ended(self, on: date) -> Self:
        return self.filter(ends_on__lt=on)

    def package_lines(self) -> models.QuerySet[PackageLine]:
        """The lines of the offers of these memberships.

        Each offer is looked for in the index, however many memberships there are.
        """
        one = self.filter(offer=OuterRef("pk")).order_by().values("pk")[:1]
        offers = Offer.objects.alias(one=Subquery(one)).filter(one__isnull=False).order_by()
        return PackageLine.objects.filter(offer__in=offers)
