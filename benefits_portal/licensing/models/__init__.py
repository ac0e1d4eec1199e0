"""What runs in a tenant: subscriptions, end-date rules, and the redemptions behind them.

- `subscription.py`: a subscription's status, its term, and the verbs that change it (S1 to S7).
- `as_of.py`, `subscription_as_of.py`: what a subscription ran for on any day (H1).
- `entitlement.py`: how many licenses of a product people can have (L6, L7).
- `subscription_table.py`: what the database refuses in its rows, and their indexes.
- `redeeming.py`: what redeeming a key would do, and redeeming it, step by step (K2, K7, S8).
- `redemption.py`: the ledger of what each key did; `redemption_queryset.py` writes it.
- `order.py`: several keys redeemed together (O9 to O14).
- `license_pool.py`, `license_assignment.py`: licenses given to people (L1 to L10);
  `license_outlook.py` says what is to come, `pool_today.py` what is next,
  `license_shortage.py` since when there are too few; `license_tally.py` is an index of how many.
- `replacement.py`, `reversal.py`: a key redeemed by mistake, asked back and made good (K8).
"""

from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.terms import Term

from .denormalized_names import carry_offer_name, carry_product_name, carry_to_subscriptions, fed_by
from .entitlement import entitled
from .license_action import LicenseAction
from .license_assignment import LicenseAssignment
from .license_outlook import LicenseOutlook, Stretch, counts, outlook_of, outlooks
from .license_pool import LicenseCount, LicensePool
from .license_shortage import over_since
from .license_tally import LicenseTally
from .order import Order, OrderAction
from .redeeming import quote_redemption, redeem_key
from .redemption import Redemption, RedemptionAction
from .replacement import Replacement, ReplacementAction
from .reversal import Reversal
from .subscription import Subscription

__all__ = [
    "ExtensionLimitExceeded",
    "LicenseAction",
    "LicenseAssignment",
    "LicenseCount",
    "LicenseOutlook",
    "LicensePool",
    "LicenseTally",
    "Order",
    "OrderAction",
    "Redemption",
    "RedemptionAction",
    "Replacement",
    "ReplacementAction",
    "Reversal",
    "Stretch",
    "Subscription",
    "Term",
    "carry_offer_name",
    "carry_product_name",
    "carry_to_subscriptions",
    "counts",
    "entitled",
    "fed_by",
    "outlook_of",
    "outlooks",
    "over_since",
    "quote_redemption",
    "redeem_key",
]
