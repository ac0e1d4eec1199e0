"""Find and add up a partner's unused keys and credit in the database (B3, B5).

At most 1,000 keys and 1,000 credits are added up, each kind by an index; amounts beyond that are
shown with a + (W7).
"""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db.models import OuterRef, QuerySet, Subquery, Value

from benefits_portal.benefits.models import Benefit, Product, ProductKey
from benefits_portal.benefits.models.benefit_queryset import BenefitQuerySet
from benefits_portal.benefits.money import quantity_text
from benefits_portal.dates import month_end
from benefits_portal.licensing.home.unused_amounts import (
    Amounts,
    Figure,
    SummedByPeriod,
    counted,
    figures_by_period,
    summed,
)
from benefits_portal.listing.page import MAX_COUNT
from benefits_portal.prepared import prepared
from benefits_portal.tenants.models import Partner

MAX_SHOWN = 12  # rows of each kind, unless the URL asks for all
DAY, MONTH, QUARTER = timedelta(days=1), timedelta(days=30), timedelta(days=91)
COLUMNS = (
    *("pk", "product_name", "product__kind", "offer_name", "quantity", "credit_amount"),
    *("currency", "starts_on", "expires_on", "figures"),
)


class UnusedBenefit(NamedTuple):
    """A benefit with an unredeemed key or unassigned credit: COLUMNS, and its key if it has one."""

    pk: int
    product: str
    kind: str
    offer: str
    quantity: int | None
    amount: Decimal | None
    currency: str
    starts_on: date
    expires_on: date
    figures: str  # of all unused benefits of the kind, by `SummedByPeriod`
    live_key_id: int | None = None

    @property
    def is_credit(self) -> bool:
        return self.amount is not None

    @property
    def is_monthly(self) -> bool:
        return self.kind == Product.Kind.MONTHLY_CREDIT

    @property
    def size(self) -> str:
        """Its number of licenses, or its credit per month or year, in words."""
        return quantity_text(
            self.quantity, self.amount, self.currency, per_year=not self.is_monthly
        )

    def period(self, on: date) -> int:
        """When part of it is first lost: within 30 days (0), within three months (1), later (2)."""
        lost_on = self.first_lost_on(on)
        return (lost_on > on + MONTH) + (lost_on > on + QUARTER)

    def first_lost_on(self, on: date) -> date:
        """The last day before part of it is lost: the end of the month for monthly credit (B3)."""
        return min(self.expires_on, month_end(on)) if self.is_monthly else self.expires_on

    def lost_on(self, on: date, until: date) -> list[date]:
        """Each day from `on` to `until` after which part of it is lost (B3)."""
        days, day = [], self.first_lost_on(max(on, self.starts_on))
        while day <= until:
            days.append(day)
            if day == self.expires_on:
                break
            day = self.first_lost_on(day + DAY)
        return days


def unused_keys(partner: Partner, on: date, most: int = MAX_SHOWN) -> list[UnusedBenefit]:
    return [UnusedBenefit(*values) for values in first_keys(partner.pk, on, most)]


@prepared
def first_keys(partner: int, on: date, most: int) -> QuerySet[Any, Any]:
    keys = with_live_key(unused(partner, on).license_based())
    with_key: Figure = ("summed.live_key_id IS NOT NULL", ())
    without_key: Figure = ("summed.live_key_id IS NULL", ())
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
    return first_of(keys, sums, "live_key_id")[:most]


def with_live_key(benefits: BenefitQuerySet) -> Any:  # annotated
    live = ProductKey.objects.filter(benefit=OuterRef("pk"), revoked_at=None).order_by()
    # With EXISTS, PostgreSQL would read the keys of all partners
    return benefits.annotate(live_key_id=Subquery(live.values("pk")[:1]))


def unused_credit(partner: Partner, on: date, most: int = MAX_SHOWN) -> list[UnusedBenefit]:
    """Unused credit; its figures are amounts in the partner's currency and counts of others."""
    found = first_credit(partner.pk, on, partner.currency, most)
    return [UnusedBenefit(*values) for values in found]


@prepared
def first_credit(partner: int, on: date, currency: str, most: int) -> QuerySet[Any, Any]:
    credit = unused(partner, on).usage_based()
    own = ("summed.currency = %%s", (currency,))
    other = ("summed.currency <> %%s", (currency,))
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
    return first_of(credit, SummedByPeriod(credit.values(*columns), figures))[:most]


MONTHLY: Figure = ("summed.product__kind = %%s", (Product.Kind.MONTHLY_CREDIT.value,))
YEARLY: Figure = ("summed.product__kind <> %%s", (Product.Kind.MONTHLY_CREDIT.value,))


def periods_of_credit(on: date) -> list[Figure]:
    """The same as `periods` for credit: some monthly credit is always lost this month (B3)."""
    (soon, soon_days), *later = periods(on)
    yearly, kinds = YEARLY
    return [
        (f"({soon} OR {MONTHLY[0]})", (*soon_days, *MONTHLY[1])),
        *((f"{period} AND {yearly}", (*days, *kinds)) for period, days in later),
    ]


def periods(on: date) -> list[Figure]:
    """SQL conditions for the three periods of `UnusedBenefit.period`."""
    month, quarter = on + MONTH, on + QUARTER
    return [
        ("summed.expires_on <= %%s", (month,)),
        ("summed.expires_on > %%s AND summed.expires_on <= %%s", (month, quarter)),
        ("summed.expires_on > %%s", (quarter,)),
    ]


def unused(partner: int, on: date) -> BenefitQuerySet:
    """Unused benefits, the first to expire first."""
    return Benefit.objects.filter(partner=partner).losable(on).order_by("expires_on", "pk")


def first_of(
    benefits: BenefitQuerySet, sums: SummedByPeriod | Value, *more: str
) -> QuerySet[Any, Any]:
    return benefits.annotate(figures=sums).values_list(*COLUMNS, *more)


def key_amounts(keys: Sequence[UnusedBenefit]) -> list[Amounts]:
    """Amounts by period, from the figures on the first row."""
    if not keys:
        return [Amounts(), Amounts(), Amounts()]
    amounts = [
        Amounts(int(with_key), int(licenses), int(without))
        for with_key, licenses, without in figures_by_period(keys[0].figures)
    ]
    if sum(one.benefits for one in amounts) > MAX_COUNT:
        # Rows were read by the day they are lost, so only the last period can have more
        next(one for one in reversed(amounts) if one.benefits).has_more_keys = True
    return amounts


def credit_amounts(credit: Sequence[UnusedBenefit], partner: Partner, on: date) -> list[Amounts]:
    """The same for credit; one more query if some is in a currency other than the partner's."""
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
        # Rows were read by the day they expire, and monthly credit is lost before
        for amounts in own:
            amounts.has_more_credit = True
    return own


def add_other_currencies(amounts: Sequence[Amounts], partner: Partner, on: date) -> None:
    found = first_of(unused(partner.pk, on).usage_based(), Value(""))[: MAX_COUNT + 1]
    for credit in (UnusedBenefit(*values) for values in found):
        if credit.amount is not None and credit.currency != partner.currency:
            of_period = amounts[credit.period(on)]
            by_currency = of_period.monthly if credit.is_monthly else of_period.yearly
            there_is = by_currency.get(credit.currency, Decimal())
            by_currency[credit.currency] = there_is + credit.amount
