"""The link that starts redeeming a key for a subscription, in its tenant."""

from django.urls import reverse
from django.utils.http import urlencode

from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import RedemptionKind


def start_url(
    subscription: Subscription, way: RedemptionKind | None = None, key: int | None = None
) -> str:
    """The URL of the first step; `key` is a primary key. In another tenant it offers to switch."""
    known = {"subscription": subscription.pk, "key": key, "way": way.value if way else None}
    query = urlencode({name: value for name, value in known.items() if value is not None})
    return f"{reverse('licensing:product-key-start')}?{query}"
