"""Tells the app below which keys counted as redeemed on a day (H1)."""

from datetime import date

from django.db.models import Exists, OuterRef, Q

from benefits_portal.benefits.redeemed_then import register_ledger_provider

from .models import Redemption


@register_ledger_provider
def counted_on(day: date) -> Q:
    """The ledger is asked of revoked keys alone: what is reversed has its key revoked (K8)."""
    standing = Redemption.objects.standing_on(day).filter(key=OuterRef("pk"))
    return Q(redeemed_on__lte=day) & (Q(revoked_at=None) | Q(Exists(standing)))
