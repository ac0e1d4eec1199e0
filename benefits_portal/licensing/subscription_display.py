"""Texts, bars and axes of the pages about subscriptions (S2, B5, K8)."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import ProductKey
from benefits_portal.dates import add_months
from benefits_portal.formats import as_day, format_number, kept
from benefits_portal.licensing.date_axis import Bar, DateAxis, Mark
from benefits_portal.licensing.exceptions import CalendarEnds
from benefits_portal.licensing.license_display import assigned_text
from benefits_portal.licensing.models import LicenseCount, Redemption, Subscription
from benefits_portal.licensing.models.replacement import (
    ASKED_WITHIN,
    is_replaced_on_request,
    replaceable_until,
)
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.terms import KEY_MONTHS, in_licenses
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import MAX_COUNT_BESIDE, total_text

DAY = timedelta(days=1)
MAX_FEEDING = 5  # benefits shown beside the dates; the timeline has all


class ProductRow:
    """A row of *Your products*; `pool` counts the licenses of the product, if it is known."""

    def __init__(
        self, subscription: Subscription, on: date, pool: LicenseCount | None = None
    ) -> None:
        self.subscription, self.pool = subscription, pool
        self.status = subscription.status(on)

    @property
    def status_text(self) -> str:
        """The status with what happens next and when: Active: expires on …"""
        subscription = self.subscription
        match self.status:
            case Subscription.Status.ACTIVE:
                return _("Active: expires on %(day)s") % {"day": as_day(subscription.ends_on)}
            case Subscription.Status.EXPIRED:
                return _("Expired: disabled after %(day)s") % {
                    "day": as_day(subscription.expired_until)
                }
            case Subscription.Status.DISABLED:
                return _("Disabled: deleted after %(day)s") % {
                    "day": as_day(subscription.disabled_until)
                }
        if subscription.withdrawn_on:
            return _("Withdrawn on %(day)s: its key was replaced") % {
                "day": as_day(subscription.withdrawn_on)
            }
        return _("Deleted since %(day)s") % {
            "day": as_day(subscription.disabled_until + timedelta(days=1))
        }

    def cells(self) -> dict[str, object]:
        """The values of the row."""
        return {
            "pk": self.subscription.pk,
            "product": self.subscription.product_name,
            "licenses": format_number(self.subscription.licenses),
            "status": self.status.value,
            # The end date has its own column
            "status_text": label_of(self.status)
            if self.status is Subscription.Status.ACTIVE
            else self.status_text,
            "ends": as_day(self.subscription.withdrawn_on or self.subscription.ends_on),
            "source": self.subscription.source_name,
            "assigned": self.assigned,
        }

    @property
    def assigned(self) -> str:
        """How many licenses of the product are assigned, of all subscriptions together (L6)."""
        if self.pool is None or self.status is Subscription.Status.DELETED:
            return "–"
        if self.pool.given and not self.pool.licenses:
            return assigned_text(self.pool)
        return share(self.pool.licenses != self.subscription.licenses) % {
            "given": format_number(self.pool.given),
            "licenses": format_number(self.pool.licenses),
        }


@kept
def label_of(status: Subscription.Status) -> str:
    return str(status.label)


@kept
def share(is_total: bool) -> str:
    """The text of `assigned`: of one subscription's licenses, or of the product's in total."""
    return _("%(given)s of %(licenses)s in total") if is_total else _("%(given)s of %(licenses)s")


def current_run(redemptions: Sequence[Redemption]) -> list[Redemption]:
    """The standing redemptions since the last activation, oldest first.

    `redemptions` come latest first.
    """
    run = []
    for redemption in redemptions:
        if redemption.is_reversed:
            continue
        run.append(redemption)
        if redemption.way in (RedemptionKind.NEW, RedemptionKind.REACTIVATE):
            break
    return run[::-1]


def earlier_licenses(redemptions: Sequence[Redemption]) -> int:
    """The licenses before the first of `redemptions`, unless that is the activation."""
    run = current_run(redemptions)
    return (
        (run[0].before_licenses or 0)
        if run and run[0].way not in (RedemptionKind.NEW, RedemptionKind.REACTIVATE)
        else 0
    )


def license_segments(redemptions: Sequence[Redemption]) -> list[dict[str, Any]]:
    """The license bar: one segment for each redemption that brought licenses, in percent."""
    brought = [redemption for redemption in current_run(redemptions) if redemption.licenses_brought]
    earlier = earlier_licenses(redemptions)
    total = earlier + sum(redemption.licenses_brought for redemption in brought) or 1
    segments, before = [], earlier
    if earlier:
        label = _("%(licenses)s: redeemed earlier") % {"licenses": in_licenses(earlier)}
        segments.append({"label": label, "start": 0, "width": earlier * 100 // total})
    for redemption in brought:
        label = _("%(licenses)s: %(way)s, %(day)s") % {
            "licenses": in_licenses(redemption.licenses_brought),
            "way": redemption.get_way_display(),
            "day": as_day(redemption.redeemed_on),
        }
        start = before * 100 // total
        before += redemption.licenses_brought
        segments.append({"label": label, "start": start, "width": before * 100 // total - start})
    return segments


def end_axis(
    subscription: Subscription,
    redemptions: Sequence[Redemption],
    on: date,
    day_label: str = "",
) -> DateAxis:
    """The statuses of a subscription on a time axis, with its benefits' expiration (S2, B5).

    `day_label` names the day `on` if it is not today.
    """
    latest = source(redemptions)
    ends = {(fed["expires_on"], fed["title"]) for fed in feeding(redemptions)}
    if latest and not ends:
        ends = {(latest.key.benefit.expires_on, latest.key.benefit.offer_name)}
    marks = [Mark(_("%(offer)s expires") % {"offer": offer}, day) for day, offer in sorted(ends)]
    return DateAxis(on, life(subscription), marks, day_label)


def life(subscription: Subscription) -> list[Bar]:
    """The days on which it is Active, Expired and Disabled; until it was withdrawn, if so (S2)."""
    if subscription.withdrawn_on:
        label = _("Withdrawn on")
        return [Bar(label, subscription.starts_on, subscription.withdrawn_on, "limit")]
    ends_on, expired, disabled = (
        subscription.ends_on,
        subscription.expired_until,
        subscription.disabled_until,
    )
    statuses = Subscription.Status
    active, lapsed, off = statuses.ACTIVE.label, statuses.EXPIRED.label, statuses.DISABLED.label
    return [
        Bar(str(active), subscription.starts_on, ends_on, "now", _("Active until")),
        Bar(str(lapsed), ends_on + DAY, expired, "warning", _("Expired until")),
        Bar(str(off), expired + DAY, disabled, "limit", _("Disabled until")),
    ]


def source(redemptions: Sequence[Redemption]) -> Redemption | None:
    """The last redemption that stands or, if the subscription was withdrawn, the first one."""
    return next(
        (redemption for redemption in redemptions if not redemption.is_reversed),
        redemptions[-1] if redemptions else None,
    )


def feeding(redemptions: Sequence[Redemption]) -> Excerpt[dict[str, Any]]:
    """The benefits whose keys made the present term, each once, the latest first."""
    by_benefit = {
        redemption.key.benefit_id: redemption for redemption in current_run(redemptions)[::-1]
    }
    fed = [
        {
            "title": redemption.key.benefit.offer_name,
            "licenses": in_licenses(redemption.key_licenses),
            "expires_on": redemption.key.benefit.expires_on,
            "pk": benefit_pk,
        }
        for benefit_pk, redemption in by_benefit.items()
    ]
    return Excerpt(fed[:MAX_FEEDING], len(fed), "#timeline", is_latest=True)


def suggested_key(subscription: Subscription) -> dict[str, Any]:
    """The partner's key that extends it, and the new end date; empty without one.

    `subscription` comes from `with_fitting_key` and `with_fitting_keys_count`.
    """
    licenses = getattr(subscription, "fitting_key_licenses", None)
    if licenses is None:
        return {}
    try:
        until = subscription.extended(licenses).ends_on
    except CalendarEnds:
        return {}
    href = reverse("licensing:extend", args=[subscription.pk])
    count, most = vars(subscription)["fitting_keys_count"], MAX_COUNT_BESIDE
    text = _("You have an unused key for %(licenses)s.")
    if count > 1:
        text = _(
            "%(count)s of your unused keys fit. The one that expires first is for %(licenses)s."
        )
    return {
        "text": text % {"licenses": in_licenses(licenses), "count": total_text(count, most)},
        "link": _("Extend to %(day)s") % {"day": as_day(until)},
        "href": f"{href}?key={subscription.fitting_key}",  # type: ignore[attr-defined]  # annotated
    }


def withdrawal(subscription: Subscription, redemptions: Sequence[Redemption]) -> str:
    """When and why the subscription was withdrawn; empty if it was not (K8)."""
    if subscription.withdrawn_on is None:
        return ""
    asked = getattr(redemptions[-1], "replacement", None) if redemptions else None
    text = _(
        "This subscription was withdrawn on %(day)s, because the key that started it was replaced."
    )
    if asked:
        text = _(
            "This subscription was withdrawn on %(day)s, because the key that started it was "
            "replaced: “%(why)s”"
        )
    return text % {"day": as_day(subscription.withdrawn_on), "why": asked.why if asked else ""}


def undoing(key: ProductKey, on: date) -> str:
    """What can be done if redeeming `key` on day `on` turns out to be a mistake (K8)."""
    if not is_replaced_on_request(key):
        return _(
            "You can't undo this. The key is itself a replacement, so you can't request another "
            "one."
        )
    until = replaceable_until(key, on)
    if until == on + ASKED_WITHIN:
        text = _(
            "You can't undo this yourself. If it's a mistake, you can request a replacement key "
            "once for this redemption, until %(day)s."
        )
    else:
        text = _(
            "You can't undo this yourself. If it's a mistake, you can request a replacement key "
            "once for this redemption, until %(day)s, the last day of the benefit."
        )
    return text % {"day": as_day(until)}


def adding_hint(subscription: Subscription, on: date) -> str:
    """Which way *Add licenses* moves the end date: toward 12 months from today (S6)."""
    year = add_months(on, KEY_MONTHS)
    if subscription.ends_on > year:
        text = _(
            "Add licenses averages the end date with %(day)s, 12 months from today. The new end "
            "date is earlier than the current one, or the same."
        )
    elif subscription.ends_on < year:
        text = _(
            "Add licenses averages the end date with %(day)s, 12 months from today. The new end "
            "date is later than the current one, or the same."
        )
    else:
        text = _(
            "Add licenses averages the end date with %(day)s, 12 months from today. The end date "
            "stays the same."
        )
    return text % {"day": as_day(year)}
