"""Losses: keys and credit that are unused until a day, and assigned credit that ends (B3, B5)."""

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from benefits_portal.benefits.holder_display import people_text
from benefits_portal.benefits.models import Assignment, Benefit, Product
from benefits_portal.benefits.money import money, quantity_text
from benefits_portal.dates import month_end
from benefits_portal.formats import as_day, format_number
from benefits_portal.licensing.home.rows import details_link
from benefits_portal.licensing.home.unused import missing_key_hint, next_action
from benefits_portal.licensing.home.unused_queries import COLUMNS, UnusedBenefit, with_live_key
from benefits_portal.listing.excerpt import first_of
from benefits_portal.paths import path_of
from benefits_portal.prepared import PreparedQuery
from benefits_portal.tenants.models import Partner

from .loss import About, Kind, Loss, Losses, one_more, read


def unused_keys(
    partner: Partner, on: date, until: date, *, most: int | None, may_act: bool
) -> Losses:
    rows, has_more = read(first_keys.tuples(partner.pk, on, until, most=most), most)
    benefits = [UnusedBenefit(*values) for values in rows]
    losses = [
        Loss(
            Kind.KEY,
            each.expires_on,
            each.pk,
            partial(about, each, on, missing_key_hint(each), may_act=may_act),
            licenses=each.quantity or 0,
        )
        for each in benefits
    ]
    return Losses(losses, has_more)


def unused_credit(
    partner: Partner, on: date, until: date, *, most: int | None, may_act: bool
) -> Losses:
    """The credit that is lost by day `until`; monthly credit is lost month by month."""
    in_part = month_end(on) <= until
    nearest = first_credit.tuples(partner.pk, on, until, in_part=in_part, most=most)
    benefits = [UnusedBenefit(*values) for values in nearest]
    found = list(losses_of_credit(benefits, on, until, may_act=may_act))
    kept = sorted(found, key=lambda loss: loss.day)[:most]
    return Losses(kept, len(kept) < len(found))


@PreparedQuery
def first_keys(partner: int, on: date, until: date, *, most: int | None) -> QuerySet[Any, Any]:
    """The values of `UnusedBenefit` for the first `most` + 1 keys, all for None."""
    keys = with_live_key(losable(partner, on, until).license_based().filter(expires_on__lte=until))
    rows: QuerySet[Any, Any] = keys.values_list(*COLUMNS, "live_key_id")
    return rows[: one_more(most)]


@PreparedQuery
def first_credit(
    partner: int, on: date, until: date, *, in_part: bool, most: int | None
) -> QuerySet[Any, Any]:
    """Credit that expires by `until`, and monthly credit if a month of it is lost by then.

    The first `most` + 1 of monthly credit and of other credit, apart because monthly credit is lost
    before it expires.
    """
    credit = losable(partner, on, until).usage_based()
    expiring = credit.filter(expires_on__lte=until)
    is_monthly = Q(product__kind=Product.Kind.MONTHLY_CREDIT)
    monthly = (credit if in_part else expiring).filter(is_monthly)
    every = (monthly, expiring.exclude(is_monthly))
    one, other = (first_of(part, one_more(most)).values("pk") for part in every)
    nearest = Benefit.objects.filter(pk__in=one.union(other, all=True))
    in_order = nearest.order_by("expires_on", "pk").annotate(figures=Value(""))
    rows: QuerySet[Any, Any] = in_order.values_list(*COLUMNS)
    return rows


def losable(partner: int, on: date, until: date) -> Any:
    theirs = Benefit.objects.filter(partner=partner).losable_until(on, until)
    return theirs.order_by("expires_on", "pk").annotate(figures=Value(""))


def losses_of_credit(
    benefits: list[UnusedBenefit], on: date, until: date, *, may_act: bool
) -> Iterator[Loss]:
    for benefit in benefits:
        if days := benefit.lost_on(on, until):
            amount = (benefit.amount or Decimal()) * len(days)
            explain = partial(about_credit, benefit, on, amount, days, may_act=may_act)
            pk, currency = benefit.pk, benefit.currency
            yield Loss(Kind.CREDIT, days[0], pk, explain, amount=amount, currency=currency)


