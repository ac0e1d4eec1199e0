"""Every way to use a key, side by side, before one is chosen (rules S3, S8)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.cards import beside, card, shift, waiting, waiting_bar, way_bar
from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import CappedCount
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Tenant

DAY = timedelta(days=1)
NOTHING = "–"
MAX_COMPARED = 10  # subscriptions of one product in one tenant


@dataclass(frozen=True)
class Choice:
    """One way to use a key: what it would do, or why it cannot be done."""

    way: RedemptionKind
    key: ProductKey
    subscription: Subscription | None
    quote: Quote | None = None
    refusal: Refusal | None = None
    confirmed: str = ""  # that a first activation's tenant was chosen already, signed
    summary: str = ""  # where it says more than the way's own

    @classmethod
    def of(
        cls,
        way: RedemptionKind,
        key: ProductKey,
        tenant: Tenant,
        subscription: Subscription | None,
        on: date,
        confirmed: str = "",
    ) -> "Choice":
        try:
            return cls(
                way,
                key,
                subscription,
                quote=Subscription.quote(way, key, tenant, subscription, on),
                confirmed=confirmed,
            )
        except Refusal as refusal:
            return cls(way, key, subscription, refusal=refusal)

    @property
    def url(self) -> str:
        """Where this way begins, with the key by reference."""
        if self.way in (RedemptionKind.EXTEND, RedemptionKind.ADD) and self.subscription:
            name = (
                "licensing:extend"
                if self.way is RedemptionKind.EXTEND
                else "licensing:add-licenses"
            )
            return (
                reverse(name, args=[self.subscription.pk]) + f"?{urlencode({'key': self.key.pk})}"
            )
        confirmed = {"place": self.confirmed} if self.confirmed else {}
        return (
            reverse("licensing:product-key-start")
            + f"?{urlencode(confirmed | {'key': str(self.key.pk), 'way': self.way.value})}"
        )

    def card(self) -> dict[str, Any]:
        """What the comparison card shows, in the reader's language."""
        if self.refusal or not self.quote:
            return card(self.way, refusal=self.refusal, summary=self.summary)
        shown = card(
            self.way, term=self.quote.after, days_later=self.quote.days_later, summary=self.summary
        )
        return shown | {"action": _("Choose"), "href": self.url}


@dataclass(frozen=True)
class Comparison:
    """What a key can do for one subscription, or, without one, on its own."""

    subscription: Subscription | None
    choices: list[Choice]
    key: ProductKey
    on: date

    @classmethod
    def of(
        cls,
        key: ProductKey,
        tenant: Tenant,
        subscription: Subscription | None,
        on: date,
        confirmed: str = "",
    ) -> "Comparison":
        choices = [Choice.of(RedemptionKind.NEW, key, tenant, None, on, confirmed)]
        if subscription:
            choices = [replace(choices[0], summary=beside(subscription.status(on)))]
            ways = (
                (RedemptionKind.EXTEND, RedemptionKind.ADD)
                if subscription.is_active(on)
                else (RedemptionKind.REACTIVATE,)
            )
            choices = [
                Choice.of(way, key, tenant, subscription, on, confirmed) for way in ways
            ] + choices
        return cls(subscription, choices, key, on)

    @property
    def running(self) -> Subscription | None:
        """The subscription, if it is Active."""
        is_active = self.subscription and self.subscription.is_active(self.on)
        return self.subscription if is_active else None

    @property
    def heading(self) -> str:
        """Which subscription this is about."""
        if self.subscription is None:
            return _("This product does not run here")
        return _("%(product)s: %(licenses)s, end date %(day)s") % {
            "product": self.subscription.product,
            "licenses": in_licenses(self.subscription.licenses),
            "day": as_day(self.subscription.ends_on),
        }

    def cards(self) -> list[dict[str, Any]]:
        cards = [choice.card() for choice in self.choices]
        if self.running:
            cards.append(self.waiting_card(self.running))
        return cards

    def waiting_card(self, subscription: Subscription) -> dict[str, Any]:
        """The card of waiting, refused where the benefit expires before the subscription ends."""
        last_day = self.key.benefit.expires_on
        if not self.can_wait(subscription):
            reason = _(
                "This key must be redeemed by %(last_day)s, while the subscription still runs."
            ) % {"last_day": as_day(last_day)}
            return waiting() | {"reason": reason}
        return waiting(self.key.licenses, subscription.ends_on)

    def can_wait(self, subscription: Subscription) -> bool:
        """Whether the key can still be redeemed on the day after `subscription` ends."""
        return self.key.benefit.is_usable(subscription.ends_on + DAY)

    def axis(self) -> DateAxis:
        """What runs now, what each way leads to, the benefit's expiration and the 3-year limit."""
        bars, marks = [], [Mark(_("Benefit expires"), self.key.benefit.expires_on)]
        if self.running:
            bars.append(Bar(_("Current end date"), self.on, self.running.ends_on, "now"))
            marks.append(Mark(_("3-year limit"), self.running.latest_extension_on, "limit"))
        bars += [
            way_bar(str(choice.way.label), self.on, choice.quote.after.ends_on)
            for choice in self.choices
            if choice.quote
        ]
        if self.running and self.can_wait(self.running):
            bars.append(waiting_bar(self.key.licenses, self.running.ends_on))
        return DateAxis(self.on, bars, marks)


def comparisons(
    key: ProductKey, tenant: Tenant, on: date, confirmed: str = ""
) -> Excerpt[Comparison]:
    """For each Active subscription of the key's product in `tenant`, what the key would do.

    Without one, what starts anew (S3). Of very many, those that end last, and how many there are.
    """
    same = Subscription.objects.of_product_in(tenant, key.product)
    active_count = CappedCount(same.active(on))
    latest = list(
        same.not_deleted(on)
        .annotate(active_count=active_count)
        .order_by("-ends_on", "-pk")[: MAX_COMPARED + 1]
    )
    active = [subscription for subscription in latest if subscription.is_active(on)]
    ended = next((subscription for subscription in latest if not subscription.is_active(on)), None)
    if len(active) > MAX_COMPARED:
        ended = same.reactivatable(on).first()
    for subscription in [*active, *([ended] if ended else [])]:
        subscription.product, subscription.tenant = key.product, tenant  # at hand
    found = [
        Comparison.of(key, tenant, one, on, confirmed) for one in reversed(active[:MAX_COMPARED])
    ]
    # Annotated
    hidden = latest[0].active_count - len(found) if found else 0  # type: ignore[attr-defined]
    if ended:
        found.append(Comparison.of(key, tenant, ended, on, confirmed))
    found = found or [Comparison.of(key, tenant, None, on, confirmed)]
    return Excerpt(found, len(found) + hidden)


def before_after(quote: Quote | Redemption) -> list[dict[str, Any]]:
    """The rows of the review's table, and of the receipt's."""
    before, after = quote.before, quote.after
    rows = [
        {
            "label": _("Licenses"),
            "before": format_number(before.licenses) if before else NOTHING,
            "after": format_number(after.licenses),
        },
        {
            "label": _("End date"),
            "before": as_day(before.ends_on) if before else NOTHING,
            "after": as_day(after.ends_on),
            **(shift(quote.days_later) if before else {}),
        },
    ]
    carried = before.carried_license_days if before else 0
    if carried or after.carried_license_days:
        rows.append(
            {
                "label": _("License-days carried over"),
                "before": format_number(carried) if before else NOTHING,
                "after": format_number(after.carried_license_days),
                "help": _(
                    "What is left over when the time is divided into whole days. It counts in the "
                    "next calculation, so no time is lost."
                ),
            }
        )
    return rows
