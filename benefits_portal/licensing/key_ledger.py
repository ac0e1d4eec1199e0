"""Tells the app below which keys counted as redeemed on a day (H1)."""

from datetime import date

from django.db.models import OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from benefits_portal.benefits.redeemed_then import register_ledger_provider

from .models import Redemption


@register_ledger_provider
def counted_on(day: date) -> Q:
    """The ledger is asked of revoked keys alone: what is reversed has its key revoked (K8)."""
    standing = Redemption.objects.standing_on(day).filter(key=OuterRef("pk"))
    # Not EXISTS: beside an OR, PostgreSQL may read the whole ledger into a hash for it
    found = IsNull(Subquery(standing.values("pk")[:1]), False)
    return Q(redeemed_on__lte=day) & (Q(revoked_at=None) | Q(found))
