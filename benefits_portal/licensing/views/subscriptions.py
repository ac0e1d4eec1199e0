"""*Your products*, the page of a subscription, and the receipt of a redemption."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.csv_writing import spreadsheet
from benefits_portal.benefits.models import ProductKey
from benefits_portal.licensing import end_dates, prepared_queries
from benefits_portal.licensing.change_rows import before_after
from benefits_portal.licensing.license_display import standing_of
from benefits_portal.licensing.lists import SubscriptionListing
from benefits_portal.licensing.models import LicensePool, Redemption, Subscription, counts
from benefits_portal.licensing.prepared_queries import redemptions_of, with_key_known
from benefits_portal.licensing.quotes import RedemptionKind
from benefits_portal.licensing.redeem_links import start_url
from benefits_portal.licensing.redemption_sentences import outcome
from benefits_portal.licensing.requests import latest_replacement, request_badge
from benefits_portal.licensing.subscription_display import (
    ProductRow,
    adding_hint,
    end_axis,
    feeding,
    license_segments,
    source,
    suggested_key,
    withdrawal,
)
from benefits_portal.licensing.timeline import status_sentence, timeline
from benefits_portal.licensing.views.replacing import replacement_context
from benefits_portal.licensing.views.steps import switched_from
from benefits_portal.licensing.views.subscription_on import (
    before_first_redemption,
    ended_by_then,
    subscription_on,
)
from benefits_portal.listing.excerpt import Excerpt, PageQuery
from benefits_portal.replica import list_from_replica
from benefits_portal.tenants.access import get_own_prepared, role_required
from benefits_portal.tenants.any_day import file_on_any_day, on_any_day
from benefits_portal.tenants.audit.history import history_of
from benefits_portal.tenants.downloads import file_name, log_listing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.naming import Names

MAX_REDEMPTIONS = 50  # on a subscription's page
MAX_KEYS = 5  # of the partner's keys, offered for reactivating


@list_from_replica
@role_required
@on_any_day
@require_safe
def product_list(request: PartnerRequest) -> HttpResponse:
    """The subscriptions of the current tenant: Active ones, or all if they are asked for."""
    listing = SubscriptionListing.of(request.GET, request.any_day, request.tenant)
    subscriptions = Subscription.objects.in_tenant(request.tenant)
    page = listing.page(subscriptions)
    context = {
        "listing": listing,
        "page": page,
        "rows": product_rows(request, page.rows, listing.on),
        "day_notes": [] if page.rows else before_first_redemption(subscriptions, request.any_day),
        "ended_by_then": ended_by_then(request, listing, subscriptions),
        "show_ended_href": listing.query.href(show="all"),
    }
    return listing.push_url(request, render(request, "licensing/product_list.html", context))


def product_rows(
    request: PartnerRequest, subscriptions: Sequence[Subscription], on: date
) -> list[dict[str, object]]:
    """The rows of the list, with the number of people who have a license. One query."""
    then = request.any_day.as_of is not None
    products = {each.product_id for each in subscriptions}
    pools = counts(request.tenant, on, products, then=then) if products else {}
    return [ProductRow(each, on, pools.get(each.product_id)).cells() for each in subscriptions]


@role_required
@file_on_any_day
@require_safe
def product_csv(request: PartnerRequest) -> HttpResponseBase:
    """The filtered list as a file, in its order, streamed while it is read."""
    listing = SubscriptionListing.of(request.GET, request.any_day, request.tenant)
    subscriptions = Subscription.objects.in_tenant(request.tenant)
    log_listing(request, "products", listing, subscriptions, tenant=request.tenant)
    name = file_name(request.tenant.name, _("Products"), listing.on)
    pools = counts(request.tenant, listing.on, then=request.any_day.as_of is not None)
    return spreadsheet(name, listing.spreadsheet(subscriptions, pools))


@role_required
@on_any_day
@require_safe
def subscription_detail(request: PartnerRequest, pk: int) -> HttpResponse:
    """One subscription: its term, how that came about, and what comes next."""
    if request.any_day.as_of:
        return subscription_on(request, pk, request.any_day, MAX_REDEMPTIONS)
    on = request.today
    subscription = get_own_prepared(request, prepared_queries.with_fitting_keys, pk, on)
    excerpt = redemptions_of(subscription, PageQuery(request.path, request.GET), MAX_REDEMPTIONS)
    people = Names(request.partner, (redemption.redeemed_by for redemption in excerpt))
    context = {
        "subscription": subscription,
        **standing(request, subscription, excerpt, people),
        **what_a_key_does(request, subscription),
        "pool": standing_of(LicensePool(request.tenant, subscription.product), on),
        **log_of(request, subscription, people),
    }
    return render(request, "licensing/subscription_detail.html", context)


def log_of(request: PartnerRequest, subscription: Subscription, people: Names) -> dict[str, Any]:
    """The history with refusals if it is asked for, else a link to it (A2)."""
    if {"history", "before"} & set(request.GET):
        return {"history": history_of(request, subscription, "#history", people)}
    query = request.GET.copy()
    query["history"] = "open"
    return {"history_href": f"?{query.urlencode()}#history"}


def standing(
    request: PartnerRequest, subscription: Subscription, excerpt: Excerpt[Redemption], people: Names
) -> dict[str, Any]:
    """Its standing today, what its redemptions made of it, and what comes next (S2)."""
    redemptions, feeding_benefits = excerpt.rows, feeding(excerpt.rows)
    on, may_undo = request.today, request.role.may_act
    is_active = subscription.is_active(on)
    can_come_back = is_active or subscription.can_come_back(on)
    way = RedemptionKind.REACTIVATE if can_come_back else RedemptionKind.NEW
    return {
        "status": subscription.status(on),
        "status_sentence": status_sentence(subscription, on, can_come_back=can_come_back),
        "is_active": is_active,
        "can_come_back": can_come_back,
        "start": start_url(subscription, way),
        "segments": license_segments(redemptions),
        "feeding": feeding_benefits,
        "dates_differ": any(fed["expires_on"] != subscription.ends_on for fed in feeding_benefits),
        "latest": source(redemptions),
        "withdrawal": withdrawal(subscription, redemptions),
        "request_badge": request_badge(latest_replacement(redemptions)),
        "timeline": timeline(
            subscription, redemptions, people, on, can_come_back=can_come_back, may_undo=may_undo
        ),
        "excerpt": excerpt,
        "axis": end_axis(subscription, redemptions, on),
    }


def what_a_key_does(request: PartnerRequest, subscription: Subscription) -> dict[str, Any]:
    """What the partner's keys can do for it, for readers who may redeem one (S3, S4)."""
    on = request.today
    if not request.role.may_act:
        return {}
    if subscription.is_active(on):
        return {
            "adding_hint": adding_hint(subscription, on),
            "suggested_key": suggested_key(subscription),
        }
    keys: Excerpt[ProductKey] = Excerpt([], 0)
    if subscription.fitting_key is not None:  # type: ignore[attr-defined]  # annotated
        href = f"{reverse('benefits:azure-cloud')}?{urlencode({'q': subscription.product_name})}"
        keys = Excerpt.of(subscription.fitting_keys(on), MAX_KEYS, href)
    return {"keys": keys, "would_end_on": end_dates.activated(1, on).ends_on}


