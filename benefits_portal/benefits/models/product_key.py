"""Product keys: issued, revealed, redeemed once, revoked (K1 to K8)."""

from datetime import date
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from benefits_portal import clock
from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.key_exceptions import KeyAlreadyRedeemed, KeyRevoked
from benefits_portal.fields import LineField
from benefits_portal.personal import Personal
from benefits_portal.prepared import PlannedQuery
from benefits_portal.tenants.audit.context import AuditContext
from benefits_portal.tenants.audit.record import recorded_if_refused, refused_while_moving
from benefits_portal.tenants.audit.written_once import WrittenOnce
from benefits_portal.tenants.models import Actor, Partner, Record, Tenant, User

from .actions import BenefitAction
from .catalog import MAX_LICENSES, Product
from .product_key_queryset import ProductKeyQuerySet


class ProductKey(WrittenOnce):
    """25 characters that stand for a number of prepaid licenses of one product; single use."""

    personal: ClassVar = {
        "digest": None,
        "ciphertext": None,
        "last_five": None,
        "revoked_why": Personal.FREE_TEXT,
    }

    partner = models.ForeignKey(
        Partner,
        models.PROTECT,
        related_name="product_keys",
        db_index=False,
        verbose_name=_("partner"),
    )
    benefit = models.ForeignKey(
        "benefits.Benefit", models.PROTECT, related_name="keys", verbose_name=_("benefit")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="keys", db_index=False, verbose_name=_("product")
    )
    licenses = models.PositiveIntegerField(_("licenses"))
    digest = models.CharField(max_length=64, editable=False)
    ciphertext = models.TextField(editable=False)
    last_five = models.CharField(_("last five characters"), max_length=5, editable=False)
    issued_at = models.DateTimeField(_("issued at"), default=clock.now, editable=False)
    redeemed_at = models.DateTimeField(_("redeemed at"), null=True, editable=False)
    redeemed_on = models.DateField(_("redeemed on"), null=True, editable=False)
    # Columns that redeeming writes have no index, so that it updates none
    redeemed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("redeemed by"),
        editable=False,
    )
    redeemed_in = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        related_name="redeemed_keys",
        db_index=False,
        verbose_name=_("redeemed in"),
        editable=False,
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("revoked by"),
        editable=False,
    )
    revoked_why = LineField(_("revoked because"), max_length=200, blank=True, editable=False)

    once = {
        "redeemed_at": {"redeemed_at", "redeemed_on", "redeemed_by", "redeemed_in"},
        "revoked_at": {"revoked_at", "revoked_by", "revoked_why"},
    }

    objects = ProductKeyQuerySet.as_manager()  # type: ignore[misc]

    # Whether its benefit had another key before; True, the safe answer, unless a query found out
    follows_another = True

    class Meta:
        verbose_name = _("product key")
        verbose_name_plural = _("product keys")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(licenses__gte=1), name="product_key_licenses_positive"
            ),
            models.CheckConstraint(
                condition=Q(licenses__lte=MAX_LICENSES),
                name="product_key_licenses_at_most",
                violation_error_message=_("A product key stands for at most 1,000,000 licenses."),
            ),
            models.CheckConstraint(
                condition=Q(redeemed_at=None, redeemed_on=None, redeemed_by=None, redeemed_in=None)
                | Q(
                    redeemed_at__isnull=False, redeemed_on__isnull=False, redeemed_in__isnull=False
                ),
                name="product_key_redeemed_all_or_none",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revoked_why="")
                | Q(revoked_at__isnull=False) & ~Q(revoked_why=""),
                name="product_key_revoked_all_or_none",
            ),
            # Not unique=True, which would add a second index for LIKE on PostgreSQL
            models.UniqueConstraint(fields=["digest"], name="product_key_digest"),
            models.UniqueConstraint(
                fields=["benefit"],
                condition=Q(revoked_at=None),
                name="product_key_one_live_per_benefit",
                violation_error_message=_("This benefit has a live key already. Revoke it first."),
            ),
        ]
        indexes = [
            models.Index(fields=["issued_at"], name="product_key_issued"),
            models.Index(fields=["partner", "last_five"], name="product_key_ending"),
            models.Index(
                fields=["id"], condition=Q(revoked_at__isnull=False), name="product_key_revoked"
            ),
        ]

    def __str__(self) -> str:
        return key_encryption.masked(self.last_five)

    @property
    def ending(self) -> str:
        """The short form in lists: …XXXXX (K3)."""
        return f"…{self.last_five}"

    @property
    def is_redeemed(self) -> bool:
        return self.redeemed_at is not None

    def check_redeemable(self, on: date) -> None:
        """Raise KeyRevoked, KeyAlreadyRedeemed, BenefitNotBegun or BenefitExpired (K7)."""
        if self.revoked_at is not None:
            raise KeyRevoked(self)
        if self.is_redeemed:
            raise KeyAlreadyRedeemed(self)
        self.benefit.check_usable(on)

    def is_redeemable(self, on: date) -> bool:
        """Whether it is neither revoked nor redeemed, and the benefit is usable."""
        return self.revoked_at is None and self.redeemed_at is None and self.benefit.is_usable(on)

    def reveal(self, *, by: Actor, on: date, tenant: Tenant | None = None) -> str:
        """Return the whole key, 5 × 5, and record that it was revealed, in which tenant (K3).

        Raises KeyRevoked, KeyAlreadyRedeemed, BenefitNotBegun or BenefitExpired.
        """
        about: AuditContext = {
            "by": by,
            "partner": self.partner,
            "tenant": tenant,
            "subject": self.benefit,
            "after": {"key": self.pk},
        }
        with recorded_if_refused(BenefitAction.KEY_REVEALED, **about):
            # Of two clicks at once, the second one finds the first one's record
            keys = ProductKey.objects.select_for_update(no_key=True)
            keys.get(pk=self.pk, partner=self.partner_id)
            self.check_redeemable(on)
            if not Record.objects.has_just(BenefitAction.KEY_REVEALED, **about):
                Record.objects.log(BenefitAction.KEY_REVEALED, **about)
        return key_encryption.grouped(key_encryption.decrypted(self.ciphertext))

    def revoke(self, why: str, *, by: Actor) -> bool:
        """Make the key unusable for good, with a reason. False if already redeemed or revoked.

        Raises PartnerMoving.
        """
        with refused_while_moving(self.partner), transaction.atomic():
            own = ProductKey.objects.filter(pk=self.pk, partner=self.partner_id)
            revoked = bool(own.filter(redeemed_at=None).revoke(why, by=by))
            if revoked:
                self._log_revoked(why, by)
        return revoked

    def _log_revoked(self, why: str, by: Actor) -> None:
        # The partner must not read a reason that staff gave for themselves
        after = {"key": self.pk} | ({"why": why} if why != by.reason else {})
        Record.objects.log(
            BenefitAction.KEY_REVOKED,
            by=by,
            partner=self.partner,
            subject=self.benefit,
            after=after,
        )

    def check_revocable(self) -> None:
        """Raise KeyRevoked or KeyAlreadyRedeemed; a redeemed key needs a replacement (K8)."""
        self.refresh_from_db()
        if self.revoked_at is not None:
            raise KeyRevoked(self)
        if self.is_redeemed:
            raise KeyAlreadyRedeemed(self)

    def revoke_spent(self, why: str, *, by: Actor) -> None:
        """Revoke a redeemed key in favor of its replacement (K8).

        Raises KeyRevoked. Within the caller's transaction.
        """
        own = ProductKey.objects.filter(pk=self.pk, partner=self.partner_id)
        if not own.redeemed().revoke(why, by=by):
            self.refresh_from_db()
            raise KeyRevoked(self)
        self.benefit.review_use()
        self._log_revoked(why, by)


@PlannedQuery
def live_key_of(benefit: int) -> QuerySet[ProductKey]:
    """The key that is not revoked, with `is_second`: whether there was another before it."""
    live = ProductKey.objects.filter(benefit=benefit, revoked_at=None)
    counted = live.annotate(is_second=had_another_before())
    return counted.select_related("redeemed_by", "redeemed_in")[:1]


def had_another_before(key: str = "pk", benefit: str = "benefit") -> Exists:
    """Whether the row's `benefit` had another key before `key`."""
    earlier = ProductKey.objects.filter(benefit=OuterRef(benefit), pk__lt=OuterRef(key))
    return Exists(earlier.order_by())
