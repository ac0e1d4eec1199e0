"""Sections of home: subscriptions that end, shortages, credit and licenses of disabled users."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from benefits_portal.benefits.models import Assignment
from benefits_portal.formats import as_day
from benefits_portal.licensing.home.licenses import licenses_of_disabled, too_few_licenses
from benefits_portal.licensing.home.offered_keys import (
    SOON_DAYS,
    NextStep,
    OfferedKeys,
    for_offers,
)
from benefits_portal.licensing.home.rows import (
    FoldedLater,
    Rows,
    act,
    days_left,
    details_link,
    urgency,
)
from benefits_portal.licensing.models import Subscription
from benefits_portal.listing.excerpt import NO_QUERY, Excerpt, PageQuery, first_of, with_total
from benefits_portal.listing.page import CappedCount
from benefits_portal.prepared import PlannedQuery, prepared
from benefits_portal.tenants.models import Partner

MAX_LINES = 12


@dataclass(frozen=True)
class Section:
    """A list on home. `rows` are due within three months; `later` is folded away."""

    name: str
    title: str
    rows: Rows
    later: FoldedLater | None = None

    def __bool__(self) -> bool:
        return bool(self.rows or self.later)


def sections(partner: Partner, on: date, asked: PageQuery, *, may_act: bool) -> list[Section]:
    """The sections that are not empty."""
    soon, later = ending_subscriptions(partner, on, asked, may_act=may_act)
    over, over_later = too_few_licenses(partner, on, asked)
    held = held_by_disabled(partner, on, asked, may_act=may_act)
    kept = licenses_of_disabled(partner, asked, may_act=may_act)
    found = (
        Section("ending", _("Subscriptions ending soon or recoverable"), soon, later),
        Section("over", _("Products with too few licenses"), over, over_later),
        Section("disabled", _("Credit assigned to disabled users"), held),
        Section("disabled-licenses", _("Licenses of disabled users"), kept),
    )
    return [section for section in found if section]


def ending_subscriptions(
    partner: Partner, on: date, asked: PageQuery = NO_QUERY, *, may_act: bool = True
) -> tuple[Rows, FoldedLater]:
    """Subscriptions of all tenants that change status within three months (S2), and the later ones.

    Sorted by the last day of their present status, each with a fitting key of the partner. Two
    queries, or one without any.
    """
    excerpt: Excerpt[Subscription] = asked.prepared(
        "ending", MAX_LINES, lambda most: by_end(partner.pk, on, most)
    )
    soon_total = vars(excerpt[0])["soon_total"] if excerpt else 0

    found = for_offers([each.pk for each in excerpt], on) if excerpt else {}
    in_order = [found[each.pk] for each in excerpt if each.pk in found]
    offers = OfferedKeys(partner, in_order, on)
    rows = [ending_row(one, offers.of(one), on, may_act=may_act) for one in in_order]
    soon_rows = Excerpt(rows[:soon_total], soon_total, excerpt.href)
    later = Excerpt(rows[soon_total:], excerpt.total - soon_total, excerpt.href)
    return soon_rows, FoldedLater(later, on + timedelta(days=SOON_DAYS))


@prepared
def by_end(partner: int, on: date, most: int) -> QuerySet[Subscription]:
    """The subscriptions that change first: their primary keys, with the totals.

    The first ones of each status, since `ends_on` is in the order of change only within a status.
    """
    subscriptions = Subscription.objects.filter(partner=partner)
    not_deleted, soon = subscriptions.not_deleted(on), subscriptions.changing_within(SOON_DAYS, on)
    active, *others = (
        first_of(status.order_by("ends_on", "pk"), most).values("pk")
        for status in (
            subscriptions.active(on),
            subscriptions.expired(on),
            subscriptions.disabled(on),
        )
    )
    found = subscriptions.filter(pk__in=active.union(*others, all=True)).only("pk")
    in_order = found.in_order_of_change(on).annotate(soon_total=CappedCount(soon))
    return with_total(in_order, most, counted=not_deleted)


def ending_row(
    subscription: Subscription, step: NextStep, on: date, *, may_act: bool
) -> dict[str, Any]:
    status, last_on = subscription.status(on), subscription.last_day_of_status(on)
    day = {
        Subscription.Status.ACTIVE: _("Ends on %(day)s"),
        Subscription.Status.EXPIRED: _("Disabled after %(day)s"),
        Subscription.Status.DISABLED: _("Deleted after %(day)s"),
    }[status]
    title = f"{subscription.product}, {subscription.licenses_text}"
    return {
        "title": title,
        "subtitle": subscription.tenant.name,
        "hint": step.hint,
        "href": subscription.get_absolute_url(),
        "left": days_left(last_on, on),
        "day": day % {"day": as_day(last_on)},
        "urgency": urgency(last_on, on),
        "status": status.value,
        "status_text": str(status.label),
        "action": step.action(subscription, title, may_act=may_act),
    }


def held_by_disabled(
    partner: Partner, on: date, asked: PageQuery = NO_QUERY, *, may_act: bool = True
) -> Excerpt[dict[str, Any]]:
    """Credit assigned to people who are disabled in the directory, by the last day to act."""
    excerpt: Excerpt[Assignment] = asked.prepared(
        "disabled", MAX_LINES, lambda most: credit_of_disabled.rows(partner.pk, on, most=most)
    )
    return excerpt.showing([disabled_row(one, on, may_act=may_act) for one in excerpt])


@PlannedQuery
def credit_of_disabled(partner: int, on: date, *, most: int) -> QuerySet[Assignment]:
    held = Assignment.objects.filter(partner=partner).held_by_disabled(on)
    shown = held.select_related("directory_user", "benefit__product", "benefit__membership")
    return with_total(shown.by_last_day_to_act(on), most, counted=held)


def disabled_row(assignment: Assignment, on: date, *, may_act: bool) -> dict[str, Any]:
    benefit, last_on = assignment.benefit, assignment.last_day_to_act(on)
    title = f"{assignment.directory_user.display_name}: {benefit.title}"
    day = _("Transfer by %(day)s") if benefit.can_transfer(on) else _("Ends on %(day)s")
    return {
        "title": title,
        "subtitle": benefit.offer_name,
        "hint": "",
        "href": reverse("licensing:benefit-detail", args=[benefit.pk]),
        "left": days_left(last_on, on),
        "day": day % {"day": as_day(last_on)},
        "urgency": urgency(last_on, on),
        "status": "disabled",
        "status_text": _("Disabled"),
        "action": disabled_action(assignment, title, on, may_act=may_act),
    }


def disabled_action(assignment: Assignment, title: str, on: date, *, may_act: bool) -> SafeString:
    """The button: bulk credit can be transferred in its year, monthly credit removed (U2, U3)."""
    benefit = assignment.benefit
    args = [benefit.pk, assignment.pk]
    if benefit.can_transfer(on):
        return act(_("Transfer"), reverse("benefits:transfer", args=args), title, may_act=may_act)
    if not benefit.product.is_bulk_credit:
        return act(_("Remove"), reverse("benefits:remove", args=args), title, may_act=may_act)
    return details_link(reverse("licensing:benefit-detail", args=[benefit.pk]), title)
