"""A partner's unused keys and credit, grouped by when they are lost (B1, B3, B5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.money import money
from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import act, days_left, details_link, urgency
from benefits_portal.licensing.home.unused_amounts import Amounts
from benefits_portal.licensing.home.unused_queries import (
    MAX_SHOWN,
    MONTH,
    QUARTER,
    UnusedBenefit,
    credit_amounts,
    key_amounts,
    unused_credit,
    unused_keys,
)
from benefits_portal.listing.excerpt import MAX_ROWS, NO_QUERY, Excerpt, PageQuery
from benefits_portal.paths import path_of
from benefits_portal.tenants.models import Partner


@dataclass(frozen=True)
class Group:
    """Benefits lost within one period: the first rows, and the total amounts."""

    name: str
    title: str
    period: str
    amounts: Amounts
    rows: Excerpt[dict[str, Any]]
    is_open: bool = False  # the URL asks to show all rows

    @property
    def is_folded(self) -> bool:
        return self.name == LATER


@dataclass(frozen=True)
class Ledger:
    """All unused benefits, in groups by when they are lost; empty groups are left out."""

    amounts: Amounts
    groups: Sequence[Group]
    href: str

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def is_calm(self) -> bool:
        """Whether nothing is lost within three months."""
        return all(group.is_folded for group in self.groups)

    @property
    def first(self) -> dict[str, Any]:
        """The row of the benefit that is lost first."""
        return next(group.rows[0] for group in self.groups if group.rows)


WITHIN_MONTH, WITHIN_QUARTER, LATER = "within-30-days", "within-3-months", "later"
TITLES = {
    WITHIN_MONTH: gettext_lazy("Within 30 days"),
    WITHIN_QUARTER: gettext_lazy("Within 3 months"),
    LATER: gettext_lazy("Later"),
}


def unused_benefits(
    partner: Partner, on: date, asked: PageQuery = NO_QUERY, *, may_act: bool = True
) -> Ledger:
    """The benefits that `partner` can use on day `on` and has not; two queries."""
    here = asked.all_of("unused")
    most = MAX_SHOWN if here else MAX_ROWS
    keys, credit = unused_keys(partner, on, most), unused_credit(partner, on, most)
    first = sorted([*keys, *credit], key=lambda one: (one.first_lost_on(on), one.pk))
    href = f"{reverse('benefits:azure-cloud')}?show=unused&sort=expires"
    both = zip(key_amounts(keys), credit_amounts(credit, partner, on), strict=True)
    amounts = [of_keys + of_credit for of_keys, of_credit in both]
    groups = []
    for period, name in enumerate(TITLES):
        if benefits := amounts[period].benefits:
            shown = [row(one, on, may_act=may_act) for one in first if one.period(on) == period]
            has_more = amounts[period].has_more
            # A capped amount includes one benefit beyond the cap
            whole = here.replace("#unused", f"#{name}") or href
            rows = Excerpt(shown, benefits - has_more, whole, is_total_capped=has_more)
            heads = (name, str(TITLES[name]), period_text(name, on))
            groups.append(Group(*heads, amounts[period], rows, is_open=not here))
    return Ledger(sum(amounts, Amounts()), groups, href)


def period_text(name: str, on: date) -> str:
    """The period of a group in words: its last day, or the day that it comes after."""
    if name == LATER:
        return _("after %(day)s") % {"day": as_day(on + QUARTER)}
    return _("by %(day)s") % {"day": as_day(on + (MONTH if name == WITHIN_MONTH else QUARTER))}


def row(benefit: UnusedBenefit, on: date, *, may_act: bool) -> dict[str, Any]:
    """What the page shows of a benefit: when it is lost, and what to do."""
    details = path_of("licensing:benefit-detail", benefit.pk)
    name = f"{benefit.product}, {benefit.size}"
    left, day = when_lost(benefit, on)
    return {
        "title": name,
        "subtitle": benefit.offer,
        "hint": missing_key_hint(benefit),
        "href": details,
        "left": left,
        "day": day,
        "urgency": urgency(benefit.first_lost_on(on), on),
        "action": next_action(benefit, name, may_act=may_act),
    }


def missing_key_hint(benefit: UnusedBenefit) -> str:
    return _("Its key was revoked") if not (benefit.is_credit or benefit.live_key_id) else ""


def next_action(benefit: UnusedBenefit, name: str, *, may_act: bool) -> SafeString:
    """The button or link of a row: assign credit, get the key, or view details."""
    details = path_of("licensing:benefit-detail", benefit.pk)
    if benefit.is_credit:
        assign = path_of("benefits:assign", benefit.pk)
        return act(_("Assign"), assign, name, may_act=may_act)
    if benefit.live_key_id:
        return act(_("Get key"), details, name, may_act=may_act)
    return details_link(details, name)


def when_lost(benefit: UnusedBenefit, on: date) -> tuple[str, str]:
    """The time left, and the last day; for monthly credit, of this month and of the rest (B3)."""
    expires_on, lost_on = as_day(benefit.expires_on), benefit.first_lost_on(on)
    if benefit.amount is None or lost_on == benefit.expires_on:
        return days_left(benefit.expires_on, on), _("Use by %(day)s") % {"day": expires_on}
    amount = {"amount": money(benefit.amount, benefit.currency), "day": as_day(lost_on)}
    left = _("%(amount)s lost after %(day)s") % amount
    return left, _("then each month, until %(day)s") % {"day": expires_on}
