"""Product keys: issued, revealed, redeemed once, revoked (rules K1 to K8)."""

from contextlib import suppress
from datetime import date, timedelta
from typing import Any, Never, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables

from benefits_portal import clock
from benefits_portal.benefits import productkeys
from benefits_portal.benefits.key_entry import typed_key
from benefits_portal.benefits.key_exceptions import (
    KeyAlreadyRedeemed,
    KeyMistyped,
    KeyOfAnotherPartner,
    KeyRevoked,
    KeyUnknown,
    NotAKey,
    TooManyTries,
)
from benefits_portal.fields import LineField
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.audit.written_once import WrittenOnce, WrittenOnceQuerySet
from benefits_portal.tenants.limits import counting
from benefits_portal.tenants.models import Actor, KeyAttempt, Partner, Record, Tenant, User
from benefits_portal.tenants.models.key_attempt import guesses_of

from .actions import BenefitAction
from .catalog import MAX_LICENSES, Product

MAX_FOUND = 50  # keys that end alike


class ProductKeyQuerySet(WrittenOnceQuerySet["ProductKey"]):
    def delete(self) -> Never:
        raise TypeError("Product keys are revoked, never deleted (A1).")

    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def redeemable(self, on: date) -> Self:
        return self.filter(
            redeemed_at=None,
            revoked_at=None,
            benefit__starts_on__lte=on,
            benefit__expires_on__gte=on,
        )

    def waiting(self, partner: Partner, on: date, product: Product | None = None) -> Self:
        """What `partner` can redeem, perhaps of one product, what expires first before the others.

        Read off an index of the benefits, which say themselves whose they are and that nothing was
        redeemed.
        """
        theirs = self.redeemable(on).filter(
            partner=partner,
            benefit__partner=partner,
            benefit__is_license_based=True,
            benefit__is_used=False,
        )
        theirs = theirs.filter(benefit__product=product) if product else theirs
        return theirs.for_use().order_by("benefit__expires_on", "benefit")

    def not_begun(self, on: date) -> Self:
        """Neither redeemed nor revoked, and the benefit has not begun (B1)."""
        return self.filter(redeemed_at=None, revoked_at=None, benefit__starts_on__gt=on)

    def lapsing_within(self, days: int, on: date) -> Self:
        return self.redeemable(on).filter(benefit__expires_on__lte=on + timedelta(days=days))

    def lapsed(self, on: date) -> Self:
        """Neither redeemed nor revoked, and too late for either."""
        return self.filter(redeemed_at=None, revoked_at=None, benefit__expires_on__lt=on)

    def redeemed(self) -> Self:
        return self.exclude(redeemed_at=None)

    def revoked(self) -> Self:
        return self.exclude(revoked_at=None)

    def for_use(self) -> Self:
        """With what decides whether it can be used.

        Planning a query over every table of `for_display` takes longer than using it.
        """
        return self.select_related("benefit", "product")

    def for_display(self) -> Self:
        return self.for_use().select_related("partner", "redeemed_by", "redeemed_in")

    @sensitive_variables("text")
    def typed(
        self, text: str, *, partner: Partner, by: Actor, tenant: Tenant | None = None
    ) -> "ProductKey":
        """The key of `partner` that somebody typed as `text`.

        Raises, in the order of K7, TooManyTries, NotAKey, KeyMistyped, KeyOfAnotherPartner or
        KeyUnknown. Only the last counts as a guess (K6); what was typed is kept as a digest alone
        (K3).
        """
        with counting(*guesses_of(by.user, partner)) if by.user else transaction.atomic():
            found = self._look_up(text, partner=partner, by=by)
        if isinstance(found, ProductKey):
            return found
        if isinstance(found, TooManyTries | KeyUnknown):
            Record.objects.log(
                BenefitAction.KEY_TRIED, by=by, partner=partner, tenant=tenant, refusal=found
            )
        raise found

    @sensitive_variables("text")
    def _look_up(self, text: str, *, partner: Partner, by: Actor) -> "ProductKey | Refusal":
        """The body of `typed`: one look-up at a time for each account and partner.

        So simultaneous guesses are counted too. The refusal is returned, not raised, so that the
        attempt stays counted.
        """
        user, now = by.user, clock.now()
        visible = Q(partner=partner)
        if user:
            if until := KeyAttempt.objects.locked_until(user, partner, now):
                return TooManyTries(until)
            visible |= Q(partner__in=Partner.objects.with_role_for(user))
        try:
            digests = productkeys.digests(typed_key(text))
        except (NotAKey, KeyMistyped) as refusal:
            return refusal
        # Somebody else's key: as if never issued (K4)
        key = self.for_display().filter(visible, digest__in=digests).first()
        if key:
            return key if key.partner_id == partner.pk else KeyOfAnotherPartner(key)
        if user:
            KeyAttempt.objects.remember(user, partner, digests[0], now)
        return KeyUnknown()

    @sensitive_variables("text")
    def looked_up(self, text: str, *, by: Actor) -> Excerpt["ProductKey"]:
        """The keys that staff mean by `text`, the whole key or its last five characters.

        On record by number alone (K3).
        """
        letters = productkeys.normalized(text)
        with suppress(NotAKey, KeyMistyped):
            letters = typed_key(text)
        asked = (
            Q(last_five=letters)
            if len(letters) == 5
            else Q(digest__in=productkeys.digests(letters))
        )
        found: Excerpt[ProductKey] = Excerpt.of(
            self.for_display().filter(asked).order_by("pk"), MAX_FOUND
        )
        Record.objects.log(
            BenefitAction.KEY_LOOKED_UP, by=by, after={"keys": [key.pk for key in found]}
        )
        return found

    def claim(self, key: "ProductKey", *, tenant: Tenant, by: Actor, on: date) -> "ProductKey":
        """Spend `key`: the one update that only one of many can win (K2).

        Inside the caller's transaction.

        Raises KeyUnknown in a tenant of another partner (K4), KeyRevoked, KeyAlreadyRedeemed,
        BenefitNotBegun or BenefitExpired.
        """
        if tenant.partner_id != key.partner_id:
            raise KeyUnknown
        spending = {
            "redeemed_at": clock.now(),
            "redeemed_on": on,
            "redeemed_by": by.user,
            "redeemed_in": tenant,
        }
        # As it was read: what is spent stays so, and nothing is written for it
        is_spent = key.is_redeemed or key.revoked_at
        if is_spent or not self.filter(pk=key.pk, revoked_at=None).update(**spending):
            key = self.for_display().get(pk=key.pk)
            key.check_redeemable(on)
            raise KeyAlreadyRedeemed(key)  # whatever the reason: what was not claimed is not spent
        key.benefit.check_usable(on)
        key.benefit.begin_use()
        return key

    def revoke(self, why: str, *, by: Actor) -> int:
        """Make those that are not revoked unusable for good; how many that were."""
        return self.update(revoked_at=clock.now(), revoked_by=by.user, revoked_why=why)

    def encrypt_again(self, text: str) -> None:
        """Keep the key `text` under the current secret; it stays the same key."""
        models.QuerySet.update(
            self, digest=productkeys.digests(text)[0], ciphertext=productkeys.encrypted(text)
        )


