"""One subscription as it was on another day, or as it will be (H1 to H4)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing import prepared_queries
from benefits_portal.licensing.license_display import standing_of
from benefits_portal.licensing.lists import SubscriptionListing
from benefits_portal.licensing.models import LicensePool, Redemption, Subscription
from benefits_portal.licensing.models.as_of import ledger_of
from benefits_portal.licensing.models.subscription_as_of import as_it_was, began_on, could_come_back
from benefits_portal.licensing.models.subscription_queryset import SubscriptionQuerySet
from benefits_portal.licensing.subscription_display import (
    end_axis,
    feeding,
    license_segments,
    source,
    withdrawal,
)
from benefits_portal.licensing.timeline import status_sentence, timeline
from benefits_portal.listing.excerpt import Excerpt, PageQuery
from benefits_portal.tenants.access import get_own_prepared
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.naming import Names


def subscription_on(
    request: PartnerRequest, pk: int, any_day: AnyDay, max_redemptions: int
) -> HttpResponse:
    """The page of a subscription for the day that its URL names."""
    subscription = get_own_prepared(request, prepared_queries.subscription, pk)
    day = any_day.day
    ledger = ledger_of.rows(subscription.pk)
    if (then := as_it_was(subscription, day, ledger)) is None:
        return not_there_yet(request, subscription, day)
    excerpt: Excerpt[Redemption] = PageQuery(request.path, request.GET).prepared(
        "timeline",
        max_redemptions,
        lambda most: prepared_queries.redemptions_until.rows(subscription.pk, day, most=most),
        is_latest=True,
    )
    people = Names(request.partner, (redemption.redeemed_by for redemption in excerpt))
    context = {
        "subscription": then,
        "day_notes": [*came_later(ledger, excerpt, any_day)],
        "pool": standing_of(LicensePool(request.tenant, then.product), day, then=True),
        **standing_then(then, excerpt, people, day),
    }
    return render(request, "licensing/subscription_detail.html", context)


def standing_then(
    then: Subscription, excerpt: Excerpt[Redemption], people: Names, day: date
) -> dict[str, Any]:
    """The subscription's standing at the end of `day`, and what came next by the rules."""
    redemptions = [redemption.as_it_was(day) for redemption in excerpt]
    feeding_benefits = feeding(redemptions)
    is_active = then.is_active(day)
    can_come_back = is_active or could_come_back(then, day)
    return {
        "status": then.status(day),
        "status_sentence": status_sentence(then, day, can_come_back=can_come_back),
        "is_active": is_active,
        "can_come_back": can_come_back,
        "segments": license_segments(redemptions),
        "feeding": feeding_benefits,
        "dates_differ": any(fed["expires_on"] != then.ends_on for fed in feeding_benefits),
        "latest": source(redemptions),
        "withdrawal": withdrawal(then, redemptions),
        "timeline": timeline(then, redemptions, people, day, can_come_back=can_come_back),
        "excerpt": excerpt.showing(redemptions),
        "axis": end_axis(then, redemptions, day, _("That day")),
    }


def came_later(
    ledger: Sequence[Redemption], shown: Iterable[Redemption], any_day: AnyDay
) -> Iterator[str]:
    """Redemptions and reversals after that day, which its page does not show (H1).

    `ledger` is the subscription's whole ledger, `shown` the part that the page shows.
    """
    if any_day.is_forecast:
        return
    day = any_day.day
    for redemption in shown:
        if redemption.is_reversed and redemption.reversal.reversed_on > day:
            text = _(
                "What was redeemed on %(redeemed)s was reversed later, on %(reversed)s. It counts "
                "here, because it had not been reversed yet."
            )
            reversed_on = as_day(redemption.reversal.reversed_on)
            yield text % {"redeemed": as_day(redemption.redeemed_on), "reversed": reversed_on}
    if count := sum(redemption.redeemed_on > day for redemption in ledger):
        yield ngettext(
            "%(count)s key was redeemed for it later. It isn't on this page.",
            "%(count)s keys were redeemed for it later. They aren't on this page.",
            count,
        ) % {"count": format_number(count)}


def not_there_yet(request: PartnerRequest, subscription: Subscription, day: date) -> HttpResponse:
    """The page for a day before the subscription began, with the day on which it did (H2)."""
    first_day = began_on(subscription)
    text = _("This subscription wasn't there yet on %(day)s. It began on %(began)s.") % {
        "day": as_day(day),
        "began": as_day(first_day),
    }
    context = {"subscription": subscription, "began_on": first_day, "not_there_yet": text}
    return render(request, "licensing/subscription_not_yet.html", context)


def before_first_redemption(subscriptions: SubscriptionQuerySet, any_day: AnyDay) -> list[str]:
    """A note for a day on which nothing ran in the tenant yet, with the first redemption (H2)."""
    if any_day.as_of is None:
        return []
    first = Redemption.objects.filter(subscription__in=subscriptions).order_by("redeemed_on")
    began_on = first.values_list("redeemed_on", flat=True).first()
    if began_on is None or began_on <= any_day.day:
        return []
    text = _("Nothing was redeemed in this tenant yet: the first key was redeemed on %(day)s.")
    return [text % {"day": as_day(began_on)}]


def ended_by_then(
    request: PartnerRequest, listing: SubscriptionListing, subscriptions: SubscriptionQuerySet
) -> str:
    """In a forecast: how many subscriptions that are Active today will have ended by then."""
    if not request.any_day.is_forecast or listing.is_filtered or listing.chosen.get("show"):
        return ""
    ended = subscriptions.active(request.today).filter(ends_on__lt=request.any_day.day).count()
    text = ngettext(
        "%(count)s that is active today will have ended by then.",
        "%(count)s that are active today will have ended by then.",
        ended,
    )
    return text % {"count": format_number(ended)} if ended else ""
