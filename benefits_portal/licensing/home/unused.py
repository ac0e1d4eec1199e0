"""What a partner has and does not use, by when it is lost, and how much that is (B1, B3, B5).

However much a partner has, the database adds up no more than 1,000 keys and as many credits, each
kind by an index; what is beyond that is said with a +, never left out without a word (W7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery, Value
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from benefits_portal.benefits.models import Benefit, Product, ProductKey
from benefits_portal.benefits.models.benefit_queryset import BenefitQuerySet
from benefits_portal.benefits.money import money, quantity_text
from benefits_portal.formats import as_day
from benefits_portal.licensing.home.rows import act, days_left, details_link, urgency
from benefits_portal.licensing.home.unused_amounts import (
    Amounts,
    Figure,
    SummedByPeriod,
    counted,
    figures_by_period,
    summed,
)
from benefits_portal.listing.excerpt import Excerpt
from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.tenants.models import Partner

MAX_ROWS = 12  # keys, and as many credits, that are shown
MONTH, QUARTER = timedelta(days=30), timedelta(days=91)
COLUMNS = (
    *("pk", "product_name", "product__kind", "offer_name", "quantity", "credit_amount"),
    *("currency", "expires_on", "figures"),
)


class UnusedBenefit(NamedTuple):
    """A key not redeemed, or credit not assigned: COLUMNS, and its live key if it has one."""

    pk: int
    product: str
    kind: str
    offer: str
    quantity: int | None
    amount: Decimal | None
    currency: str
    expires_on: date
    figures: str  # of all there are
    live_key_id: int | None = None

    @property
    def is_credit(self) -> bool:
        return self.amount is not None

    @property
    def is_monthly(self) -> bool:
        return self.kind == Product.Kind.MONTHLY_CREDIT

    @property
    def size(self) -> str:
        """Its licenses, or its credit per month or per year."""
        return quantity_text(
            self.quantity, self.amount, self.currency, per_year=not self.is_monthly
        )

    def period(self, on: date) -> int:
        """When some of it is lost first: within 30 days (0), within three months (1), or later."""
        lost_on = self.first_lost_on(on)
        return (lost_on > on + MONTH) + (lost_on > on + QUARTER)

    def first_lost_on(self, on: date) -> date:
        """The last day before some of it is lost: of monthly credit, that is a month's (B3)."""
        return min(self.expires_on, on + MONTH) if self.is_monthly else self.expires_on


@dataclass(frozen=True)
class Group:
    """What is lost within some time: the first rows of it, and how much it is in all."""

    name: str
    title: str
    period: str
    amounts: Amounts
    rows: Excerpt[dict[str, Any]]

    @property
    def is_folded(self) -> bool:
        return self.name == LATER


@dataclass(frozen=True)
class Ledger:
    """All that is unused, in groups by when it is lost; those without a benefit are left out."""

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
        """The row to begin with: what is lost first."""
        return next(group.rows[0] for group in self.groups if group.rows)


WITHIN_MONTH, WITHIN_QUARTER, LATER = "within-30-days", "within-3-months", "later"
TITLES = {
    WITHIN_MONTH: gettext_lazy("Within 30 days"),
    WITHIN_QUARTER: gettext_lazy("Within 3 months"),
    LATER: gettext_lazy("Later"),
}


def unused_benefits(partner: Partner, on: date, *, may_act: bool = True) -> Ledger:
    """What `partner` can use on that day and does not, by when it is lost; two queries."""
    keys, credit = unused_keys(partner, on), unused_credit(partner, on)
    first = sorted([*keys, *credit], key=lambda one: (one.first_lost_on(on), one.pk))
    href = f"{reverse('benefits:azure-cloud')}?show=unused&sort=expires"
    amounts = [
        of_keys + of_credit
        for of_keys, of_credit in zip(
            key_amounts(keys), credit_amounts(credit, partner, on), strict=True
        )
    ]
    groups = []
    for period, name in enumerate(TITLES):
        if benefits := amounts[period].benefits:
            shown = [row(one, on, may_act=may_act) for one in first if one.period(on) == period]
            has_more = amounts[period].has_more
            # The last one that was added up is one of those that there are more of
            rows = Excerpt(shown, benefits - has_more, href, is_total_capped=has_more)
            groups.append(
                Group(name, str(TITLES[name]), period_text(name, on), amounts[period], rows)
            )
    return Ledger(sum(amounts, Amounts()), groups, href)


def unused_keys(partner: Partner, on: date) -> list[UnusedBenefit]:
    live = ProductKey.objects.filter(benefit=OuterRef("pk"), revoked_at=None)
    # Asked with EXISTS, PostgreSQL would read every key there is, of all partners, once
    keys = unused(partner, on).license_based().annotate(live_key_id=Subquery(live.values("pk")[:1]))
    with_key, without_key = (
        ("summed.live_key_id IS NOT NULL", ()),
        ("summed.live_key_id IS NULL", ()),
    )
    figures = [
        figure
        for period in periods(on)
        for figure in (
            counted(period, with_key),
            summed("quantity", period, with_key),
            counted(period, without_key),
        )
    ]
    sums = SummedByPeriod(keys.values("expires_on", "quantity", "live_key_id"), figures)
    return first_of(keys, sums, "live_key_id")