class ProductKey(WrittenOnce):
    """25 characters that stand for a number of prepaid licenses of one product; single use."""

    partner = models.ForeignKey(
        Partner, models.PROTECT, related_name="product_keys", verbose_name=_("partner")
    )
    benefit = models.ForeignKey(
        "benefits.Benefit", models.PROTECT, related_name="keys", verbose_name=_("benefit")
    )
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="keys", verbose_name=_("product")
    )
    licenses = models.PositiveIntegerField(_("licenses"))
    digest = models.CharField(max_length=64, unique=True, editable=False)
    ciphertext = models.TextField(editable=False)
    last_five = models.CharField(_("last five characters"), max_length=5, editable=False)
    issued_at = models.DateTimeField(_("issued at"), default=clock.now, editable=False)
    redeemed_at = models.DateTimeField(_("redeemed at"), null=True, editable=False)
    redeemed_on = models.DateField(_("redeemed on"), null=True, editable=False)
    redeemed_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("redeemed by"),
        editable=False,
    )
    redeemed_in = models.ForeignKey(
        Tenant,
        models.PROTECT,
        null=True,
        related_name="redeemed_keys",
        verbose_name=_("redeemed in"),
        editable=False,
    )
    revoked_at = models.DateTimeField(_("revoked at"), null=True, editable=False)
    revoked_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("revoked by"),
        editable=False,
    )
    revoked_why = LineField(_("revoked because"), max_length=200, blank=True, editable=False)

    once = {
        "redeemed_at": {"redeemed_at", "redeemed_on", "redeemed_by", "redeemed_in"},
        "revoked_at": {"revoked_at", "revoked_by", "revoked_why"},
    }

    objects = ProductKeyQuerySet.as_manager()  # type: ignore[misc]

    # Whether its benefit had one before: taken for granted where `Benefit.live_key` did not ask
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
            models.UniqueConstraint(
                fields=["benefit"],
                condition=Q(revoked_at=None),
                name="product_key_one_live_per_benefit",
                violation_error_message=_("This benefit has a live key already. Revoke it first."),
            ),
        ]
        indexes = [models.Index(fields=["issued_at"], name="product_key_issued")]

    def __str__(self) -> str:
        return productkeys.masked(self.last_five)

    def delete(self, *args: Any, **kwargs: Any) -> Never:
        raise TypeError("Product keys are revoked, never deleted (A1).")

    @property
    def is_redeemed(self) -> bool:
        return self.redeemed_at is not None

    def check_redeemable(self, on: date) -> None:
        """Raise KeyRevoked, KeyAlreadyRedeemed, BenefitNotBegun or BenefitExpired, as K7 says."""
        if self.revoked_at is not None:
            raise KeyRevoked(self)
        if self.is_redeemed:
            raise KeyAlreadyRedeemed(self)
        self.benefit.check_usable(on)

    def is_redeemable(self, on: date) -> bool:
        """Whether it is neither revoked nor redeemed, and in time."""
        return self.revoked_at is None and self.redeemed_at is None and self.benefit.is_usable(on)

    def reveal(self, *, by: Actor, on: date, tenant: Tenant | None = None) -> str:
        """The key in full, 5 × 5; put on record, with the tenant that was verified (K3).

        Raises KeyRevoked, KeyAlreadyRedeemed, BenefitNotBegun or BenefitExpired.
        """
        about: dict[str, Any] = {
            "by": by,
            "partner": self.partner,
            "tenant": tenant,
            "subject": self.benefit,
            "after": {"key": self.pk},
        }
        with recorded_if_refused(BenefitAction.KEY_REVEALED, **about):
            # Of two clicks at once one finds the other's line
            ProductKey.objects.select_for_update(no_key=True).get(pk=self.pk)
            self.check_redeemable(on)
            if not Record.objects.has_just(BenefitAction.KEY_REVEALED, **about):
                Record.objects.log(BenefitAction.KEY_REVEALED, **about)
        return productkeys.grouped(productkeys.decrypted(self.ciphertext))

    def revoke(self, why: str, *, by: Actor) -> bool:
        """Make the key unusable for good, with a reason; False if it was redeemed or revoked."""
        with transaction.atomic():
            revoked = bool(
                ProductKey.objects.filter(pk=self.pk, redeemed_at=None).revoke(why, by=by)
            )
            if revoked:
                self._log_revoked(why, by)
        return revoked

    def _log_revoked(self, why: str, by: Actor) -> None:
        # Staff's own reason is not for the partner to read
        after = {"key": self.pk} | ({"why": why} if why != by.reason else {})
        Record.objects.log(
            BenefitAction.KEY_REVOKED,
            by=by,
            partner=self.partner,
            subject=self.benefit,
            after=after,
        )

    def check_revocable(self) -> None:
        """Raise KeyRevoked or KeyAlreadyRedeemed: what a key did takes a replacement (K8)."""
        self.refresh_from_db()
        if self.revoked_at is not None:
            raise KeyRevoked(self)
        if self.is_redeemed:
            raise KeyAlreadyRedeemed(self)

    def revoke_spent(self, why: str, *, by: Actor) -> None:
        """Make a redeemed key give way to its replacement (K8).

        Raises KeyRevoked. Inside the caller's transaction.
        """
        if not ProductKey.objects.filter(pk=self.pk).redeemed().revoke(why, by=by):
            self.refresh_from_db()
            raise KeyRevoked(self)
        self.benefit.review_use()
        self._log_revoked(why, by)
