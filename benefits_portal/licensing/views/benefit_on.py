"""One benefit as it was on another day, or as it will be (H1 to H4)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.holder_display import chain
from benefits_portal.benefits.models import Assignment, Benefit
from benefits_portal.benefits.notes import CreditNotes
from benefits_portal.benefits.status import status_of
from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.benefit_state import BenefitState, expired, not_started
from benefits_portal.licensing.models import Redemption, Subscription
from benefits_portal.licensing.models.as_of import annotated_run
from benefits_portal.licensing.models.subscription_as_of import as_it_was, copy_with
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.tenants.any_day import AnyDay
from benefits_portal.tenants.middleware import PartnerRequest


def credit_on(
    request: PartnerRequest, benefit: Benefit, any_day: AnyDay, max_holders: int
) -> dict[str, Any]:
    """Who held the credit at the end of that day, and who had held it."""
    day = any_day.day
    holders = holders_on(benefit, day, max_holders)
    running = [assignment for assignment in holders if assignment.ended_at is None]
    count = benefit.assignments.on(day).count() if holders.is_cut else len(running)
    notes = CreditNotes(benefit, day, bool(running))
    names = [assignment.directory_user.display_name for assignment in running]
    return {
        "benefit": benefit,
        "status": status_then(benefit, day, is_used=bool(count)),
        "running": running,
        "holders": holders,
        "past": [assignment for assignment in holders if assignment.ended_at],
        "chain": chain(holders, request.partner) if benefit.product.is_bulk_credit else [],
        "notes": notes,
        "state": notes.state(names, count),
        "day_notes": [*changed_later(benefit, any_day)],
    }


def holders_on(benefit: Benefit, day: date, max_holders: int) -> Excerpt[Assignment]:
    """Present and former holders at the end of `day`; in a chain, the latest come first (U3)."""
    theirs = benefit.assignments.as_they_were(day)
    if benefit.product.is_bulk_credit:
        theirs = theirs.latest_first()
    assignments: Excerpt[Assignment] = Excerpt.of(
        theirs.select_related("directory_user", "assigned_by", "transferred_from__directory_user"),
        max_holders,
        reverse("benefits:holders", args=[benefit.pk]),
        is_latest=benefit.product.is_bulk_credit,
    )
    return assignments.showing([assignment.as_it_was(day) for assignment in assignments])


def changed_later(benefit: Benefit, any_day: AnyDay) -> Iterator[str]:
    """How many assignments began and ended after that day (H1). One query."""
    if any_day.is_forecast:
        return
    day = any_day.day
    begun, ended = Q(assigned_on__gt=day), Q(assigned_on__lte=day, ended_on__gt=day)
    counts = benefit.assignments.aggregate(
        begun=Count("pk", filter=begun), ended=Count("pk", filter=ended)
    )
    if counts["begun"]:
        yield ngettext(
            "It was assigned %(count)s time later.",
            "It was assigned %(count)s times later.",
            counts["begun"],
        ) % {"count": format_number(counts["begun"])}
    if counts["ended"]:
        yield ngettext(
            "%(count)s assignment of that day ended later.",
            "%(count)s assignments of that day ended later.",
            counts["ended"],
        ) % {"count": format_number(counts["ended"])}


def licenses_on(
    request: PartnerRequest, benefit: Benefit, any_day: AnyDay, max_subscriptions: int
) -> dict[str, Any]:
    """Whether the key was redeemed by the end of that day, and subscriptions of its product."""
    day = any_day.day
    ledger = list(
        Redemption.objects.filter(key__benefit=benefit)
        .select_related("subscription__tenant", "reversal")
        .order_by("redeemed_at", "pk")
    )
    redemption = next((each for each in reversed(ledger) if each.counts_on(day)), None)
    there = subscriptions_then(request, benefit, redemption, day, max_subscriptions)
    return {
        "benefit": benefit,
        "redemption": redemption,
        "status": status_then(benefit, day, is_used=redemption is not None),
        "state": state_then(benefit, redemption, day),
        "can_redeem": False,
        "subscriptions": there.showing([(each, each.status(day)) for each in there]),
        "is_discontinued": benefit.product.is_discontinued(day),
        "day_notes": [] if any_day.is_forecast else [*redeemed_later(ledger, day)],
    }


def status_then(benefit: Benefit, day: date, *, is_used: bool) -> Any:
    """`Benefit.status` at the end of `day`, given whether it was used by then."""
    return status_of(
        is_usage_based=benefit.is_usage_based,
        is_used=is_used,
        starts_on=benefit.starts_on,
        expires_on=benefit.expires_on,
        on=day,
    )


def state_then(benefit: Benefit, redemption: Redemption | None, day: date) -> BenefitState:
    """The benefit's state at the end of `day`, in one sentence, without actions."""
    if redemption:
        text = _("Redeemed on %(day)s.") % {"day": as_day(redemption.redeemed_on)}
        return BenefitState("success", text)
    if not benefit.has_begun(day):
        return replace(not_started(benefit), actions=())
    if benefit.has_expired(day):
        return replace(expired(benefit, None), actions=())
    text = _("Not redeemed yet. Use the key by %(day)s.") % {"day": as_day(benefit.expires_on)}
    return BenefitState("info", text)


def subscriptions_then(
    request: PartnerRequest,
    benefit: Benefit,
    redemption: Redemption | None,
    day: date,
    max_subscriptions: int,
) -> Excerpt[Subscription]:
    """The subscription of the redemption; before one, those of the product in this tenant."""
    if redemption:
        then = as_it_was(redemption.subscription, day)
        return Excerpt([then] if then else [], 1)
    if not benefit.is_usable(day):
        return Excerpt([], 0)
    theirs = Subscription.objects.of_product_in(request.tenant, benefit.product)
    running = theirs.not_deleted_as_of(day).select_related("tenant")
    query = {"show": "all", "q": benefit.product.name} | request.any_day.kept
    href = f"{reverse('licensing:products')}?{urlencode(query)}"
    found: Excerpt[Subscription] = Excerpt.of(running, max_subscriptions, href)
    return found.showing([copy_with(row, annotated_run(row), day) for row in found])


def redeemed_later(ledger: Iterable[Redemption], day: date) -> Iterator[str]:
    """What happened to the benefit's keys after `day` (H1)."""
    for redemption in ledger:
        days = {"redeemed": as_day(redemption.redeemed_on)}
        if redemption.redeemed_on > day:
            yield _("Its key was redeemed later, on %(redeemed)s.") % days
        elif redemption.is_reversed and redemption.reversal.reversed_on > day:
            days["reversed"] = as_day(redemption.reversal.reversed_on)
            yield (
                _(
                    "What was redeemed on %(redeemed)s was reversed later, on %(reversed)s. It "
                    "counts here, because it had not been reversed yet."
                )
                % days
            )