def about_credit(
    benefit: UnusedBenefit, on: date, amount: Decimal, days: list[date], *, may_act: bool
) -> About:
    return about(benefit, on, month_by_month(benefit, amount, days), may_act=may_act)


def month_by_month(benefit: UnusedBenefit, amount: Decimal, days: list[date]) -> str:
    if not benefit.is_monthly:
        return ""
    return ngettext(
        "%(amount)s lost by %(day)s: %(count)s month",
        "%(amount)s lost by %(day)s: %(count)s months",
        len(days),
    ) % {
        "amount": money(amount, benefit.currency),
        "day": as_day(days[-1]),
        "count": format_number(len(days)),
    }


def about(benefit: UnusedBenefit, on: date, explanation: str, *, may_act: bool) -> About:
    """The texts of a key or credit, both of which can be used in any tenant."""
    title = f"{benefit.product}, {benefit.size}"
    details = path_of("licensing:benefit-detail", benefit.pk)
    has_begun = benefit.starts_on <= on
    action = (
        next_action(benefit, title, may_act=may_act) if has_begun else details_link(details, title)
    )
    tenant = _("Any tenant")
    return About(title, details, tenant, action, benefit.offer, explanation=explanation)


class Held(NamedTuple):
    """The credit of one benefit that people hold."""

    benefit: int
    product: str
    kind: str
    amount: Decimal
    currency: str
    offer: str
    expires_on: date
    holders: Mapping[str, Any]  # `people` of them, the first `person`, `first_` and `last_tenant`


def assigned_credit(partner: Partner, on: date, until: date, *, most: int | None) -> Losses:
    """The credit that people lose because its benefit expires, one loss for each benefit.

    A benefit that is marked as used but that nobody holds is left out; `check_consistency` reports
    it.
    """
    rows, has_more = read(first_held.tuples(partner.pk, on, until, most=most), most)
    held = [each for each in (Held(*values) for values in rows) if each.holders]
    return Losses([loss_of_held(each) for each in held], has_more)


@PreparedQuery
def first_held(partner: int, on: date, until: date, *, most: int | None) -> QuerySet[Any, Any]:
    """The values of `Held` for the first `most` + 1 benefits, all for None.

    The benefits are read from their index, then the holders of each; otherwise all assignments
    would be grouped first.
    """
    assigned = Benefit.objects.filter(partner=partner, is_used=True).usage_based()
    ending = assigned.filter(expires_on__gte=on, expires_on__lte=until)
    with_holders = ending.annotate(holders=Subquery(holders_of(partner, OuterRef("pk"))))
    rows: QuerySet[Any, Any] = with_holders.order_by("expires_on", "pk").values_list(
        *("pk", "product_name", "product__kind", "credit_amount", "currency", "offer_name"),
        *("expires_on", "holders"),
    )
    return rows[: one_more(most)]


def holders_of(partner: int, benefit: OuterRef) -> QuerySet[Any, Any]:
    held = Assignment.objects.for_partner(Partner(pk=partner)).filter(
        benefit=benefit, ended_at=None
    )
    holders = JSONObject(
        people=Count("pk"),
        person=Min("directory_user__display_name"),
        first_tenant=Min("directory_user__tenant__name"),
        last_tenant=Max("directory_user__tenant__name"),
    )
    return held.order_by().values("benefit").annotate(holders=holders).values("holders")


def loss_of_held(held: Held) -> Loss:
    return Loss(
        Kind.ASSIGNED,
        held.expires_on,
        held.benefit,
        partial(about_held, held),
        people=held.holders["people"],
        amount=held.amount,
        currency=held.currency,
        is_monthly=held.kind == Product.Kind.MONTHLY_CREDIT,
    )


def about_held(held: Held) -> About:
    is_monthly = held.kind == Product.Kind.MONTHLY_CREDIT
    size = quantity_text(None, held.amount, held.currency, per_year=not is_monthly)
    many, tenant = held.holders["people"], held.holders["first_tenant"]
    who = held.holders["person"] if many == 1 else people_text(many)
    title = f"{held.product}, {size}: {who}"
    details = path_of("licensing:benefit-detail", held.benefit)
    is_one_tenant = tenant == held.holders["last_tenant"]
    return About(
        title,
        details,
        tenant if is_one_tenant else _("Several tenants"),
        details_link(details, title),
        held.offer,
    )
