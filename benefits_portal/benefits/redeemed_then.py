"""Which keys counted as redeemed at the end of a day (H1): the app above says it, from its ledger.

A key that was replaced since is revoked today; that it counted until then is on record there.
"""

from collections.abc import Callable
from datetime import date

from django.db.models import Q

type LedgerProvider = Callable[[date], Q]
ledger_providers: list[LedgerProvider] = []


def register_ledger_provider(provider: LedgerProvider) -> LedgerProvider:
    """Decorator: `provider` gives the condition on a product key that it counted on a day."""
    ledger_providers.append(provider)
    return provider


def counted_on(day: date) -> Q:
    """The condition on a product key that it was redeemed by the end of `day`, and not undone."""
    (provider,) = ledger_providers
    return provider(day)
