"""Queries for the licenses that people have, in the words of the domain (L1 to L9)."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Self

from django.db.models import F, Q

from benefits_portal.tenants.audit.written_once import EndedOnceQuerySet
from benefits_portal.tenants.models import DirectoryUser, Partner, Tenant

if TYPE_CHECKING:
    from .license_assignment import LicenseAssignment  # noqa: F401 - in a base class, as text


def ended_after(day: date) -> Q:
    """Ended after `day`. The first condition is there for the index, which is partial."""
    return Q(ended_at__isnull=False, ended_on__gt=day)


def held_on(day: date) -> Q:
    """Held at the end of `day` (H1). A license that is taken on a day is free on that day (L5)."""
    return Q(given_on__lte=day) & (Q(ended_at=None) | ended_after(day))


class LicenseAssignmentQuerySet(EndedOnceQuerySet["LicenseAssignment"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def in_tenant(self, tenant: Tenant) -> Self:
        """Filter by the partner too, because the indexes begin with it."""
        return self.filter(partner=tenant.partner_id, tenant=tenant)

    def running(self) -> Self:
        """Neither taken nor moved: what people have now."""
        return self.filter(ended_at=None)

    def on(self, day: date) -> Self:
        return self.filter(held_on(day))

    def of_disabled(self) -> Self:
        """Held by somebody who has since been disabled in the directory (L9)."""
        return self.filter(directory_user__partner=F("partner"), directory_user__is_disabled=True)

    def of_people(self, people: Iterable[DirectoryUser]) -> Self:
        return self.filter(directory_user__in=[person.pk for person in people])

    def for_display(self) -> Self:
        return self.select_related(
            "directory_user", "product", "tenant", "partner", "given_by", "ended_by"
        )
