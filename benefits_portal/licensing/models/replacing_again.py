"""Replacing a key that is itself a replacement, which only staff decide, with a reason (K8)."""

from datetime import date

from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing.exceptions import NotAReplacement
from benefits_portal.tenants.audit.record import recorded_if_refused
from benefits_portal.tenants.models import Actor, Record

from .redemption import Redemption
from .replacement import (
    ReplacementAction,
    check_reversible,
    is_replaced_on_request,
    replace_key,
)


def check_replaceable_again(redemption: Redemption, on: date) -> None:
    """Raise NotAReplacement, or what `check_reversible` raises."""
    if is_replaced_on_request(redemption.key):
        raise NotAReplacement
    check_reversible(redemption, on)


def replace_again(redemption: Redemption, why: str, *, by: Actor, on: date) -> ProductKey:
    """Revoke the key of `redemption`, reverse what it did, and return a new key, on record.

    Raises NotAReplacement, and what `replace_key` raises.
    """
    about = redemption.about(by) | {"after": {"redemption": redemption.pk}}
    with recorded_if_refused(ReplacementAction.GRANTED, **about):
        if is_replaced_on_request(redemption.key):
            raise NotAReplacement
        key = replace_key(redemption, why, by=by, on=on)
        Record.objects.log(ReplacementAction.GRANTED, **about)
        return key
