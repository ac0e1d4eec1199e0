"""The status of a benefit, derived from its row, in Python and in SQL (B1, B5, U5)."""

from datetime import date

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    NOT_BEGUN = "not-begun", _("Not started")
    NOT_REDEEMED = "not-redeemed", _("Not redeemed")
    REDEEMED = "redeemed", _("Redeemed")
    EXPIRED = "expired", _("Expired")
    NOT_ASSIGNED = "not-assigned", _("Not assigned")
    ASSIGNED = "assigned", _("Assigned")
    ENDED = "ended", _("Expired")


def status_of(
    *, is_usage_based: bool, is_used: bool, starts_on: date, expires_on: date, on: date
) -> Status:
    """The status of a benefit with these values on day `on`."""
    if on < starts_on:
        return Status.NOT_BEGUN
    if is_usage_based:
        if on > expires_on:
            return Status.ENDED
        return Status.ASSIGNED if is_used else Status.NOT_ASSIGNED
    if is_used:
        return Status.REDEEMED
    return Status.NOT_REDEEMED if on <= expires_on else Status.EXPIRED


def status_condition(status: Status, on: date, is_used: str = "is_used") -> Q:
    """The same as `status_of`, as a condition; `is_used` is the name of the column."""
    used, unused = Q(**{is_used: True}), Q(**{is_used: False})
    begun, usable, licenses = Q(starts_on__lte=on), Q(expires_on__gte=on), Q(is_license_based=True)
    credit = Q(is_license_based=False)
    return {
        Status.NOT_BEGUN: Q(starts_on__gt=on),
        Status.NOT_REDEEMED: begun & licenses & unused & usable,
        Status.REDEEMED: begun & licenses & used,
        Status.EXPIRED: begun & licenses & unused & Q(expires_on__lt=on),
        Status.NOT_ASSIGNED: begun & credit & unused & usable,
        Status.ASSIGNED: begun & credit & used & usable,
        Status.ENDED: begun & credit & Q(expires_on__lt=on),
    }[status]
