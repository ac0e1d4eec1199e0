"""The partner's keys as radio buttons, each with what redeeming it would do (S8, U6, W7)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing import end_dates
from benefits_portal.licensing.date_shifts import shift
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.tenants.audit.refusal import Refusal


@dataclass(frozen=True)
class KeyChoice:
    """A key as a radio button.

    `result` is what it would do or, if `fits` is false, why the rules refuse it. `shift` is what
    `date_shifts.shift` returns; empty without an end date to compare with.
    """

    key: ProductKey
    result: str
    shift: dict[str, str]
    fits: bool = True
    checked: bool = False

    def row(self) -> dict[str, Any]:
        """The values that licensing/_key_step.html shows."""
        benefit = self.key.benefit
        return {
            "pk": self.key.pk,
            "quantity": benefit.quantity_text,
            "product": self.key.product,
            "offer": benefit.offer_name,
            "use_by": _("use by %(day)s") % {"day": as_day(benefit.expires_on)},
            "last_five": self.key.last_five,
            "result": self.result,
            "shift": self.shift.get("shift", ""),
            "effect": self.shift.get("effect", ""),
            "fits": self.fits,
            "checked": self.checked,
        }


def key_choices(
    keys: Iterable[ProductKey],
    subscription: Subscription | None,
    way: RedemptionKind | None,
    on: date,
    chosen: str | None,
) -> list[KeyChoice]:
    """What each of `keys` would do on day `on`, one of them checked: `chosen`, a primary key.

    None before the form was sent. Then the first key that fits `subscription` is suggested; for a
    new subscription, only if no other key fits.
    """
    choices = [key_choice(key, subscription, way, on) for key in keys]
    if chosen is None:
        fitting = [str(choice.key.pk) for choice in choices if choice.fits]
        chosen = fitting[0] if fitting and (subscription or len(fitting) == 1) else ""
    return [replace(choice, checked=str(choice.key.pk) == chosen) for choice in choices]


def key_choice(
    key: ProductKey, subscription: Subscription | None, way: RedemptionKind | None, on: date
) -> KeyChoice:
    """What `key` would do on day `on`; without `way`, as a new subscription. No query."""
    if subscription is None or way is None:
        term = end_dates.activated(key.licenses, on)
        text = _("12 months, ends %(day)s")
        return KeyChoice(key, text % {"day": as_day(term.ends_on)}, {})
    try:
        term = subscription.term_after(way, key, on)
    except Refusal as refusal:
        return KeyChoice(key, str(refusal.fact or refusal.message), {}, fits=False)
    text = _("Would end %(day)s")
    if way is RedemptionKind.ADD:
        text = _("Would be %(licenses)s, ending %(day)s")
    values = {"licenses": in_licenses(term.licenses), "day": as_day(term.ends_on)}
    return KeyChoice(key, text % values, shift(subscription.ends_on, term.ends_on))
