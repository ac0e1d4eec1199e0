"""What runs in a tenant: subscriptions, end-date rules, and the redemptions behind them."""

from benefits_portal.licensing.exceptions import ExtensionLimitExceeded
from benefits_portal.licensing.terms import Term

from .denormalized_names import carry_offer_name, carry_product_name, carry_to_subscriptions, fed_by
from .redemption import Redemption, RedemptionAction
from .replacement import Replacement, ReplacementAction
from .reversal import Reversal
from .subscription import Subscription

__all__ = [
    "ExtensionLimitExceeded",
    "Redemption",
    "RedemptionAction",
    "Replacement",
    "ReplacementAction",
    "Reversal",
    "Subscription",
    "Term",
    "carry_offer_name",
    "carry_product_name",
    "carry_to_subscriptions",
    "fed_by",
]
