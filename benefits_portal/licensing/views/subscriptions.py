"""The admin center: what runs in the current tenant, and the receipts of what brought it about."""

from datetime import date
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from benefits_portal.backoffice.spreadsheets import spreadsheet
from benefits_portal.licensing.cards import shift
from benefits_portal.licensing.comparison import before_after
from benefits_portal.licensing.display import (
    ProductRow,
    adding_hint,
    end_axis,
    ledger,
    license_segments,
    source,
    status_history,
    withdrawal,
)
from benefits_portal.licensing.lists import FILTERS, SubscriptionListing
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.views.replacing import replacement_context
from benefits_portal.listing.excerpt import Asked, Excerpt
from benefits_portal.replica import list_from_replica
from benefits_portal.tenants.access import get_own, role_required
from benefits_portal.tenants.audit.history import history
from benefits_portal.tenants.downloads import log_listing
from benefits_portal.tenants.middleware import PartnerRequest
from benefits_portal.tenants.models import Record
from benefits_portal.tenants.naming import Names

MAX_REDEMPTIONS = 50  # on a subscription's page


@list_from_replica
@role_required
@require_safe
def product_list(request: PartnerRequest) -> HttpResponse:
    """Your products: the current tenant's active subscriptions, or all if they are asked for."""
    listing = SubscriptionListing(request.GET, FILTERS, on=request.today)
    page = listing.page(Subscription.objects.in_tenant(request.tenant))
    rows = [ProductRow(subscription, request.today).cells() for subscription in page.rows]
    return listing.push_url(
        request,
        render(
            request, "licensing/product_list.html", {"listing": listing, "page": page, "rows": rows}
        ),
    )


@role_required
@require_safe
def product_csv(request: PartnerRequest) -> HttpResponseBase:
    """All that the list's tab and words leave, in its order, written while it is read."""
    listing = SubscriptionListing(request.GET, FILTERS, on=request.today)
    subscriptions = Subscription.objects.in_tenant(request.tenant)
    log_listing(request, "products", listing, subscriptions, tenant=request.tenant)
    return spreadsheet("products", listing.spreadsheet(subscriptions))


@role_required
@require_safe
def subscription_detail(request: PartnerRequest, pk: int) -> HttpResponse:
    """One subscription: what runs, how it came about, what comes next, and its history (A2)."""
    subscription = get_own(request, Subscription.objects.for_display(), pk)
    theirs = subscription.redemptions.for_display()
    excerpt: Excerpt[Redemption] = Asked(request.path, request.GET).excerpt(
        "ledger", theirs, MAX_REDEMPTIONS, is_latest=True
    )
    people = Names(request.partner, (redemption.redeemed_by for redemption in excerpt))
    records = Record.objects.about(subscription)
    context = {
        "subscription": subscription,
        **standing(subscription, request.today),
        **origin(subscription, excerpt, people, request.today),
        "history": history(
            request, records, known=[subscription], anchor="#history", people=people
        ),
    }
    return render(request, "licensing/subscription_detail.html", context)


def standing(subscription: Subscription, on: date) -> dict[str, Any]:
    """Where it stands on that day, and what a key could do for it (S2, S3, S6)."""
    is_active = subscription.is_active(on)
    return {
        "status": subscription.status(on),
        "is_active": is_active,
        "next_change_on": subscription.next_change_on(on),
        "adding_hint": adding_hint(subscription, on),
        "can_come_back": not is_active and subscription.can_come_back(on),
    }


def origin(
    subscription: Subscription, excerpt: Excerpt[Redemption], people: Names, on: date
) -> dict[str, Any]:
    """What its redemptions made of it: the license bar, the ledger, the timeline, the days."""
    redemptions = excerpt.rows
    return {
        "segments": license_segments(redemptions),
        "ledger": excerpt.showing(ledger(redemptions, people)),
        "latest": source(redemptions),
        "withdrawal": withdrawal(subscription, redemptions),
        "timeline": status_history(subscription, redemptions, people, on),
        "axis": end_axis(subscription, redemptions, on),
    }


@role_required
@require_safe
def receipt(request: PartnerRequest, pk: int) -> HttpResponse:
    """What a key was used for: before, after, where, by whom, when (A3). Made to be printed."""
    redemption = get_own(request, Redemption.objects.for_display(), pk)
    context = {
        "redemption": redemption,
        "rows": before_after(redemption),
        "shift": shift(redemption.days_later),
    }
    people = Names(request.partner, [redemption.redeemed_by])
    context["redeemed_by"], context["redeemed_by_address"] = (
        people.of(redemption.redeemed_by),
        people.email_of(redemption.redeemed_by),
    )
    context["practice_day"] = redemption.practice_day
    context |= replacement_context(request, redemption)
    return render(request, "licensing/receipt.html", context)