@role_required
@require_safe
def receipt(request: PartnerRequest, pk: int) -> HttpResponse:
    """The receipt of a redemption, made to be printed: before, after, where, by whom, when (A3)."""
    redemption = with_key_known(get_own_prepared(request, prepared_queries.receipt, pk))
    context = {
        "redemption": redemption,
        "rows": before_after(redemption),
        **who_and_when(request, redemption),
        **outcome_context(request, outcome(redemption)),
        **replacement_context(request, redemption),
    }
    return render(request, "licensing/receipt.html", context)


def who_and_when(request: PartnerRequest, redemption: Redemption) -> dict[str, Any]:
    """Who redeemed, and the day of the practice calendar, of a redemption or its order."""
    people = Names(request.partner, [redemption.redeemed_by])
    return {
        "redeemed_by": people.of(redemption.redeemed_by),
        "redeemed_by_address": people.email_of(redemption.redeemed_by),
        "practice_day": redemption.practice_day,
    }


def outcome_context(request: PartnerRequest, sentence: str) -> dict[str, Any]:
    """The `sentence` on what was done, and whether it was done just now."""
    waiting = list(get_messages(request))
    others = [message for message in waiting if str(message) != sentence]
    is_new = len(others) < len(waiting)
    return {
        "outcome": sentence,
        "messages": others,
        "is_new": is_new,
        "switched_from": switched_from(request) if is_new else None,
    }
