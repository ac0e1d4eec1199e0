"""Database constraints and indexes of memberships."""

from django.db.models import BaseConstraint, CheckConstraint, F, Index, Q, UniqueConstraint
from django.utils.translation import gettext_lazy as _

CONSTRAINTS: list[BaseConstraint] = [
    UniqueConstraint(
        fields=["partner", "offer", "starts_on"],
        name="membership_once_per_start",
        violation_error_message=_("This partner is already enrolled in this offer from that day."),
    ),
    CheckConstraint(
        condition=Q(ends_on__gt=F("starts_on")) & Q(benefits_expire_on__gt=F("ends_on")),
        name="membership_days_in_order",
        violation_error_message=_(
            "A membership must start before it ends, and its benefits must expire after that."
        ),
    ),
]

INDEXES = [
    Index(fields=["starts_on"], name="membership_starts"),
    Index(fields=["ends_on"], name="membership_ends"),
    Index(fields=["partner", "ends_on", "id"], name="membership_of_partner"),
]
