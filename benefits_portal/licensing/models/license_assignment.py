"""The licenses that people have or had, and taking and moving one (L1 to L10).

Giving one is in `license_pool.py`, because it locks all subscriptions of the product. How many
licenses a pool has left is derived from these rows, never stored.
"""

from datetime import date

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits.models import Product
from benefits_portal.licensing.license_exceptions import LicenseTaken, SameProduct
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.written_once import ENDED, WrittenOnce, ends_whole
from benefits_portal.tenants.models import Actor, DirectoryUser, Partner, Record, Tenant, User

from .license_action import LicenseAction
from .license_assignment_queryset import LicenseAssignmentQuerySet
from .license_pool import LicensePool


class LicenseAssignment(WrittenOnce):
    """A license of a product that a person in its tenant has, or had, and from when to when."""

    # The indexes of running and of ended assignments begin with partner, tenant and product
    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        related_name="license_assignments",
        db_index=False,
        verbose_name=_("partner"),
    )
    tenant = models.ForeignKey(
        Tenant,
        models.PROTECT,
        related_name="license_assignments",
        db_index=False,
        verbose_name=_("tenant"),
    )
    product = models.ForeignKey(
        Product,
        models.PROTECT,
        related_name="license_assignments",
        db_index=False,
        verbose_name=_("product"),
    )
    directory_user = models.ForeignKey(
        DirectoryUser,
        models.PROTECT,
        related_name="license_assignments",
        verbose_name=_("directory user"),
    )
    given_on = models.DateField(_("assigned on"))
    given_at = models.DateTimeField(_("assigned at"), default=clock.now, editable=False)
    given_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("assigned by"),
    )
    ended_on = models.DateField(_("ended on"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("ended by"),
    )

    once = ENDED
    begun_on = "given_on"

    objects = LicenseAssignmentQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("license assignment")
        verbose_name_plural = _("license assignments")
        ordering = ["-given_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["directory_user", "product"],
                condition=Q(ended_at=None),
                name="license_once_per_person",
                violation_error_message=_("This person has a license of this product already."),
            ),
            ends_whole("given_on", "license_end_all_or_none"),
        ]
        indexes = [
            models.Index(
                # The person is in it so that a search needs nothing but the index
                fields=["partner", "tenant", "product", "given_at", "id", "directory_user"],
                condition=Q(ended_at=None),
                name="license_running",
            ),
            models.Index(
                fields=["partner", "tenant", "product", "ended_on", "id", "given_on"],
                condition=Q(ended_at__isnull=False),
                name="license_ended",
            ),
            models.Index(fields=["given_on"], name="license_given"),
        ]

    def __str__(self) -> str:
        return f"{self.product}: {self.directory_user}"

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    @property
    def pool(self) -> LicensePool:
        return LicensePool(self.tenant, self.product)

    @property
    def names(self) -> dict[str, int]:
        """The primary keys of the person and of this row, as the record has them."""
        return {"person": self.directory_user_id, "assignment": self.pk}

    def check_running(self) -> None:
        """Raise LicenseTaken if it was already taken or moved (L5)."""
        if not self.is_running:
            raise LicenseTaken

    def take(self, *, by: Actor, on: date) -> None:
        """Take the license away, so that it is free again at once (L5). Raises LicenseTaken."""
        about = self._about(by) | {"before": self.names}
        with recorded_if_refused(LicenseAction.TAKEN, **about):
            self._end(by=by, on=on)
            Record.objects.log(LicenseAction.TAKEN, **about)

    def move(self, product: Product, *, by: Actor, on: date) -> "LicenseAssignment":
        """Take the license and give the same person one of `product`: both or neither (L10).

        Raises SameProduct, LicenseTaken, or what `LicensePool.give` raises. This row is locked
        before any tally, in the order in which taking it locks them.
        """
        about = self._about(by) | {"subject": product, "after": {"person": self.directory_user_id}}
        about["before"] = {"product": self.product_id}
        with recorded_if_refused(LicenseAction.MOVED, **about):
            if product.pk == self.product_id:
                raise SameProduct
            self._lock_running()
            successor = LicensePool(self.tenant, product).give_under_locks(
                self.directory_user, by=by, on=on, leaving=self.product_id
            )
            self._end(by=by, on=on)
            Record.objects.log(LicenseAction.MOVED, **about | {"after": successor.names})
            left: AuditContext = {"before": self.names, "after": {"product": product.pk}}
            Record.objects.log(LicenseAction.MOVED_AWAY, **self._about(by) | left)
            return successor

    def _lock_running(self) -> None:
        """Lock the row until the transaction ends. Raises LicenseTaken if it has ended."""
        if not self._own.running().select_for_update(no_key=True).values_list("pk"):
            raise LicenseTaken

    def _end(self, *, by: Actor, on: date) -> None:
        """End the row. The condition is in the UPDATE, so of many requests at once one succeeds."""
        if not self._own.end(by=by, on=on):
            raise LicenseTaken

    @property
    def _own(self) -> LicenseAssignmentQuerySet:
        return LicenseAssignment.objects.filter(pk=self.pk, partner=self.partner_id)

    def _about(self, by: Actor) -> AuditContext:
        return {
            "by": by,
            "partner": self.partner,
            "tenant": self.tenant,
            "subject": self.product,
        }
