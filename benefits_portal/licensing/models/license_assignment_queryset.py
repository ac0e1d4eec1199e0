"""What can be asked of the licenses that people have, in words of the domain (L1 to L9)."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Never, Self

from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest

from benefits_portal import clock
from benefits_portal.tenants.audit.written_once import WrittenOnceQuerySet
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Tenant

if TYPE_CHECKING:
    from .license_assignment import LicenseAssignment  # noqa: F401 - in a base class, as text


def ended_after(day: date) -> Q:
    """Ended on a later day; that it ended is said, since the index is of these alone."""
    return Q(ended_at__isnull=False, ended_on__gt=day)


def held_on(day: date) -> Q:
    """Held at the end of that day (H1). What is taken on a day is free on that day (L5)."""
    return Q(given_on__lte=day) & (Q(ended_at=None) | ended_after(day))


class LicenseAssignmentQuerySet(WrittenOnceQuerySet["LicenseAssignment"]):
    def delete(self) -> Never:
        raise TypeError("Licenses are taken, never deleted (A1).")

    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def in_tenant(self, tenant: Tenant) -> Self:
        """With the partner, since their indexes begin with it."""
        return self.filter(partner=tenant.partner_id, tenant=tenant)

    def running(self) -> Self:
        """Not taken: whoever holds one now."""
        return self.filter(ended_at=None)

    def ended(self) -> Self:
        """Taken or moved."""
        return self.filter(ended_at__isnull=False)

    def on(self, day: date) -> Self:
        return self.filter(held_on(day))

    def of_disabled(self) -> Self:
        """Held by somebody who has been disabled in the directory since (L9)."""
        return self.filter(directory_user__partner=F("partner"), directory_user__is_disabled=True)

    def of_people(self, people: Iterable[DirectoryUser]) -> Self:
        return self.filter(directory_user__in=[person.pk for person in people])

    def for_display(self) -> Self:
        return self.select_related(
            "directory_user", "product", "tenant", "partner", "given_by", "ended_by"
        )

    def end(self, *, by: Actor, on: date) -> int:
        """End what has not ended; how many that were.

        A calendar that was put right may be before the day it began (W10).
        """
        last_day = Greatest("given_on", Value(on, models.DateField()))
        return self.update(ended_on=last_day, ended_at=clock.now(), ended_by=by.user)
