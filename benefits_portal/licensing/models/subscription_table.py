"""Database constraints and indexes of subscriptions."""

from django.db.models import BaseConstraint, CheckConstraint, F, Index, Q
from django.utils.translation import gettext_lazy as _

from benefits_portal.licensing.terms import MAX_SUBSCRIPTION_LICENSES

CONSTRAINTS: list[BaseConstraint] = [
    CheckConstraint(condition=Q(licenses__gte=1), name="subscription_licenses_positive"),
    CheckConstraint(
        condition=Q(licenses__lte=MAX_SUBSCRIPTION_LICENSES),
        name="subscription_licenses_at_most",
        violation_error_message=_("A subscription holds at most 10,000,000 licenses."),
    ),
    CheckConstraint(condition=Q(ends_on__gte=F("starts_on")), name="subscription_days_in_order"),
    CheckConstraint(condition=Q(since__gte=F("starts_on")), name="subscription_since_its_start"),
    CheckConstraint(
        condition=Q(carried_license_days__gte=0, carried_license_days__lt=F("licenses")),
        name="subscription_carries_less_than_a_day",
    ),
]

INDEXES = [
    Index(
        # With the last three columns, the index alone gives the licenses of a pool on any day
        fields=["partner", "tenant", "product", "ends_on", "withdrawn_on", "licenses", "since"],
        name="subscription_place_product",
    ),
    Index(fields=["ends_on"], name="subscription_ends"),
    Index(
        fields=["tenant", "product_sort_name", "ends_on", "id"],
        name="subscription_by_product",
    ),
    Index(
        fields=["tenant", "licenses", "product_sort_name", "id"],
        name="subscription_by_licenses",
    ),
    Index(
        fields=["tenant", "is_kept", "ends_on", "product_sort_name", "id"],
        name="subscription_by_status",
    ),
    Index(fields=["tenant", "ends_on", "product_sort_name", "id"], name="subscription_by_end"),
    Index(
        fields=["tenant", "source_sort_name", "product_sort_name", "id"],
        name="subscription_by_source",
    ),
]
