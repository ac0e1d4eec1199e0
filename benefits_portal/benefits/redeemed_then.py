"""Which keys counted as redeemed at the end of a day (H1).

Only the app above has the ledger, so it registers a provider. A key that was replaced is revoked
today; the ledger says that it counted until then.
"""

from collections.abc import Callable
from datetime import date

from django.db.models import Q

type LedgerProvider = Callable[[date], Q]
ledger_providers: list[LedgerProvider] = []


def register_ledger_provider(provider: LedgerProvider) -> LedgerProvider:
    """Decorator: `provider` returns the condition on a product key that it counted on a day."""
    ledger_providers.append(provider)
    return provider


def counted_on(day: date) -> Q:
    """The condition on a product key that it was redeemed by the end of `day` and not reversed."""
    (provider,) = ledger_providers
    return provider(day)
