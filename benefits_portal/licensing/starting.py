"""Where redeeming a key begins with a subscription in mind: in its tenant, which is not asked."""

from django.urls import reverse
from django.utils.http import urlencode

from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import RedemptionKind


def start_url(
    subscription: Subscription, way: RedemptionKind | None = None, key: int | None = None
) -> str:
    """To start again what has ended; from another tenant a switch is offered there."""
    known = {"subscription": subscription.pk, "key": key, "way": way.value if way else None}
    query = urlencode({name: value for name, value in known.items() if value is not None})
    return f"{reverse('licensing:product-key-start')}?{query}"
