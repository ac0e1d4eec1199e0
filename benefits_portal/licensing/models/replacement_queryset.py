"""Queries for replacement requests, in the words of the domain (K8, O14)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from benefits_portal.tenants.models import Partner

if TYPE_CHECKING:
    from .replacement import Replacement


class ReplacementFilters(models.QuerySet["Replacement"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def undecided(self) -> Self:
        return self.filter(decided_at=None)

    def as_requests(self) -> Self:
        """One row for each request: that of the first step for an order (O14)."""
        return self.filter(Q(order=None) | Q(redemption__position=0))

    def granted(self) -> Self:
        return self.filter(key__isnull=False)

    def of_benefit(self, benefit_pk: int) -> Self:
        """Requests for any key of that benefit."""
        return self.filter(redemption__key__benefit=benefit_pk)

    def of_benefits(self, benefit_pks: Iterable[int]) -> Self:
        """Requests for any key of those benefits."""
        return self.filter(redemption__key__benefit__in=benefit_pks)

    def for_display(self) -> Self:
        return self.select_related(
            "partner",
            "tenant",
            "asked_by",
            "decided_by",
            "order",
            "redemption__key",
            "redemption__subscription__product",
        )
