"""Questions about product keys and their replacement, and about refusals."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from benefits_portal.benefits.models import Benefit, BenefitAction, ProductKey
from benefits_portal.licensing.models import Redemption, Replacement
from benefits_portal.tenants.models import Record

from .scope import Finding, Question, Scope


@dataclass(frozen=True, kw_only=True)
class Redeemed(Question):
    """Whether a key for `product` was redeemed since the beginning: one of `ways`, in `tenant`."""

    sentences: ClassVar = {
        "not-redeemed": _("You haven't redeemed a key for %(product)s yet."),
        "redeemed-elsewhere": _("The key for %(product)s was redeemed in another tenant."),
        "redeemed-otherwise": _("The key for %(product)s was used for something else: %(way)s."),
    }

    product: str
    tenant: str
    ways: tuple[str, ...]

    def find(self, scope: Scope) -> Finding | None:
        since = Redemption.objects.filter(
            partner=scope.partner,
            subscription__product_name=self.product,
            redeemed_at__gte=scope.begun_at,
            reversal=None,
        )
        done = list(since.order_by("pk").values_list("way", "tenant__domain"))
        here = [way for way, domain in done if domain == scope.domain(self.tenant)]
        if set(here) & set(self.ways):
            return None
        if here:
            return Finding("redeemed-otherwise", {"way": here[-1]})
        return Finding("redeemed-elsewhere" if done else "not-redeemed")


@dataclass(frozen=True, kw_only=True)
class KeyRevealed(Question):
    """Whether a benefit's key was revealed since the beginning, with `tenant` verified before."""

    sentences: ClassVar = {
        "not-revealed": _("You haven't got the key for %(product)s yet."),
        "another-tenant-verified": _(
            "You verified another tenant than %(tenant)s before you got the key for %(product)s."
        ),
    }

    product: str
    offer: str
    tenant: str

    def find(self, scope: Scope) -> Finding | None:
        benefits = Benefit.objects.for_partner(scope.partner).filter(
            product_name=self.product, offer_name=self.offer
        )
        revealed = Record.objects.for_partner(scope.partner).filter(
            action=BenefitAction.KEY_REVEALED,
            refused="",
            at__gte=scope.begun_at,
            subject_type__app_label="benefits",
            subject_type__model="benefit",
            subject_id__in=benefits.values("pk"),
        )
        verified = set(revealed.order_by().values_list("tenant__domain", flat=True))
        if scope.domain(self.tenant) in verified:
            return None
        return Finding("another-tenant-verified" if verified else "not-revealed")


@dataclass(frozen=True, kw_only=True)
class KeysLeft(Question):
    """Whether at most `at_most` keys for `product` can still be redeemed."""

    sentences: ClassVar = {
        "keys-left": ngettext_lazy(
            "%(count)s key for %(product)s hasn't been redeemed.",
            "%(count)s keys for %(product)s haven't been redeemed.",
            "count",
        ),
    }

    product: str
    at_most: int

    def find(self, scope: Scope) -> Finding | None:
        keys = ProductKey.objects.for_partner(scope.partner).redeemable(scope.on)
        left = keys.filter(benefit__product_name=self.product).count()
        return Finding("keys-left", {"count": left}) if left > self.at_most else None


@dataclass(frozen=True, kw_only=True)
class NothingLapses(Question):
    """Whether all keys (at least `keys`) that expire within `days` days are redeemed."""

    sentences: ClassVar = {
        "key-lapses": ngettext_lazy(
            "%(count)s key will expire unredeemed, the first on %(day)s.",
            "%(count)s keys will expire unredeemed, the first on %(day)s.",
            "count",
        ),
        "no-such-keys": _("There are no such keys anymore."),
    }

    keys: int
    days: int

    def find(self, scope: Scope) -> Finding | None:
        until = scope.begun_on + timedelta(days=self.days)
        expiring = ProductKey.objects.for_partner(scope.partner).filter(
            revoked_at=None, benefit__expires_on__range=(scope.begun_on, until)
        )
        pairs = list(expiring.order_by().values_list("benefit__expires_on", "redeemed_at"))
        if len(pairs) < self.keys:
            return Finding("no-such-keys")
        days = sorted(day for day, redeemed_at in pairs if redeemed_at is None)
        if not days:
            return None
        return Finding("key-lapses", {"count": len(days), "day": days[0].isoformat()})


@dataclass(frozen=True, kw_only=True)
class ReplacementAsked(Question):
    """Whether a replacement was requested for the key redeemed for a benefit."""

    sentences: ClassVar = {
        "not-asked": _("You haven't asked for a replacement key yet."),
        "asked-for-another": _(
            "The replacement was requested for a different key: one for %(asked)s."
        ),
    }

    product: str
    offer: str

    def find(self, scope: Scope) -> Finding | None:
        asked = Replacement.objects.filter(partner=scope.partner, asked_at__gte=scope.begun_at)
        benefit = "redemption__key__benefit__"
        pairs = list(
            asked.order_by("pk").values_list(f"{benefit}product_name", f"{benefit}offer_name")
        )
        if (self.product, self.offer) in pairs:
            return None
        if pairs:
            return Finding("asked-for-another", {"asked": pairs[-1][0]})
        return Finding("not-asked")


@dataclass(frozen=True, kw_only=True)
class MetRefusal(Question):
    """Whether a trainee met this refusal (its code) since the beginning."""

    sentences: ClassVar = {
        "refusal-not-met": _("The portal hasn't said no yet."),
        "other-refusal-met": _("The portal said no for another reason: %(refused)s"),
    }

    refusal: str

    def find(self, scope: Scope) -> Finding | None:
        since = Q(at__gte=scope.begun_at) | Q(last_at__gte=scope.begun_at)
        met = Record.objects.for_partner(scope.partner).filter(since, actor__is_staff=False)
        met = met.exclude(refused="").order_by("at", "pk")
        codes = list(met.values_list("refused", flat=True))
        if self.refusal in codes:
            return None
        if codes:
            return Finding("other-refusal-met", {"refused": codes[-1]})
        return Finding("refusal-not-met")
