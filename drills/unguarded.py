"""The portal without its guard against spending a key twice: it reads, then writes.

For `race guard=off` alone.
"""

import time
from typing import Any

from benefits_portal.wsgi import application

__all__ = ["application"]


def take_the_guard_away() -> None:
    from benefits_portal import clock
    from benefits_portal.benefits.models.product_key_queryset import ProductKeyQuerySet

    def claim(self: Any, key: Any, *, tenant: Any, by: Any, on: Any) -> Any:
        key = self.for_display().get(pk=key.pk)
        key.check_redeemable(on)
        time.sleep(0.2)  # so that the second of two comes in between for certain
        self.filter(pk=key.pk).update(
            redeemed_at=clock.now(), redeemed_on=on, redeemed_by=by.user, redeemed_in=tenant
        )
        return key

    ProductKeyQuerySet.claim = claim  # type: ignore[method-assign]


take_the_guard_away()