def unused_credit(partner: Partner, on: date) -> list[UnusedBenefit]:
    """With the amounts in the partner's own currency, and how many are in others."""
    credit = unused(partner, on).usage_based()
    own = ("summed.currency = %%s", (partner.currency,))
    other = ("summed.currency <> %%s", (partner.currency,))
    figures = [
        figure
        for period in periods_of_credit(on)
        for figure in (
            counted(period, own),
            summed("credit_amount", period, own, YEARLY),
            summed("credit_amount", period, own, MONTHLY),
            counted(period, other),
        )
    ]
    columns = ("expires_on", "credit_amount", "currency", "product__kind")
    return first_of(credit, SummedByPeriod(credit.values(*columns), figures))


MONTHLY: Figure = ("summed.product__kind = %%s", (Product.Kind.MONTHLY_CREDIT.value,))
YEARLY: Figure = ("summed.product__kind <> %%s", (Product.Kind.MONTHLY_CREDIT.value,))


def periods_of_credit(on: date) -> list[Figure]:
    """The same as `periods`, but that a month of monthly credit is lost each month (B3)."""
    (soon, soon_days), *later = periods(on)
    yearly, kinds = YEARLY
    return [
        (f"({soon} OR {MONTHLY[0]})", (*soon_days, *MONTHLY[1])),
        *((f"{period} AND {yearly}", (*days, *kinds)) for period, days in later),
    ]


def periods(on: date) -> list[Figure]:
    """The conditions that tell when something is lost, as `UnusedBenefit.period` does."""
    month, quarter = on + MONTH, on + QUARTER
    return [
        ("summed.expires_on <= %%s", (month,)),
        ("summed.expires_on > %%s AND summed.expires_on <= %%s", (month, quarter)),
        ("summed.expires_on > %%s", (quarter,)),
    ]


def unused(partner: Partner, on: date) -> BenefitQuerySet:
    """What expires first before the others."""
    return Benefit.objects.for_partner(partner).usable(on).unused().order_by("expires_on", "pk")


def first_of(
    benefits: BenefitQuerySet, sums: SummedByPeriod | Value, *more: str, most: int | None = None
) -> list[UnusedBenefit]:
    found = benefits.annotate(figures=sums).values_list(*COLUMNS, *more)
    return [UnusedBenefit(*values) for values in found[: most or MAX_ROWS]]


def key_amounts(keys: Sequence[UnusedBenefit]) -> list[Amounts]:
    """By period, from what was added up beside the first of them."""
    if not keys:
        return [Amounts(), Amounts(), Amounts()]
    amounts = [
        Amounts(int(with_key), int(licenses), int(without))
        for with_key, licenses, without in figures_by_period(keys[0].figures)
    ]
    if sum(one.benefits for one in amounts) > MAX_COUNT:
        # They were read by the day they are lost
        next(one for one in reversed(amounts) if one.benefits).has_more_keys = True
    return amounts


def credit_amounts(credit: Sequence[UnusedBenefit], partner: Partner, on: date) -> list[Amounts]:
    """The same of credit; one more query where some is in another currency than the partner's."""
    if not credit:
        return [Amounts(), Amounts(), Amounts()]
    by_period = figures_by_period(credit[0].figures)
    own, currency = [], partner.currency
    for of_own, yearly, monthly, others in by_period:
        amounts = Amounts(credits=int(of_own + others))
        amounts.yearly, amounts.monthly = {currency: yearly}, {currency: monthly}
        own.append(amounts)
    if any(others for *_own, others in by_period):
        add_other_currencies(own, partner, on)
    if sum(one.benefits for one in own) > MAX_COUNT:
        # Read by the day it expires, while a month of any monthly credit is lost first
        for amounts in own:
            amounts.has_more_credit = True
    return own


def add_other_currencies(amounts: Sequence[Amounts], partner: Partner, on: date) -> None:
    for credit in first_of(unused(partner, on).usage_based(), Value(""), most=MAX_COUNT + 1):
        if credit.amount is not None and credit.currency != partner.currency:
            of_period = amounts[credit.period(on)]
            by_currency = of_period.monthly if credit.is_monthly else of_period.yearly
            there_is = by_currency.get(credit.currency, Decimal())
            by_currency[credit.currency] = there_is + credit.amount


def period_text(name: str, on: date) -> str:
    """The days a group is about: its last one, or the one it is later than."""
    if name == LATER:
        return _("after %(day)s") % {"day": as_day(on + QUARTER)}
    return _("by %(day)s") % {"day": as_day(on + (MONTH if name == WITHIN_MONTH else QUARTER))}


def row(benefit: UnusedBenefit, on: date, *, may_act: bool) -> dict[str, Any]:
    """What the page shows of it: how long it lasts, and the one thing to do."""
    details = reverse("licensing:benefit-detail", args=[benefit.pk])
    name = f"{benefit.product}, {benefit.size}"
    action = details_link(details, name)
    if benefit.is_credit:
        assign = reverse("benefits:assign", args=[benefit.pk])
        action = act(_("Assign"), assign, name, may_act=may_act)
    elif benefit.live_key_id:
        action = act(_("Get key"), details, name, may_act=may_act)
    left = days_left(benefit.expires_on, on)
    if benefit.amount is not None and benefit.is_monthly:
        amount = money(benefit.amount, benefit.currency)
        left = _("%(amount)s lost each month") % {"amount": amount}
    return {
        "title": name,
        "subtitle": benefit.offer,
        "hint": _("Its key was revoked") if not (benefit.is_credit or benefit.live_key_id) else "",
        "href": details,
        "left": left,
        "day": _("Use by %(day)s") % {"day": as_day(benefit.expires_on)},
        "urgency": urgency(benefit.first_lost_on(on), on),
        "action": action,
    }
