"""How many licenses of a pool were given and ended, by day: an index that triggers maintain.

The assignments are the only source of truth, but counting 800,000 of them took 30 ms on each page.
A tally holds the changes of a day, not a running total: an assignment, whatever its days, changes
only the tallies of its two days and the one for all days.
"""

from datetime import date
from typing import Any, Self

from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from benefits_portal.benefits.models import Product
from benefits_portal.licensing.tally_triggers import miscounted, recounted
from benefits_portal.tenants.models import Partner, Tenant

EVER = date.min  # the day of a tally of all days together, before any real one
PEOPLE = F("given") - F("ended")  # of a day: how many more have a license; of EVER: how many have


class LicenseTallyQuerySet(models.QuerySet["LicenseTally"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def in_tenant(self, tenant: Tenant) -> Self:
        """The partner is in the filter since the index begins with it."""
        return self.filter(partner=tenant.partner_id, tenant=tenant)

    def ever(self) -> Self:
        """The tally for all days together, one for each pool: its PEOPLE have a license now."""
        return self.filter(day=EVER)

    def by_day(self) -> Self:
        return self.filter(day__gt=EVER)

    def after(self, day: date) -> Self:
        """The tallies of later days.

        PEOPLE of `ever` minus PEOPLE of these had a license at the end of `day`.
        """
        return self.filter(day__gt=day)

    def miscounted(self) -> list[int]:
        """The partners whose tallies differ from their assignments. One query."""
        with connection.cursor() as cursor:
            cursor.execute(miscounted(connection.vendor))
            return [partner for (partner,) in cursor.fetchall()]

    def recount(self) -> None:
        """Rebuild all tallies, while nobody can write an assignment.

        Needed if rows were written without the triggers.
        """
        with transaction.atomic(), connection.cursor() as cursor:
            for statement in recounted(connection.vendor):
                cursor.execute(statement)


class LicenseTally(models.Model):
    """How many licenses of a product in a tenant were given and ended on a day.

    Only triggers write it (`tally_triggers.py`); it is deleted with its last assignment.
    """

    partner: models.ForeignKey[Any, Any] = models.ForeignKey(
        Partner, models.DO_NOTHING, related_name="+", db_index=False, verbose_name=_("partner")
    )
    tenant: models.ForeignKey[Any, Any] = models.ForeignKey(
        Tenant, models.DO_NOTHING, related_name="+", db_index=False, verbose_name=_("tenant")
    )
    product: models.ForeignKey[Any, Any] = models.ForeignKey(
        Product, models.DO_NOTHING, related_name="+", db_index=False, verbose_name=_("product")
    )
    day = models.DateField(_("day"))
    given = models.IntegerField(_("assigned"))
    ended = models.IntegerField(_("ended"))
    # How many of those that were given on this day have ended, on whatever day
    gone = models.IntegerField(_("ended since"))

    objects = LicenseTallyQuerySet.as_manager()

    class Meta:
        verbose_name = _("license tally")
        verbose_name_plural = _("license tallies")
        ordering = ["partner", "tenant", "product", "day"]
        constraints = [
            models.UniqueConstraint(
                fields=["partner", "tenant", "product", "day"], name="license_tally_of_day"
            )
        ]
        indexes = [
            # A pool has one tally for all days, beside one for each day
            models.Index(
                fields=["partner", "tenant", "product"],
                condition=Q(day=EVER),
                name="license_tally_ever",
            )
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.day:%Y-%m-%d}"
