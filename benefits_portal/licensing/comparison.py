"""The ways to use one key, compared side by side before one is chosen (S3, S8)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import ProductKey
from benefits_portal.formats import as_day
from benefits_portal.licensing.date_axis import DateAxis, Mark
from benefits_portal.licensing.models import Subscription, quote_redemption
from benefits_portal.licensing.prepared_queries import MAX_COMPARED, compared
from benefits_portal.licensing.quotes import Quote, RedemptionKind
from benefits_portal.licensing.redeem_links import start_url
from benefits_portal.licensing.redemption_sentences import button_label
from benefits_portal.licensing.terms import in_licenses
from benefits_portal.licensing.ways import (
    Way,
    WayGroup,
    described,
    gap_since,
    waiting_way,
    way_rows,
    ways_axis,
)
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import MAX_COUNT_BESIDE
from benefits_portal.tenants.audit.refusal import Refusal
from benefits_portal.tenants.models import Tenant

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Choice:
    """One way to use a key: what it would do, or why it cannot be done."""

    way: RedemptionKind
    key: ProductKey
    subscription: Subscription | None
    quote: Quote | None = None
    refusal: Refusal | None = None
    confirmed: str = ""  # the signed token that the tenant was chosen already (K5)

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
        """The way with its quote, or with the Refusal that redeeming `key` would raise."""
        try:
            return cls(
                way,
                key,
                subscription,
                quote=quote_redemption(way, key, tenant, subscription, on),
                confirmed=confirmed,
            )
        except Refusal as refusal:
            return cls(way, key, subscription, refusal=refusal)

    @property
    def url(self) -> str:
        """The page on which this way begins; the key goes by its primary key (K3)."""
        if self.way in (RedemptionKind.EXTEND, RedemptionKind.ADD) and self.subscription:
            name = (
                "licensing:extend"
                if self.way is RedemptionKind.EXTEND
                else "licensing:add-licenses"
            )
            return (
                reverse(name, args=[self.subscription.pk]) + f"?{urlencode({'key': self.key.pk})}"
            )
        if self.subscription and not self.confirmed:
            return start_url(self.subscription, self.way, self.key.pk)
        confirmed = {"place": self.confirmed} if self.confirmed else {}
        return (
            reverse("licensing:product-key-start")
            + f"?{urlencode(confirmed | {'key': str(self.key.pk), 'way': self.way.value})}"
        )

    def row(self, beside: Subscription | None, on: date) -> Way:
        """What the table shows; `beside` is the subscription that the ways are compared for."""
        status = beside.status(on) if beside else None
        labels = described(self.way, status)
        if self.quote is None:
            return replace(labels, reason=str(self.refusal or ""))
        after = self.quote.after
        ended_on = beside.ends_on if beside and status is not Subscription.Status.ACTIVE else None
        return replace(
            labels,
            starts_on=on,
            before=self.quote.before,
            after=after,
            keeps=self.way in (RedemptionKind.EXTEND, RedemptionKind.ADD),
            has_ended=self.way is RedemptionKind.REACTIVATE,
            gap=gap_since(ended_on, on),
            steps=after.calculation.steps() if after.calculation else [],
            action=button_label(self.quote),
            href=self.url,
        )


@dataclass(frozen=True)
class Comparison:
    """What a key can do for one subscription or, if there is none, as a new one.

    The last of `choices` is the new subscription. Of several comparisons on one page, the last one
    shows it (`shows_new`), and the first one that the key fits has the primary action.
    """

    subscription: Subscription | None
    choices: list[Choice]
    key: ProductKey
    on: date
    shows_new: bool = True
    has_primary: bool = True

    @classmethod
    def of(
        cls,
        key: ProductKey,
        tenant: Tenant,
        subscription: Subscription | None,
        on: date,
        confirmed: str = "",
    ) -> "Comparison":
        """The choices of `key` for `subscription` on day `on`, each quoted or refused."""
        ways = [RedemptionKind.NEW]
        if subscription and subscription.is_active(on):
            ways = [RedemptionKind.EXTEND, RedemptionKind.ADD, *ways]
        elif subscription:
            ways = [RedemptionKind.REACTIVATE, *ways]
        choices = [
            Choice.of(
                way,
                key,
                tenant,
                None if way is RedemptionKind.NEW else subscription,
                on,
                confirmed,
            )
            for way in ways
        ]
        return cls(subscription, choices, key, on)

    @property
    def running(self) -> Subscription | None:
        """The subscription if it is Active, else None."""
        is_active = self.subscription and self.subscription.is_active(self.on)
        return self.subscription if is_active else None

    @property
    def is_fitting(self) -> bool:
        """Whether the key can change the subscription in any way."""
        return any(choice.subscription and choice.quote for choice in self.choices)

    @property
    def heading(self) -> str:
        """The title of the table: the subscription, its licenses and its end."""
        if self.subscription is None:
            return _("New subscription")
        text = _("%(product)s: %(licenses)s, ended %(day)s")
        if self.running:
            text = _("%(product)s: %(licenses)s, ends %(day)s")
        return text % {
            "product": self.subscription.product,
            "licenses": in_licenses(self.subscription.licenses),
            "day": as_day(self.subscription.ends_on),
        }

    @cached_property  # for the table and for the axis
    def ways(self) -> list[Way]:
        """The rows of the ways that change the subscription, and of waiting until it ends."""
        ways = [choice.row(self.subscription, self.on) for choice in self.choices[:-1]]
        return [*ways, self.waiting(self.running)] if self.running else ways

    @cached_property
    def new(self) -> Way:
        """The row of the new subscription."""
        return self.choices[-1].row(self.subscription, self.on)

    def groups(self) -> list[WayGroup]:
        """The groups of the table: the ways for the subscription, and the new one if shown."""
        groups = []
        if self.subscription:
            group = WayGroup(self.heading, self.ways)
            groups.append(group.tagged(has_primary=self.has_primary))
        if self.shows_new:
            new = WayGroup(_("Separate subscription"), [self.new])
            groups.append(new.tagged(has_primary=self.subscription is None))
        return groups

    def waiting(self, subscription: Subscription) -> Way:
        """Waiting until `subscription` has ended; refused if the benefit expires before that."""
        way = waiting_way(self.key.licenses, subscription.term)
        if self.key.benefit.is_usable(subscription.ends_on + DAY):
            return way
        reason = _("The subscription is still active on %(last_day)s, the last day for this key.")
        last_day = {"last_day": as_day(self.key.benefit.expires_on)}
        return Way(way.title, _("Only the licenses of the key."), reason=reason % last_day)

    @property
    def axis_label(self) -> str:
        """The title of the time axis."""
        if self.subscription is None:
            return _("Timeline")
        text = _("Timeline: %(licenses)s, ended %(day)s")
        if self.running:
            text = _("Timeline: %(licenses)s, ends %(day)s")
        return text % {
            "licenses": in_licenses(self.subscription.licenses),
            "day": as_day(self.subscription.ends_on),
        }

    def axis(self) -> DateAxis:
        """The time axis, with the benefit's expiration (B5) and the 3-year limit (S5)."""
        benefit = Mark(_("Benefit expires"), self.key.benefit.expires_on)
        return ways_axis(self.subscription, [*self.ways, self.new], self.on, [benefit])


