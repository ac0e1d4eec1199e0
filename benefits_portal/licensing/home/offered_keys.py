"""The key that home offers for a subscription that ends (S3 to S5).

Each key is offered only once, to the subscription that ends first: offered twice, it would seem to
save both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from django.db.models import Exists, Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Product, ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import act, details_link
from benefits_portal.licensing.models import Subscription
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.redeem_links import start_url
from benefits_portal.licensing.terms import MAX_EXTENSION_YEARS, in_licenses
from benefits_portal.listing.excerpt import MAX_ROWS
from benefits_portal.paths import path_of
from benefits_portal.prepared import PlannedQuery, PreparedQuery, padded
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Partner


@dataclass(frozen=True)
class NextStep:
    """The button of a row (`label`, `href`), and a hint about its effect, or why there is none."""

    label: str = ""
    href: str = ""
    hint: str = ""

    def action(self, subscription: Subscription, about: str, *, may_act: bool) -> SafeString:
        if not self.label:
            return details_link(subscription.get_absolute_url(), about)
        return act(self.label, self.href, about, may_act=may_act)


NOTHING = NextStep()
SOON_DAYS = 91


def by_last_day(subscriptions: Iterable[Any], on: date) -> list[Any]:
    """Sort by the last day of the status on day `on`: the first is offered a key first."""
    return sorted(subscriptions, key=lambda each: each.last_day_of_status(on))


def for_offers(pks: Sequence[int], on: date) -> dict[int, Any]:
    """Look up subscriptions by primary key, with what `OfferedKeys` needs. One query.

    Without those that were withdrawn since their keys were read.
    """
    return {each.pk: each for each in with_keys.rows(on, *padded(pks, 0))}


@PlannedQuery
def with_keys(on: date, *pks: int) -> QuerySet[Subscription]:
    # Not by the partner too: one plan for all partners would go through all that this one has
    found = Subscription.objects.filter(pk__in=pks).not_deleted(on).for_display().order_by()
    return found.with_fitting_key(on).with_can_come_back(on)


class OfferedKeys:
    """Assigns keys to `subscriptions` in their order.

    They must be from `for_offers`. One query, and only if one key fits two of them.
    """

    def __init__(self, partner: Partner, subscriptions: Sequence[Any], on: date) -> None:
        self.partner, self.on = partner, on
        self._products = {each.product_id for each in subscriptions}
        self._waiting: list[ProductKey] | None = None
        self._taken: set[int] = set()
        self._steps = {each.pk: self._step(each) for each in subscriptions}

    def of(self, subscription: Subscription) -> NextStep:
        return self._steps[subscription.pk]

    def _step(self, subscription: Any) -> NextStep:
        key, licenses = subscription.fitting_key, subscription.fitting_key_licenses
        if key is None or not can_use_key(subscription, self.on):
            return NOTHING
        if key in self._taken:
            other = self._another(subscription)
            if other is None:
                return self._none_left()
            key, licenses = other.pk, other.licenses
        step = next_step(subscription, key, licenses, self.on)
        if step.label:
            self._taken.add(key)
        return step

    def _another(self, subscription: Subscription) -> ProductKey | None:
        """The key that expires first among those that fit and are not offered yet."""
        if self._waiting is None:
            waiting = ProductKey.objects.waiting(self.partner, self.on)
            waiting = waiting.filter(benefit__product__in=self._products)
            self._waiting = list(waiting[:MAX_ROWS])
        return next((key for key in self._waiting if self._is_free(key, subscription)), None)

    def _none_left(self) -> NextStep:
        """Say that the key is offered above; nothing if not all keys were looked at."""
        if self._waiting and len(self._waiting) == MAX_ROWS:
            return NOTHING
        return NextStep(hint=_("Your only key that fits is offered above."))

    def _is_free(self, key: ProductKey, subscription: Subscription) -> bool:
        is_same = key.product_id == subscription.product_id
        return is_same and key.pk not in self._taken and subscription.fits(key, self.on)


def who_else_could_use(
    key: ProductKey, subscription: Subscription | None, on: date
) -> Subscription | None:
    """Another subscription of the partner that ends soon or can come back, and has no other key.

    In any tenant. One query.
    """
    least, own = ceil(key.licenses / MAX_EXTENSION_YEARS), subscription.pk if subscription else 0
    return could_use.first(key.partner_id, key.product_id, key.pk, own, least, on)


@PreparedQuery
def could_use(
    partner: int, product: int, key: int, subscription: int, least: int, on: date
) -> QuerySet[Subscription]:
    """The query of `who_else_could_use`; `key` extends fewer than `least` licenses too far."""
    of_product = ProductKey.objects.waiting(Partner(pk=partner), on, Product(pk=product))
    others = of_product.exclude(pk=key).order_by()
    ending = Subscription.objects.filter(~Exists(others), partner=partner, product=product)
    could = ending.changing_within(SOON_DAYS, on).with_can_come_back(on)
    can = could.filter(Q(comes_back=True) | Q(ends_on__gte=on, licenses__gte=least))
    found = can.exclude(pk=subscription).select_related("tenant")
    return found.order_by("ends_on", "pk")[:1]


def can_use_key(subscription: Any, on: date) -> bool:
    """Whether it is active, or the one that a key would bring back (S3)."""
    return bool(subscription.is_active(on) or subscription.comes_back)


def next_step(subscription: Subscription, key: int, licenses: int, on: date) -> NextStep:
    """Extend or reactivate with the key; nothing if the extension is refused (S3, S4)."""
    if subscription.is_active(on):
        try:
            ends_on = subscription.extended(licenses).ends_on
        except Refusal:
            return NOTHING
        return NextStep(
            _("Extend"),
            f"{path_of('licensing:extend', subscription.pk)}?key={key}",
            _("You have a key for %(licenses)s: extend to %(day)s")
            % {"licenses": in_licenses(licenses), "day": as_day(ends_on)},
        )
    return NextStep(
        _("Reactivate"),
        start_url(subscription, RedemptionKind.REACTIVATE, key),
        _("You have a key: reactivate with %(licenses)s") % {"licenses": in_licenses(licenses)},
    )
