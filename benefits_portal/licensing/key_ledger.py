"""Tells the app below which keys counted as redeemed on a day (H1)."""

from datetime import date

from django.db.models import Exists, OuterRef

from benefits_portal.benefits.redeemed_then import register_ledger_provider

from .models import Redemption


@register_ledger_provider
def counted_on(day: date) -> Exists:
    return Exists(Redemption.objects.standing_on(day).filter(key=OuterRef("pk")))
