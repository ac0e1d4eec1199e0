"""Database constraints and indexes of benefits."""

from django.db.models import BaseConstraint, CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

from .catalog import MAX_LICENSES

CONSTRAINTS: list[BaseConstraint] = [
    UniqueConstraint(
        fields=["membership", "package_line"],
        name="benefit_once_per_package_line",
        violation_error_message=_("This membership already has this benefit."),
    ),
    CheckConstraint(
        condition=Q(quantity__isnull=False, quantity__gte=1, credit_amount=None, currency="")
        # A check constraint accepts NULL, so this is explicit
        | Q(quantity=None, credit_amount__isnull=False, credit_amount__gt=0) & ~Q(currency=""),
        name="benefit_quantity_or_credit",
        violation_error_message=_(
            "A benefit has a number of licenses, or an amount of credit with its currency."
        ),
    ),
    CheckConstraint(
        condition=Q(quantity=None) | Q(quantity__lte=MAX_LICENSES),
        name="benefit_quantity_at_most",
        violation_error_message=_("A benefit holds at most 1,000,000 licenses."),
    ),
    CheckConstraint(
        condition=Q(expires_on__gt=F("starts_on")),
        name="benefit_days_in_order",
        violation_error_message=_("A benefit must start before it expires."),
    ),
]

INDEXES = [
    Index(fields=["partner", "expires_on", "starts_on"], name="benefit_partner_expires"),
    Index(fields=["expires_on"], name="benefit_expires"),
    Index(fields=["partner", "starts_on"], name="benefit_partner_starts"),
    Index(
        fields=["partner", "is_license_based", "product_sort_name", "size", "id"],
        name="benefit_by_name",
    ),
    Index(
        fields=["partner", "is_license_based", "size", "product_sort_name", "id"],
        name="benefit_by_size",
    ),
    Index(
        fields=[
            "partner",
            "is_license_based",
            "offer_sort_name",
            "product_sort_name",
            "id",
        ],
        name="benefit_by_offer",
    ),
    Index(
        fields=[
            "partner",
            "is_license_based",
            "benefit_type",
            "sort_competency",
            "product_sort_name",
            "id",
        ],
        name="benefit_by_type",
    ),
    Index(
        fields=["partner", "is_license_based", "expires_on", "product_sort_name", "id"],
        name="benefit_by_expiration",
    ),
    Index(
        fields=["partner", "is_license_based", "is_used", "expires_on", "id"],
        name="benefit_by_status",
    ),
    Index(fields=["partner", "package_line", "expires_on", "id"], name="benefit_by_line"),
    Index(
        fields=["partner", "product", "expires_on", "id"],
        condition=Q(is_license_based=True, is_used=False),
        name="benefit_of_product",
    ),
]