class Comparisons(Excerpt[Comparison]):
    """The comparisons of one key on a page, and how many there are in all."""

    def way_rows(self) -> list[dict[str, Any]]:
        """The rows of components/ways.html, group by group."""
        return way_rows(group for comparison in self for group in comparison.groups())


def comparisons(key: ProductKey, tenant: Tenant, on: date, confirmed: str = "") -> Comparisons:
    """What `key` can do for each subscription of its product in `tenant`, or as a new one (S3).

    Those are the Active ones that end last and the one that can come back: at most MAX_COMPARED,
    with the number of all.
    """
    same = compared.rows(tenant.partner_id, tenant.pk, key.product_id, on)
    active = [subscription for subscription in same if subscription.is_active(on)]
    ended = next((subscription for subscription in same if subscription not in active), None)
    for subscription in [*active, *([ended] if ended else [])]:
        subscription.product, subscription.tenant = key.product, tenant  # loaded already
    shown = active[-(MAX_COMPARED - 1) :] if ended else active
    found = [Comparison.of(key, tenant, one, on, confirmed) for one in shown]
    count = active[0].active_count if active else 0  # type: ignore[attr-defined]  # annotated
    if ended:
        ended.comes_back_on = on
        found.append(Comparison.of(key, tenant, ended, on, confirmed))
    found = found or [Comparison.of(key, tenant, None, on, confirmed)]
    named = urlencode({"show": "all", "q": key.product.name})
    href = f"{reverse('licensing:products')}?{named}"
    is_capped = count > MAX_COUNT_BESIDE
    total = MAX_COUNT_BESIDE if is_capped else count + len(found) - len(shown)
    return Comparisons(with_flags(found), total, href, is_total_capped=is_capped)


def with_flags(found: list[Comparison]) -> list[Comparison]:
    """Set `shows_new` on the last one, and `has_primary` on the first one that the key fits."""
    fitting = next((one for one in found if one.is_fitting), None)
    return [replace(one, shows_new=one is found[-1], has_primary=one is fitting) for one in found]
