"""What a partner may use: offers, packages, memberships, benefits, assignments and keys."""

from .actions import BenefitAction
from .assignment import Assignment
from .benefit import Benefit
from .catalog import MAX_LICENSES, BenefitType, CreditAmount, Offer, PackageLine, Product
from .denormalized_names import (
    CARRIED_AT_ONCE,
    carry_offer_name,
    carry_product_name,
    carry_to_benefits,
)
from .external_offer import ExternalOffer, HeldOffer
from .membership import Membership
from .plan import Plan
from .product_key import ProductKey

__all__ = [
    "CARRIED_AT_ONCE",
    "MAX_LICENSES",
    "Assignment",
    "Benefit",
    "BenefitAction",
    "BenefitType",
    "CreditAmount",
    "ExternalOffer",
    "HeldOffer",
    "Membership",
    "Offer",
    "PackageLine",
    "Plan",
    "Product",
    "ProductKey",
    "carry_offer_name",
    "carry_product_name",
    "carry_to_benefits",
]
