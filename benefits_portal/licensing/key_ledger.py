"""Which keys counted as redeemed on a day (H1), for the app below, which has no ledger."""

from datetime import date

from django.db.models import OuterRef, Q, Subquery
from django.db.models.lookups import IsNull

from benefits_portal.benefits.redeemed_then import register_ledger_provider

from .models import Redemption


@register_ledger_provider
def counted_on(day: date) -> Q:
    """The condition on a key; only a revoked key can have a reversed redemption (K8)."""
    standing = Redemption.objects.standing_on(day).filter(key=OuterRef("pk"))
    # Not EXISTS: with an OR, PostgreSQL may hash the whole ledger for it
    found = IsNull(Subquery(standing.values("pk")[:1]), False)
    return Q(redeemed_on__lte=day) & (Q(revoked_at=None) | Q(found))
