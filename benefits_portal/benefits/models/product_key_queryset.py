"""Queries for product keys; looking up a typed key, and claiming one (K2 to K7)."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.db import models, transaction
from django.db.models import OuterRef, Q
from django.views.decorators.debug import sensitive_variables

from benefits_portal import clock
from benefits_portal.benefits import key_encryption
from benefits_portal.benefits.key_entry import typed_key
from benefits_portal.benefits.key_exceptions import (
    KeyAlreadyRedeemed,
    KeyMistyped,
    KeyOfAnotherPartner,
    KeyUnknown,
    NotAKey,
    TooManyTries,
)
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.audit.written_once import WrittenOnceQuerySet
from benefits_portal.tenants.limits import counting
from benefits_portal.tenants.models import Actor, KeyAttempt, Partner, Record, Tenant
from benefits_portal.tenants.models.key_attempt import guesses_of

from .actions import BenefitAction
from .catalog import Product

if TYPE_CHECKING:
    from .benefit import Benefit
    from .product_key import ProductKey

MAX_FOUND = 50  # keys with the same last five characters


class ProductKeyQuerySet(WrittenOnceQuerySet["ProductKey"]):
    def for_partner(self, partner: Partner) -> Self:
        return self.filter(partner=partner)

    def redeemable(self, on: date) -> Self:
        return self.filter(
            redeemed_at=None,
            revoked_at=None,
            benefit__starts_on__lte=on,
            benefit__expires_on__gte=on,
        )

    def waiting(
        self, partner: Partner | OuterRef, on: date, product: Product | OuterRef | None = None
    ) -> Self:
        """The keys that `partner` can redeem, optionally of one product, by expiration.

        Both arguments may be an OuterRef. It filters by columns of the benefit alone, which has the
        partner and whether a key was redeemed, so that one index serves it.
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
        """Neither redeemed nor revoked, of a benefit that has not begun (B1)."""
        return self.filter(redeemed_at=None, revoked_at=None, benefit__starts_on__gt=on)

    def lapsing_within(self, days: int, on: date) -> Self:
        return self.redeemable(on).filter(benefit__expires_on__lte=on + timedelta(days=days))

    def lapsed(self, on: date) -> Self:
        """Neither redeemed nor revoked, of a benefit that has expired."""
        return self.filter(redeemed_at=None, revoked_at=None, benefit__expires_on__lt=on)

    def not_revoked(self) -> Self:
        """The live key of each benefit."""
        return self.filter(revoked_at=None)

    def redeemed(self) -> Self:
        return self.exclude(redeemed_at=None)

    def revoked(self) -> Self:
        return self.exclude(revoked_at=None)

    def for_use(self) -> Self:
        """Join what decides whether the key can be used.

        Not all of `for_display`: planning a query with that many tables takes longer than running
        it.
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
        KeyUnknown. Only the last counts as a guess (K6). Of what was typed, only a digest is stored
        (K3).
        """
        with counting(*guesses_of(by.user, partner)) if by.user else transaction.atomic():
            found = self._look_up(text, partner=partner, by=by)
        if not isinstance(found, Refusal):
            return found
        if isinstance(found, TooManyTries | KeyUnknown):
            Record.objects.log(
                BenefitAction.KEY_TRIED, by=by, partner=partner, tenant=tenant, refusal=found
            )
        raise found

    @sensitive_variables("text")
    def _look_up(self, text: str, *, partner: Partner, by: Actor) -> "ProductKey | Refusal":
        """The body of `typed`, one look-up at a time for each account and partner.

        So simultaneous guesses are counted too. The refusal is returned, not raised, because
        raising would roll back the count.
        """
        user, now = by.user, clock.now()
        visible = Q(partner=partner)
        if user:
            if until := KeyAttempt.objects.locked_until(user, partner, now):
                return TooManyTries(until)
            visible |= Q(partner__in=Partner.objects.with_role_for(user))
        try:
            digests = key_encryption.digests(typed_key(text))
        except (NotAKey, KeyMistyped) as refusal:
            return refusal
        # The key of another partner is treated as if it did not exist (K4)
        key = self.for_display().filter(visible, digest__in=digests).first()
        if key:
            return key if key.partner_id == partner.pk else KeyOfAnotherPartner(key)
        if user:
            KeyAttempt.objects.remember(user, partner, digests[0], now)
        return KeyUnknown()

    @sensitive_variables("text")
    def looked_up(self, text: str, *, by: Actor) -> Excerpt["ProductKey"]:
        """The keys that match `text`, a whole key or its last five characters, for staff.

        The record names them by primary key only (K3).
        """
        letters = key_encryption.normalized(text)
        with suppress(NotAKey, KeyMistyped):
            letters = typed_key(text)
        asked = (
            Q(last_five=letters)
            if len(letters) == 5
            else Q(digest__in=key_encryption.digests(letters))
        )
        found: Excerpt[ProductKey] = Excerpt.of(
            self.for_display().filter(asked).order_by("pk"), MAX_FOUND
        )
        Record.objects.log(
            BenefitAction.KEY_LOOKED_UP, by=by, after={"keys": [key.pk for key in found]}
        )
        return found

    def claim(self, key: "ProductKey", *, tenant: Tenant, by: Actor, on: date) -> "ProductKey":
        """Spend `key`: the one update that only one of many requests can win (K2).

        Within the caller's transaction. Raises KeyUnknown in a tenant of another partner (K4),
        KeyRevoked, KeyAlreadyRedeemed, BenefitNotBegun or BenefitExpired.
        """
        if tenant.partner_id != key.partner_id:
            raise KeyUnknown
        values = spending(tenant=tenant, by=by, on=on)
        # A spent key stays spent, so it is refused without a write
        is_spent = key.is_redeemed or key.revoked_at
        own = self.filter(pk=key.pk, partner=key.partner_id)
        if is_spent or not own.filter(revoked_at=None).update(**values):
            key = self.for_display().get(pk=key.pk)
            key.check_redeemable(on)
            raise KeyAlreadyRedeemed(key)  # in any case: a key that was not claimed is not spent
        key.benefit.check_usable(on)
        key.benefit.begin_use()
        return key

    def issue(self, texts: "Iterable[tuple[Benefit, str]]", *, by: Actor) -> "list[ProductKey]":
        """The key with each text for its benefit, on record. Two queries, however many.

        Raises IntegrityError if a benefit already has a live one.
        """
        keys = self.bulk_create(self.key_of(benefit, text) for benefit, text in texts)
        Record.objects.bulk_create(
            Record.objects.line(
                BenefitAction.KEY_ISSUED,
                by=by,
                partner=key.partner,
                subject=key.benefit,
                after={"key": key.pk},
            )
            for key in keys
        )
        return keys

    def key_of(self, benefit: "Benefit", text: str) -> "ProductKey":
        """The key of `benefit` that reads `text`, not yet written."""
        return self.model(
            benefit=benefit,
            partner=benefit.partner,
            product=benefit.product,
            licenses=benefit.quantity or 0,  # the database refuses a key for credit
            digest=key_encryption.digests(text)[0],
            ciphertext=key_encryption.encrypted(text),
            last_five=text[-5:],
        )

    def revoke(self, why: str, *, by: Actor) -> int:
        """Revoke those that are not revoked. Returns how many."""
        return self.update(revoked_at=clock.now(), revoked_by=by.user, revoked_why=why)

    def encrypt_again(self, text: str) -> None:
        """Encrypt `text` with the current secret; it remains the same key."""
        models.QuerySet.update(
            self, digest=key_encryption.digests(text)[0], ciphertext=key_encryption.encrypted(text)
        )


def spending(*, tenant: Tenant, by: Actor, on: date) -> dict[str, Any]:
    """The columns to write on a key that is redeemed."""
    return {
        "redeemed_at": clock.now(),
        "redeemed_on": on,
        "redeemed_by": by.user,
        "redeemed_in": tenant,
    }
